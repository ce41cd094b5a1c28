//! Access tokens and ID tokens out of a grant, in two steps.
//!
//! What makes a token good is written in the caller's transaction. A signature takes longer than
//! the rest of an exchange together and needs nothing but what was read there, so signing waits
//! until that transaction is over: on SQLite nobody else could write meanwhile.

use appconfig::ClientConfig;
use ctx::Ctx;
use domain::{AccessTokenHolder, Grant, Scopes, UserOverview};
use oauth::{TokenResponse, scope};
use sessions::{SessionRef, access_token};
use stdx::Secret;
use store::Tx;

use crate::error::EndpointError;
use crate::id_token::{self, Subject};

/// What the tokens are to say, and what goes out with them.
pub struct Issue {
    pub grant: Grant,
    pub scopes: Scopes,
    pub nonce: Option<String>,
    /// The `sid` of the ID token, when it is not the grant's.
    pub sid: Option<String>,
    pub refresh_token: Option<Secret<String>>,
}

/// Tokens that are on record, and become text once that is committed.
#[must_use]
pub struct Unsigned {
    what: Issue,
    issued: access_token::Issued,
    overview: UserOverview,
}

/// Records the access token, and reads what the tokens will say of the person.
pub async fn record(
    ctx: &Ctx,
    tx: &mut Tx,
    client: &ClientConfig,
    what: Issue,
) -> Result<Unsigned, EndpointError> {
    let holder = AccessTokenHolder::Grant(what.grant.id.clone());
    let issued = access_token::issue(ctx, tx, client, holder, what.scopes.clone()).await?;
    let overview = tx.users().find_overview(&what.grant.user_id).await?;
    let Some(overview) = overview else {
        // The row of the grant refers to it.
        return Err(oauth::OAuthError::invalid_grant("invalid user").into());
    };
    Ok(Unsigned { what, issued, overview })
}

impl Unsigned {
    /// The answer: the access token and, where `openid` was granted, the ID token. To be called
    /// with no transaction open.
    pub fn sign(self, ctx: &Ctx, client: &ClientConfig) -> TokenResponse {
        let Self { what: Issue { grant, scopes, nonce, sid, refresh_token }, issued, overview } =
            self;
        let sid = sid.unwrap_or_else(|| SessionRef::Grant(grant.id.clone()).sid());
        let subject = Subject {
            overview: &overview,
            amr: &grant.amr,
            authenticated_at: grant.authenticated_at,
            sid: &sid,
        };
        let access_token = if client.issue_jwt_access_token {
            id_token::access_token(ctx, client, &issued, &scopes, &subject)
        } else {
            issued.token.reveal().clone()
        };
        let id_token = scopes
            .contains(scope::OPENID)
            .then(|| id_token::id_token(ctx, client, &scopes, &subject, nonce.as_deref()));
        TokenResponse {
            token_type: Some("Bearer"),
            access_token: Some(access_token),
            expires_in: Some(issued.expires_in_seconds),
            refresh_token: refresh_token.map(|it| it.reveal().clone()),
            id_token,
            scope: told_scope(client, &scopes),
            ..TokenResponse::default()
        }
    }
}

/// RFC 6749 §5.1 asks for the scope where it may differ from what was asked for. SDKs of a
/// project's own apps do not expect it, and theirs does not differ.
fn told_scope(client: &ClientConfig, scopes: &Scopes) -> Option<String> {
    client.is_confidential().then(|| scopes.to_string())
}
