//! `POST /oauth2/device_authorization` (RFC 8628 §3.1): a device without a browser asks.
//!
//! Only clients that have the grant among their `grant_types`: whoever gets people to type codes
//! signs in as them, so no client can do it that was not meant to.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use domain::Scopes;
use http::HeaderMap;
use limits::{Charged, Limit, Subject};
use oauth::{DeviceAuthorization, ErrorCode, GRANT_TYPE_DEVICE_CODE, OAuthError, Params};
use sessions::device_authorization::{INTERVAL_SECONDS, LIFETIME_SECONDS, ask};
use web::{CtxOf, Platform};

use crate::client::{ClientCredentials, check_scopes};
use crate::error::{EndpointError, no_store};

/// Where people take their code. Short, because somebody may have to type it.
pub const PAGE: &str = "/device";

pub async fn device_authorization(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    form: String,
) -> Response {
    match answer(&platform, &ctx, &headers, &form).await {
        Ok(answer) => {
            let mut response = Json(answer).into_response();
            no_store(response.headers_mut());
            response
        }
        Err(error) => error.into_response(),
    }
}

async fn answer(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    form: &str,
) -> Result<DeviceAuthorization, EndpointError> {
    // A code is a row in memory for ten minutes; asking for them counts like asking for tokens.
    let charged =
        limits::charge(ctx, &platform.kv, Limit::RequestToken, Subject::default()).await?;
    if let Charged::Exhausted(_) = charged {
        let text = "rate limit exceeded, please try again later.";
        return Err(OAuthError::new(ErrorCode::RateLimited, text).into());
    }
    let params = Params::parse(form)?;
    let credentials = ClientCredentials::read(&params, headers)?;
    let client = credentials.find(ctx)?;
    credentials.authenticate(platform, ctx, client, "/oauth2/device_authorization").await?;
    if !client.grant_types.iter().any(|it| it == GRANT_TYPE_DEVICE_CODE) {
        let text = "grant type is not allowed for this client";
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, text).into());
    }
    let scopes = Scopes::parse(params.get("scope").unwrap_or_default());
    check_scopes(client, &scopes)?;
    let asked = ask(ctx, &platform.kv, &client.client_id, &scopes.to_string()).await?;
    let verification_uri = format!("{}{PAGE}", ctx.app.origin());
    Ok(DeviceAuthorization {
        device_code: asked.device_code.reveal().clone(),
        verification_uri_complete: format!("{verification_uri}?user_code={}", asked.user_code),
        user_code: asked.user_code,
        verification_uri,
        expires_in: LIFETIME_SECONDS,
        interval: INTERVAL_SECONDS,
    })
}

#[cfg(test)]
mod tests;
