//! The grant `urn:authgear:params:oauth:grant-type:id-token`: a fresh ID token for whoever holds
//! a session, to be used as a hint. It says nothing personal.

use domain::{Grant, Scopes};
use oauth::{ErrorCode, OAuthError, TokenResponse, scope};
use sessions::{Credentials, Resolved, SessionRef, device_secret};
use stdx::Secret;

use super::Exchange;
use crate::dpop::check_binding;
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
    let mut grant = match &session.session {
        SessionRef::Grant(id) => tx.grants().find(id).await?,
        SessionRef::Idp(_) => None,
    };
    let Some(overview) = tx.users().find_overview(&session.user_id).await? else {
        return Err(no_session());
    };
    drop(tx);
    let device_secret = match &mut grant {
        Some(grant) if session.allows(scope::DEVICE_SSO) => renew_secret(exchange, grant).await?,
        _ => None,
    };
    let sid = session.sid();
    let subject = Subject {
        overview: &overview,
        amr: &session.amr,
        authenticated_at: grant.as_ref().map_or(session.authenticated_at, |it| it.authenticated_at),
        sid: &sid,
        ds_hash: grant.as_ref().and_then(|it| it.device_secret_hash.as_deref()),
    };
    let claims = id_token_claims(ctx, client, &Scopes::default(), &subject, (None, &[]));
    let question = Question { ctx, hooks: &platform.hooks, client, overview: &overview };
    let additions = question.id_token(claims.clone()).await?;
    let id_token = sign_id_token(ctx, client, &with(claims, additions));
    let device_secret = device_secret.map(|it| it.reveal().clone());
    Ok(TokenResponse { id_token: Some(id_token), device_secret, ..TokenResponse::default() })
}

/// Another device secret for the device that has the present one, and none for any other.
async fn renew_secret(
    exchange: &Exchange<'_>,
    grant: &mut Grant,
) -> Result<Option<Secret<String>>, EndpointError> {
    let Exchange { platform, ctx, client, request, dpop_jkt } = exchange;
    let Some(presented) = request.get("device_secret") else { return Ok(None) };
    if !device_secret::is_of(grant, presented) {
        return Ok(None);
    }
    check_binding(client, grant.device_secret_dpop_jkt.as_deref(), dpop_jkt.as_deref())?;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let renewed = device_secret::renew(ctx, &mut tx, grant, dpop_jkt.as_deref()).await?;
    tx.commit().await?;
    Ok(renewed)
}
