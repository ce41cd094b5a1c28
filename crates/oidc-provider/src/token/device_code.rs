//! The grant `urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 §3.4): a device asks how its
//! person has answered.

use oauth::{ErrorCode, OAuthError, TokenResponse};
use sessions::device_authorization::{Polled, poll};

use super::Exchange;
use super::authorization_code::hand_out;
use crate::error::EndpointError;

pub async fn redeem(exchange: &Exchange<'_>) -> Result<TokenResponse, EndpointError> {
    let Exchange { platform, ctx, client, request, .. } = exchange;
    let code = request.require("device_code")?;
    let device_info = exchange.device_info()?;
    let no = |code, text: &'static str| Err(OAuthError::new(code, text).into());
    match poll(ctx, &platform.kv, code, &client.client_id).await? {
        Polled::Granted(grant) => hand_out(exchange, &grant, (device_info, None)).await,
        Polled::Pending => no(ErrorCode::AuthorizationPending, "nobody has answered yet"),
        Polled::TooSoon => no(ErrorCode::SlowDown, "asked too soon; wait five seconds longer"),
        Polled::Denied => no(ErrorCode::AccessDenied, "authorization denied"),
        // Also what nobody ever got: a device asks again for new codes in either case.
        Polled::Unknown => no(ErrorCode::ExpiredToken, "the device code is over"),
    }
}
