//! Access tokens and ID tokens out of a grant, in the caller's transaction.

use appconfig::ClientConfig;
use domain::{AccessTokenHolder, Grant, Scopes};
use oauth::{TokenResponse, scope};
use sessions::{SessionRef, access_token};
use store::Tx;

use super::Exchange;
use crate::error::EndpointError;
use crate::id_token::{self, Subject};

/// What the tokens are to say.
pub struct Issue<'a> {
    pub grant: &'a Grant,
    pub scopes: &'a Scopes,
    pub nonce: Option<&'a str>,
    /// The `sid` of the ID token, when it is not the grant's.
    pub sid: Option<&'a str>,
}

/// Makes the access token and, where `openid` was granted, the ID token.
pub async fn tokens(
    exchange: &Exchange<'_>,
    tx: &mut Tx,
    issue: &Issue<'_>,
) -> Result<TokenResponse, EndpointError> {
    let Exchange { ctx, client, .. } = exchange;
    let holder = AccessTokenHolder::Grant(issue.grant.id.clone());
    let issued = access_token::issue(ctx, tx, client, holder, issue.scopes.clone()).await?;
    let overview = tx.users().find_overview(&issue.grant.user_id).await?;
    let Some(overview) = overview else {
        // The row of the grant refers to it.
        return Err(oauth::OAuthError::invalid_grant("invalid user").into());
    };
    let sid = SessionRef::Grant(issue.grant.id.clone()).sid();
    let subject = Subject {
        overview: &overview,
        amr: &issue.grant.amr,
        authenticated_at: issue.grant.authenticated_at,
        sid: issue.sid.unwrap_or(&sid),
    };
    let access_token = if client.issue_jwt_access_token {
        id_token::access_token(ctx, client, &issued, issue.scopes, &subject)
    } else {
        issued.token.reveal().clone()
    };
    let id_token = issue
        .scopes
        .contains(scope::OPENID)
        .then(|| id_token::id_token(ctx, client, issue.scopes, &subject, issue.nonce));
    Ok(TokenResponse {
        token_type: Some("Bearer"),
        access_token: Some(access_token),
        expires_in: Some(issued.expires_in_seconds),
        id_token,
        scope: told_scope(client, issue.scopes),
        ..TokenResponse::default()
    })
}

/// RFC 6749 §5.1 asks for the scope where it may differ from what was asked for. SDKs of a
/// project's own apps do not expect it, and theirs does not differ.
fn told_scope(client: &ClientConfig, scopes: &Scopes) -> Option<String> {
    client.is_confidential().then(|| scopes.to_string())
}
