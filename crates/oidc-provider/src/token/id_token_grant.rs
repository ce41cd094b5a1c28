//! The grant `urn:authgear:params:oauth:grant-type:id-token`: a fresh ID token for whoever holds
//! a session, to be used as a hint. It says nothing personal.

use domain::Scopes;
use oauth::{ErrorCode, OAuthError, TokenResponse};
use sessions::{Credentials, Resolved, SessionRef};

use super::Exchange;
use crate::error::EndpointError;
use crate::hooked::{Question, with};
use crate::id_token::{Subject, id_token_claims, sign_id_token};

pub async fn redeem(
    exchange: &Exchange<'_>,
    credentials: Credentials<'_>,
) -> Result<TokenResponse, EndpointError> {
    let Exchange { platform, ctx, client, .. } = exchange;
    if !client.has_full_access_scope() {
        let text = "this client may not refresh id token";
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, text).into());
    }
    let no_session =
        || EndpointError::NoSession(OAuthError::invalid_grant("valid session is required"));
    let Resolved::Session(session) = platform.sessions.resolve(ctx, credentials).await? else {
        return Err(no_session());
    };
    // Another client's token does not speak for this one.
    let is_own = session.client_id.as_ref().is_none_or(|it| it.as_str() == client.client_id);
    if !is_own {
        return Err(no_session());
    }
    let mut tx = platform.store.read(&ctx.app.id).await?;
    // Authenticating again in the meantime moves the time of the grant, not of its tokens.
    let authenticated_at = match &session.session {
        SessionRef::Grant(id) => tx.grants().find(id).await?.map(|it| it.authenticated_at),
        SessionRef::Idp(_) => None,
    };
    let Some(overview) = tx.users().find_overview(&session.user_id).await? else {
        return Err(no_session());
    };
    drop(tx);
    let sid = session.sid();
    let subject = Subject {
        overview: &overview,
        amr: &session.amr,
        authenticated_at: authenticated_at.unwrap_or(session.authenticated_at),
        sid: &sid,
    };
    let claims = id_token_claims(ctx, client, &Scopes::default(), &subject, None);
    let question = Question { ctx, hooks: &platform.hooks, client, overview: &overview };
    let additions = question.id_token(claims.clone()).await?;
    let id_token = sign_id_token(ctx, &with(claims, additions));
    Ok(TokenResponse { id_token: Some(id_token), ..TokenResponse::default() })
}
