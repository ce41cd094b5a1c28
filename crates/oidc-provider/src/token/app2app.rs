//! The grant `…:app2app-request`: an app that is signed in (A) gets a code for another (B).
//!
//! A proves two things: that it holds a refresh token, and that it runs on the device whose key
//! was bound to the grant when A signed in. The code is B's alone: its client, its redirect
//! URI, its PKCE challenge. Nobody authenticates here, so what the person proved, and when,
//! stays what it was in A; and B gets no more than both A's grant and its own kind allow.
//!
//! Between the look at A's grant and the consent for B a challenge is used up, with no
//! transaction open. So the grant is looked at again where the consent is written.

use appconfig::ClientConfig;
use domain::{ClientId, Scopes};
use oauth::{CodeChallenge, ErrorCode, OAuthError, TokenResponse, code_challenge, scope};
use sessions::code::{self, CodeGrant};
use sessions::consent;
use sessions::refresh::{self, Live};
use store::Tx;

use super::Exchange;
use super::refresh_token::{find, invalid};
use crate::client::{cut_scopes, is_registered};
use crate::device_key::{Bound, DeviceKey};
use crate::error::EndpointError;

pub async fn redeem(exchange: &Exchange<'_>) -> Result<TokenResponse, EndpointError> {
    let Exchange { platform, ctx, client, request } = exchange;
    let jwt = request.require("jwt")?;
    let refresh_token = request.require("refresh_token")?;
    let redirect_uri = request.require("redirect_uri")?;
    let challenge = check_receiver(exchange, redirect_uri)?;

    let live = holder(exchange, refresh_token).await?;
    check_holder(exchange, &live)?;
    let key = DeviceKey::read(ctx, jwt)?;
    key.use_up_challenge(ctx, &platform.kv).await?;
    let Approved { live, scopes, authorization_id } = approve(exchange, &live, &key).await?;

    let grant = CodeGrant {
        grant_id: ctx.rng.uuid(),
        client_id: client.client_id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        code_challenge: challenge.map(|it| it.as_str().to_owned()),
        scope: scopes.to_string(),
        nonce: None,
        sso_enabled: live.grant.sso_enabled,
        authorization_id,
        user_id: live.grant.user_id.as_str().to_owned(),
        amr: live.grant.amr.clone(),
        authenticated_at_micros: live.grant.authenticated_at.0,
        idp_session_id: live.grant.idp_session_id.as_ref().map(|it| it.as_str().to_owned()),
        shared_grant_id: None,
        is_news: false,
        reauthenticated_sid: None,
    };
    let code = code::issue(ctx, &platform.kv, grant).await?;
    Ok(TokenResponse { code: Some(code.reveal().clone()), ..TokenResponse::default() })
}

/// Whether app B may be signed in this way, to this address.
fn check_receiver(
    exchange: &Exchange<'_>,
    redirect_uri: &str,
) -> Result<Option<CodeChallenge>, EndpointError> {
    let Exchange { ctx, client, request, .. } = exchange;
    if !client.x_app2app_enabled {
        return Err(not_enabled());
    }
    if !ctx.app.features.oauth.client.app2app_enabled {
        return Err(OAuthError::invalid_request("app2app disabled").into());
    }
    if !is_registered(client, redirect_uri) {
        return Err(OAuthError::invalid_request("redirect URI is not allowed").into());
    }
    let challenge = code_challenge(request.params())?;
    if client.is_public() && challenge.is_none() {
        let text = "PKCE code challenge is required for public clients";
        return Err(OAuthError::invalid_request(text).into());
    }
    Ok(challenge)
}

fn not_enabled() -> EndpointError {
    let text = "this client may not use app2app authentication";
    OAuthError::new(ErrorCode::UnauthorizedClient, text).into()
}

/// The grant of app A. A replayed refresh token ends it, as everywhere.
async fn holder(exchange: &Exchange<'_>, refresh_token: &str) -> Result<Box<Live>, EndpointError> {
    let Exchange { platform, ctx, .. } = exchange;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let found = find(ctx, &mut tx, refresh_token).await?;
    tx.commit().await?;
    match found {
        Ok(live) => Ok(live),
        Err(ended) => {
            platform.sessions.forget(ctx, &ended).await;
            Err(invalid())
        }
    }
}

/// Whether app A may sign others in.
fn check_holder<'a>(
    exchange: &Exchange<'a>,
    live: &Live,
) -> Result<&'a ClientConfig, EndpointError> {
    let clients = &exchange.ctx.app.config.oauth;
    let client = clients.find_client(live.token.client_id.as_str()).ok_or_else(invalid)?;
    if !client.x_app2app_enabled {
        return Err(not_enabled());
    }
    if client.x_app2app_biometric_protection_required {
        let text = "this client may only use app2app authentication with biometric protection";
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, text).into());
    }
    Ok(client)
}

/// What app A has agreed to, and the grant it did that with.
struct Approved {
    live: Box<Live>,
    scopes: Scopes,
    authorization_id: String,
}

/// Whether the device speaks for the grant, as the grant is now; and B's consent, on record.
async fn approve(
    exchange: &Exchange<'_>,
    earlier: &Live,
    key: &DeviceKey,
) -> Result<Approved, EndpointError> {
    let Exchange { platform, ctx, client, .. } = exchange;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let live = refresh::find_again(ctx, &mut tx, earlier).await?.ok_or_else(invalid)?;
    let holder = check_holder(exchange, &live)?;
    match key.belongs_to(&live.grant) {
        Bound::Yes => {}
        Bound::Other => return Err(DeviceKey::bad_signature()),
        Bound::Nothing if !holder.x_app2app_insecure_device_key_binding_enabled => {
            let text = "app2app is not allowed in current session";
            return Err(OAuthError::invalid_grant(text).into());
        }
        Bound::Nothing => key.bind(holder, &mut tx, &live.grant).await?,
    }
    let scopes = cut_scopes(client, &live.token.scopes);
    let authorization_id = authorize(exchange, &mut tx, &live, &scopes).await?;
    tx.commit().await?;
    Ok(Approved { live, scopes, authorization_id })
}

/// Consent on record for app B. The person said yes in app A, which the project made; for an
/// app of a third party that is not enough, and it must have asked before.
async fn authorize(
    exchange: &Exchange<'_>,
    tx: &mut Tx,
    live: &Live,
    scopes: &Scopes,
) -> Result<String, EndpointError> {
    let Exchange { ctx, client, .. } = exchange;
    if !scopes.contains(scope::OPENID) {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "no scope is left").into());
    }
    let (id, user) = (ClientId::new(&client.client_id), &live.grant.user_id);
    if client.is_first_party() {
        return Ok(consent::give(ctx, tx, user, &id, scopes).await?.id.as_str().to_owned());
    }
    match consent::find_covering(tx, user, &id, scopes).await? {
        Some(authorization) => Ok(authorization.id.as_str().to_owned()),
        None => Err(OAuthError::new(ErrorCode::AccessDenied, "authorization required").into()),
    }
}

#[cfg(test)]
mod tests;
