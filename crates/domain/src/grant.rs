//! What applications hold: grants, refresh tokens, access tokens, consents.

use std::collections::BTreeSet;

use stdx::Timestamp;

use crate::{Access, ClientId, IdentityId, IdpSessionId, UserId};

stdx::id_type! {
    /// One sign-in by one person through one application.
    GrantId,
    AuthorizationId,
}

/// A set of OAuth scopes, kept in the order in which they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

/// A long-lived permission to mint access tokens: upstream's offline grant.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    pub id: GrantId,
    pub user_id: UserId,
    /// The client that it was first given to.
    pub client_id: ClientId,
    /// The browser session it came from, when that is shared between applications.
    pub idp_session_id: Option<IdpSessionId>,
    /// The biometric identity that it was given to, if any.
    pub identity_id: Option<IdentityId>,
    pub created_at: Timestamp,
    pub authenticated_at: Timestamp,
    pub amr: Vec<String>,
    pub initial_access: Access,
    pub last_access: Access,
    /// What the application said of the device: JSON, already checked.
    pub device_info: Option<String>,
    /// Whether it ends together with its browser session.
    pub sso_enabled: bool,
    /// The public key of the device, as a JWK, for App2App.
    pub app2app_device_key_jwk: Option<String>,
    pub device_secret_hash: Option<String>,
    pub device_secret_dpop_jkt: Option<String>,
    pub expires_at: Timestamp,
    pub idle_expires_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

/// A refresh token of a grant, at one point of its rotation.
#[derive(Clone, Debug, PartialEq)]
pub struct RefreshToken {
    /// Stays while the secret rotates.
    pub id: String,
    pub grant_id: GrantId,
    pub client_id: ClientId,
    pub authorization_id: Option<AuthorizationId>,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub dpop_jkt: Option<String>,
    pub hash: String,
    /// The token it replaced, and when.
    pub previous_hash: Option<String>,
    /// The token that replaced the previous one, readable only to a holder of the previous
    /// one: the answer to a client whose first answer was lost.
    pub sealed_successor: Option<String>,
    pub rotated_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
}

/// An access token that has been handed out, found by the hash of its value or of its `jti`.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessToken {
    pub hash: String,
    pub holder: AccessTokenHolder,
    pub client_id: ClientId,
    pub scopes: Scopes,
    /// The resource that a machine's token is for; other tokens are for this server.
    pub audience: Option<String>,
    /// The thumbprint of the key whose holder alone may present it (RFC 9449 §6).
    pub dpop_jkt: Option<String>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What an access token lives and dies with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessTokenHolder {
    Grant(GrantId),
    IdpSession(IdpSessionId),
    /// Nobody is signed in: the client acts for itself (RFC 6749 §4.4).
    Client,
}

/// A person's consent to what a client may see and do.
#[derive(Clone, Debug, PartialEq)]
pub struct Authorization {
    pub id: AuthorizationId,
    pub client_id: ClientId,
    pub user_id: UserId,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub scopes: Scopes,
}

impl Grant {
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none()
            && now < self.expires_at
            && self.idle_expires_at.is_none_or(|idle| now < idle)
    }
}

impl Scopes {
    /// Reads a space-separated list (RFC 6749 §3.3); repeated names count once.
    pub fn parse(text: &str) -> Self {
        text.split(' ').filter(|it| !it.is_empty()).map(str::to_owned).collect()
    }

    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|it| it == scope)
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.iter().all(|scope| other.contains(scope))
    }

    /// The scopes of both, in this one's order.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.iter().filter(|scope| other.contains(scope)).map(str::to_owned).collect()
    }
}

impl FromIterator<String> for Scopes {
    fn from_iter<I: IntoIterator<Item = String>>(scopes: I) -> Self {
        let mut seen = BTreeSet::new();
        Self(scopes.into_iter().filter(|scope| seen.insert(scope.clone())).collect())
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}
