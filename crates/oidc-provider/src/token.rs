//! `POST /oauth2/token` (RFC 6749 §3.2).
//!
//! In this order: read the form, find the client, see that the grant is open to it, have a
//! confidential client prove itself; then the one thing that the grant is about. What is
//! written is durable before the answer leaves.

mod anonymous_request;
mod app2app;
mod authorization_code;
mod biometric_request;
mod client_credentials;
mod device_code;
mod id_token_grant;
pub mod issue;
pub mod refresh_token;
mod settings_action;
mod token_exchange;

use appconfig::ClientConfig;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use http::{HeaderMap, StatusCode};
use limits::{Charged, Limit, Subject};
use oauth::{ErrorCode, GrantType, OAuthError, Params, TokenRequest, TokenResponse};
use sessions::Credentials;
use web::{CtxOf, Platform};

use crate::client::{ClientCredentials, is_machine};
use crate::dpop;
use crate::error::{EndpointError, no_store};
use crate::guests::{From, admit};

pub async fn token(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    form: String,
) -> Response {
    match answer(&platform, &ctx, &headers, &form).await {
        Ok(tokens) => {
            let mut response = match tokens {
                Some(tokens) => Json(tokens).into_response(),
                None => StatusCode::OK.into_response(),
            };
            no_store(response.headers_mut());
            response
        }
        Err(error) => error.into_response(),
    }
}

/// The tokens, or nothing at all: that is what SDKs expect where no tokens are given.
async fn answer(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    form: &str,
) -> Result<Option<TokenResponse>, EndpointError> {
    // Before anything else: a guess costs the guesser.
    match limits::charge(ctx, &platform.kv, Limit::RequestToken, Subject::default()).await? {
        Charged::Charged(_) => {}
        Charged::Exhausted(_) => {
            let text = "rate limit exceeded, please try again later.";
            return Err(OAuthError::new(ErrorCode::RateLimited, text).into());
        }
    }
    let proof = dpop::presented(ctx, headers, "/oauth2/token");
    let params = Params::parse(form)?;
    let credentials = ClientCredentials::read(&params, headers)?;
    let ctx = &admit(platform, ctx, Some(&credentials.client_id), From::Record).await?;
    let client = credentials.find(ctx)?;
    let request = TokenRequest::parse(params)?;
    let for_itself = request.grant_type == GrantType::ClientCredentials;
    if is_machine(client) && !for_itself {
        let text = "grant type is not allowed for this client";
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, text).into());
    }
    // App2App names the client that the code is for; the app that asks is known by its refresh
    // token and its device key, and does not hold the other's secret.
    if request.grant_type != GrantType::App2AppRequest {
        credentials.authenticate(platform, ctx, client, "/oauth2/token").await?;
    }
    let proof = dpop::prove(platform, ctx, client, proof).await?;
    let dpop_jkt = proof.as_ref().map(|it| it.jkt().to_owned());
    let exchange = Exchange { platform, ctx, client, request: &request, dpop_jkt };
    let session = web::credentials(&ctx.app, headers);
    let session = Credentials { proof: proof.as_ref(), ..session };
    let tokens = match request.grant_type {
        GrantType::AuthorizationCode => authorization_code::redeem(&exchange).await,
        GrantType::RefreshToken => refresh_token::redeem(&exchange).await,
        GrantType::AnonymousRequest => anonymous_request::redeem(&exchange).await,
        GrantType::App2AppRequest => app2app::redeem(&exchange).await,
        GrantType::TokenExchange => token_exchange::redeem(&exchange).await,
        GrantType::ClientCredentials => client_credentials::redeem(&exchange, &credentials).await,
        GrantType::DeviceCode => device_code::redeem(&exchange).await,
        GrantType::SettingsAction => settings_action::redeem(&exchange).await,
        GrantType::IdToken => id_token_grant::redeem(&exchange, session).await,
        GrantType::BiometricRequest => {
            return biometric_request::redeem(&exchange, session).await;
        }
    };
    tokens.map(Some)
}

/// One token request and all it touches.
pub(crate) struct Exchange<'a> {
    pub platform: &'a Platform,
    pub ctx: &'a Ctx,
    pub client: &'a ClientConfig,
    pub request: &'a TokenRequest,
    /// The key that the request proves: what is handed out is bound to it.
    pub dpop_jkt: Option<String>,
}

impl Exchange<'_> {
    /// `x_device_info`, which must name a device when it is there.
    fn device_info(&self) -> Result<Option<oauth::DeviceInfo>, EndpointError> {
        let text = self.request.get("x_device_info");
        let info = text.map(oauth::DeviceInfo::decode).transpose();
        info.map_err(|error| OAuthError::invalid_request(error.to_string()).into())
    }
}

#[cfg(test)]
pub(crate) use token_exchange::tests as token_exchange_tests;

#[cfg(test)]
mod hook_tests;
#[cfg(test)]
mod scope_tests;
#[cfg(test)]
mod tests;
