//! Who stands behind a credential: one statement, one row, for the hottest question there is.
//!
//! A token or a cookie is only as good as everything it hangs on: the grant, the browser session
//! that a grant shares, and the person. All of it is read together; what it means is decided in
//! `sessions`.

use domain::{ClientId, GrantId, IdpSessionId, Scopes, User, UserId, UserStanding};
use stdx::Timestamp;

use crate::access::words;
use crate::db::{Arg, Row};
use crate::{Result, Tx};

/// A session of either kind, with all that can end it.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedIn {
    /// `None` for a browser session.
    pub grant_id: Option<GrantId>,
    pub idp_session_id: Option<IdpSessionId>,
    /// The client of the access token, or of the grant.
    pub client_id: Option<ClientId>,
    pub scopes: Scopes,
    pub sso_enabled: bool,
    pub created_at: Timestamp,
    pub authenticated_at: Timestamp,
    pub amr: Vec<String>,
    /// Of the browser session; empty for a grant.
    pub token_hash: String,
    pub last_access_at: Option<Timestamp>,
    /// When the session itself ends or ended.
    pub ends: Ends,
    /// When the browser session ends that a grant shares; `None` when there is no such row.
    pub idp_ends: Option<Ends>,
    /// When the access token ends that led here.
    pub token_expires_at: Option<Timestamp>,
    /// The key whose holder alone may present that token.
    pub dpop_jkt: Option<String>,
    /// Without the attributes: they do not decide anything here.
    pub user: User,
    pub standing: UserStanding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    pub expires_at: Timestamp,
    pub idle_expires_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

impl Ends {
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none()
            && now < self.expires_at
            && self.idle_expires_at.is_none_or(|idle| now < idle)
    }
}

macro_rules! user_columns {
    () => {
        "u.id AS user_id, u.created_at AS user_created_at, u.is_disabled, u.disable_reason,
         u.is_deactivated, u.delete_at, u.is_anonymized, u.anonymize_at, u.account_valid_from,
         u.account_valid_until, u.temporarily_disabled_from, u.temporarily_disabled_until,
         EXISTS (SELECT 1 FROM _auth_identity i
                  WHERE i.user_id = u.id AND i.type = 'anonymous') AS is_anonymous,
         EXISTS (SELECT 1 FROM _auth_authenticator a WHERE a.user_id = u.id) AS has_authenticators,
         EXISTS (SELECT 1 FROM _auth_verified_claim v WHERE v.user_id = u.id)
           AS has_verified_claims"
    };
}

macro_rules! grant_columns {
    () => {
        "g.id AS grant_id, g.idp_session_id, g.sso_enabled, g.created_at, g.authenticated_at,
         g.amr, g.last_access_at, g.expires_at, g.idle_expires_at, g.ended_at,
         s.expires_at AS idp_expires_at, s.idle_expires_at AS idp_idle_expires_at,
         s.ended_at AS idp_ended_at, '' AS token_hash"
    };
}

macro_rules! session_columns {
    () => {
        "s.id AS idp_session_id, s.created_at, s.authenticated_at, s.amr, s.last_access_at,
         s.expires_at, s.idle_expires_at, s.ended_at, s.token_hash"
    };
}

impl Tx {
    /// By the hash of an access token.
    pub async fn signed_in_by_access_token(&mut self, hash: &str) -> Result<Option<SignedIn>> {
        let sql = concat!(
            "SELECT t.client_id, t.scopes, t.dpop_jkt, t.expires_at AS token_expires_at, ",
            grant_columns!(),
            ", ",
            user_columns!(),
            " FROM _authwarden_access_token t
               JOIN _authwarden_grant g ON g.app_id = t.app_id AND g.id = t.grant_id
               JOIN _auth_user u ON u.app_id = g.app_id AND u.id = g.user_id
               LEFT JOIN _authwarden_idp_session s
                 ON s.app_id = g.app_id AND s.id = g.idp_session_id
              WHERE t.app_id = $1 AND t.hash = $2"
        );
        let row = self.fetch_optional(sql, &[Arg::Text(hash)]).await?;
        let Some(row) = &row else { return Ok(None) };
        Ok(Some(SignedIn { dpop_jkt: row.maybe_text("dpop_jkt")?, ..grant_from_row(row)? }))
    }

    /// By a grant and one of its refresh tokens, as an app session names them.
    pub async fn signed_in_by_refresh_token(
        &mut self,
        grant: &GrantId,
        refresh_token_id: &str,
    ) -> Result<Option<SignedIn>> {
        let sql = concat!(
            "SELECT t.client_id, t.scopes, t.expires_at AS token_expires_at, ",
            grant_columns!(),
            ", ",
            user_columns!(),
            " FROM _authwarden_refresh_token t
               JOIN _authwarden_grant g ON g.app_id = t.app_id AND g.id = t.grant_id
               JOIN _auth_user u ON u.app_id = g.app_id AND u.id = g.user_id
               LEFT JOIN _authwarden_idp_session s
                 ON s.app_id = g.app_id AND s.id = g.idp_session_id
              WHERE t.app_id = $1 AND t.grant_id = $2 AND t.id = $3"
        );
        let args = [Arg::Text(grant.as_str()), Arg::Text(refresh_token_id)];
        let row = self.fetch_optional(sql, &args).await?;
        row.as_ref().map(grant_from_row).transpose()
    }

    /// By a browser session.
    pub async fn signed_in_by_idp_session(
        &mut self,
        id: &IdpSessionId,
    ) -> Result<Option<SignedIn>> {
        let sql = concat!(
            "SELECT ",
            session_columns!(),
            ", ",
            user_columns!(),
            " FROM _authwarden_idp_session s
               JOIN _auth_user u ON u.app_id = s.app_id AND u.id = s.user_id
              WHERE s.app_id = $1 AND s.id = $2"
        );
        let row = self.fetch_optional(sql, &[Arg::Text(id.as_str())]).await?;
        row.as_ref().map(session_from_row).transpose()
    }
}

fn grant_from_row(row: &Row) -> Result<SignedIn> {
    let idp_expires_at = row.maybe_time("idp_expires_at")?;
    let idp_ends = idp_expires_at
        .map(|expires_at| {
            Ok::<_, crate::StoreError>(Ends {
                expires_at,
                idle_expires_at: row.maybe_time("idp_idle_expires_at")?,
                ended_at: row.maybe_time("idp_ended_at")?,
            })
        })
        .transpose()?;
    Ok(SignedIn {
        grant_id: Some(GrantId::new(row.text("grant_id")?)),
        client_id: Some(ClientId::new(row.text("client_id")?)),
        scopes: Scopes::parse(&row.text("scopes")?),
        sso_enabled: row.bool("sso_enabled")?,
        token_expires_at: row.maybe_time("token_expires_at")?,
        idp_ends,
        ..session_from_row(row)?
    })
}

fn session_from_row(row: &Row) -> Result<SignedIn> {
    Ok(SignedIn {
        grant_id: None,
        idp_session_id: row.maybe_text("idp_session_id")?.map(IdpSessionId::new),
        client_id: None,
        scopes: Scopes::default(),
        sso_enabled: false,
        created_at: row.time("created_at")?,
        authenticated_at: row.time("authenticated_at")?,
        amr: words(row, "amr")?,
        token_hash: row.text("token_hash")?,
        last_access_at: row.maybe_time("last_access_at")?,
        ends: Ends {
            expires_at: row.time("expires_at")?,
            idle_expires_at: row.maybe_time("idle_expires_at")?,
            ended_at: row.maybe_time("ended_at")?,
        },
        idp_ends: None,
        token_expires_at: None,
        dpop_jkt: None,
        user: user_from_row(row)?,
        standing: UserStanding {
            is_anonymous: row.bool("is_anonymous")?,
            has_authenticators: row.bool("has_authenticators")?,
            has_verified_claims: row.bool("has_verified_claims")?,
        },
    })
}

fn user_from_row(row: &Row) -> Result<User> {
    Ok(User {
        is_disabled: row.bool("is_disabled")?,
        disable_reason: row.maybe_text("disable_reason")?,
        is_deactivated: row.maybe_bool("is_deactivated")?,
        delete_at: row.maybe_time("delete_at")?,
        is_anonymized: row.bool("is_anonymized")?,
        anonymize_at: row.maybe_time("anonymize_at")?,
        account_valid_from: row.maybe_time("account_valid_from")?,
        account_valid_until: row.maybe_time("account_valid_until")?,
        temporarily_disabled_from: row.maybe_time("temporarily_disabled_from")?,
        temporarily_disabled_until: row.maybe_time("temporarily_disabled_until")?,
        ..User::new(UserId::new(row.text("user_id")?), row.time("user_created_at")?)
    })
}
