//! The grant `settings-action`: an app hears that a person is done on our pages.
//!
//! Nothing is handed out. The code is used up before anything about the request is looked at.

use oauth::{CodeChallenge, OAuthError, TokenResponse};
use sessions::settings_code;

use super::Exchange;
use crate::error::EndpointError;

pub async fn redeem(exchange: &Exchange<'_>) -> Result<TokenResponse, EndpointError> {
    let Exchange { platform, ctx, client, request, .. } = exchange;
    let presented = request.require("code")?;
    exchange.device_info()?;
    let invalid = || EndpointError::from(OAuthError::invalid_grant("invalid authorization code"));
    let code = settings_code::take(ctx, &platform.kv, presented).await?.ok_or_else(invalid)?;
    if code.client_id != client.client_id {
        return Err(invalid());
    }
    if request.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return Err(OAuthError::invalid_request("invalid redirect URI").into());
    }
    let challenge = code.code_challenge.as_deref().and_then(CodeChallenge::parse);
    let is_met = match (challenge, request.get("code_verifier")) {
        (Some(challenge), Some(verifier)) => challenge.is_met_by(verifier),
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => client.is_confidential(),
    };
    if is_met { Ok(TokenResponse::default()) } else { Err(invalid()) }
}

#[cfg(test)]
mod tests;
