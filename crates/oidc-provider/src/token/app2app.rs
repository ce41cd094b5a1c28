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
use ctx::Ctx;
use domain::{Grant, Scopes, UserId};
use oauth::{CodeChallenge, ErrorCode, OAuthError, TokenResponse, code_challenge, scope};
use sessions::code::{self, CodeGrant};
use sessions::refresh::{self, Live};
use store::Tx;

use super::Exchange;
use super::refresh_token::{find, invalid};
use crate::client::{cut_scopes, is_registered};
use crate::consent::on_record;
use crate::device_key::{Bound, DeviceKey};
use crate::error::EndpointError;

pub async fn redeem(exchange: &Exchange<'_>) -> Result<TokenResponse, EndpointError> {
    let Exchange { platform, ctx, client, request, .. } = exchange;
    let jwt = request.require("jwt")?;
    let refresh_token = request.require("refresh_token")?;
    let receiver = Receiver::check(exchange, client)?;

    let live = holder(exchange, refresh_token).await?;
    check_holder(exchange, &live)?;
    let key = DeviceKey::read(ctx, jwt)?;
    key.use_up_challenge(ctx, &platform.kv).await?;
    let (live, agreed) = approve(exchange, &receiver, &live, &key).await?;
    let code = receiver.code(exchange, &live.grant, agreed).await?;
    Ok(TokenResponse { code: Some(code), ..TokenResponse::default() })
}

/// App B, which may be signed in, and where its code goes.
pub struct Receiver<'a> {
    client: &'a ClientConfig,
    redirect_uri: &'a str,
    challenge: Option<CodeChallenge>,
}

/// What app B gets, with the consent that is on record for it.
pub struct Agreed {
    scopes: Scopes,
    authorization_id: String,
}

impl<'a> Receiver<'a> {
    /// Whether `client` may be signed in by other apps, to the address of this request.
    pub fn check(exchange: &Exchange<'a>, client: &'a ClientConfig) -> Result<Self, EndpointError> {
        let Exchange { ctx, request, .. } = exchange;
        let redirect_uri = request.require("redirect_uri")?;
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
        Ok(Self { client, redirect_uri, challenge })
    }

    /// Consent on record for app B. The person said yes in app A, which the project made; for an
    /// app of a third party that is not enough, and it must have asked before.
    pub async fn agree(
        &self,
        ctx: &Ctx,
        tx: &mut Tx,
        user: &UserId,
        scopes: &Scopes,
    ) -> Result<Agreed, EndpointError> {
        let scopes = cut_scopes(self.client, scopes);
        if !scopes.contains(scope::OPENID) {
            return Err(OAuthError::new(ErrorCode::InvalidScope, "no scope is left").into());
        }
        let authorization = on_record(ctx, tx, self.client, user, &scopes).await?;
        let authorization = authorization
            .ok_or_else(|| OAuthError::new(ErrorCode::AccessDenied, "authorization required"))?;
        Ok(Agreed { scopes, authorization_id: authorization.id.as_str().to_owned() })
    }

    /// The code with which app B gets tokens. What the person proved is what `grant` says.
    pub async fn code(
        &self,
        exchange: &Exchange<'_>,
        grant: &Grant,
        agreed: Agreed,
    ) -> Result<String, EndpointError> {
        let Exchange { platform, ctx, .. } = exchange;
        let grant = CodeGrant {
            grant_id: ctx.rng.uuid(),
            client_id: self.client.client_id.clone(),
            redirect_uri: self.redirect_uri.to_owned(),
            code_challenge: self.challenge.as_ref().map(|it| it.as_str().to_owned()),
            scope: agreed.scopes.to_string(),
            nonce: None,
            sso_enabled: grant.sso_enabled,
            authorization_id: agreed.authorization_id,
            user_id: grant.user_id.as_str().to_owned(),
            amr: grant.amr.clone(),
            authenticated_at_micros: grant.authenticated_at.0,
            idp_session_id: grant.idp_session_id.as_ref().map(|it| it.as_str().to_owned()),
            shared_grant_id: None,
            is_news: false,
            reauthenticated_sid: None,
            dpop_jkt: None,
            claims: Vec::new(),
            resource: None,
        };
        Ok(code::issue(ctx, &platform.kv, grant).await?.reveal().clone())
    }
}

pub fn not_enabled() -> EndpointError {
    let text = "this client may not use app2app authentication";
    OAuthError::new(ErrorCode::UnauthorizedClient, text).into()
}

/// The grant of app A. A replayed refresh token ends it, as everywhere.
async fn holder(exchange: &Exchange<'_>, refresh_token: &str) -> Result<Box<Live>, EndpointError> {
    let Exchange { platform, ctx, .. } = exchange;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let found = find(ctx, &mut tx, refresh_token, exchange.dpop_jkt.as_deref()).await?;
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

/// Whether the device speaks for the grant, as the grant is now; and B's consent, on record.
async fn approve(
    exchange: &Exchange<'_>,
    receiver: &Receiver<'_>,
    earlier: &Live,
    key: &DeviceKey,
) -> Result<(Box<Live>, Agreed), EndpointError> {
    let Exchange { platform, ctx, .. } = exchange;
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
    let agreed = receiver.agree(ctx, &mut tx, &live.grant.user_id, &live.token.scopes).await?;
    tx.commit().await?;
    Ok((live, agreed))
}

#[cfg(test)]
mod tests;
