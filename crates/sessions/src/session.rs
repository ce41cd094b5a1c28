//! A session that was found to be alive: what requests are made on behalf of.

use domain::{ClientId, GrantId, IdpSessionId, Scopes, UserId, UserStanding};
use oauth::{SessionKind, Sid, scope};
use stdx::Timestamp;

/// Somebody who is signed in, in a browser or through an application.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub session: SessionRef,
    pub user_id: UserId,
    pub standing: UserStanding,
    /// The application, when it is a grant's.
    pub client_id: Option<ClientId>,
    /// The browser session: itself, or the one that the grant came out of.
    pub idp_session_id: Option<IdpSessionId>,
    pub sso_enabled: bool,
    /// What the access token or the grant may do; a browser session may do everything.
    pub scopes: Scopes,
    pub amr: Vec<String>,
    pub authenticated_at: Timestamp,
    pub created_at: Timestamp,
    /// The key that whoever presents the access token must hold.
    pub dpop_jkt: Option<String>,
}

/// One session of either kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SessionRef {
    Idp(IdpSessionId),
    Grant(GrantId),
}

impl Session {
    pub fn kind(&self) -> SessionKind {
        self.session.kind()
    }

    pub fn sid(&self) -> String {
        self.session.sid()
    }

    /// Whether it may do what `scope` stands for. Whoever holds the browser session is the
    /// person themselves.
    pub fn allows(&self, scope: &str) -> bool {
        match self.session {
            SessionRef::Idp(_) => {
                matches!(scope, scope::FULL_ACCESS | scope::PRE_AUTHENTICATED_URL)
            }
            SessionRef::Grant(_) => self.scopes.contains(scope),
        }
    }

    /// The browser session whose end is also the end of this one.
    pub fn sso_group(&self) -> Option<&IdpSessionId> {
        match self.session {
            SessionRef::Idp(_) => self.idp_session_id.as_ref(),
            SessionRef::Grant(_) if self.sso_enabled => self.idp_session_id.as_ref(),
            SessionRef::Grant(_) => None,
        }
    }
}

impl SessionRef {
    pub fn kind(&self) -> SessionKind {
        match self {
            Self::Idp(_) => SessionKind::Idp,
            Self::Grant(_) => SessionKind::OfflineGrant,
        }
    }

    pub fn id(&self) -> &str {
        match self {
            Self::Idp(id) => id.as_str(),
            Self::Grant(id) => id.as_str(),
        }
    }

    /// The `sid` claim that names it.
    pub fn sid(&self) -> String {
        Sid { kind: self.kind(), id: self.id().to_owned() }.encode()
    }

    pub fn from_sid(sid: &str) -> Option<Self> {
        let Sid { kind, id } = Sid::decode(sid)?;
        Some(match kind {
            SessionKind::Idp => Self::Idp(IdpSessionId::new(id)),
            SessionKind::OfflineGrant => Self::Grant(GrantId::new(id)),
        })
    }
}
