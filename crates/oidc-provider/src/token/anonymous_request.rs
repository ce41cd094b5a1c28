//! The grant `…:anonymous-request`: a device signs somebody in who has said nothing of themselves.
//!
//! The JWT is signed with a key of the device. Whoever has the key already is signed in again;
//! a new key is a new account. No browser takes part, and nobody is asked anything.

use accounts::anonymous::are_allowed;
use oauth::{ErrorCode, OAuthError, TokenResponse};
use sessions::anonymous::{Action, Presented, Proved, prove};

use super::Exchange;
use crate::anonymous::{self, NotAdmitted, UNFIT_CLIENT, Who, admit, sign_in};
use crate::error::EndpointError;
use crate::events::source;

pub async fn redeem(exchange: &Exchange<'_>) -> Result<TokenResponse, EndpointError> {
    let Exchange { platform, ctx, client, request, .. } = exchange;
    let refused = |text: &'static str| OAuthError::new(ErrorCode::UnauthorizedClient, text);
    if !client.has_full_access_scope() {
        return Err(refused(UNFIT_CLIENT).into());
    }
    let device_info = exchange.device_info()?;
    let jwt = request.require("jwt")?;
    if !are_allowed(&ctx.app.config) {
        return Err(refused("AnonymousUserDisallowed").into());
    }
    let source = source(Some(&client.client_id));
    let presented = Presented { jwt, action: Action::Authenticate, holder: None, source: &source };
    let who = match prove(ctx, &platform.store, &platform.kv, presented).await? {
        Proved::Known(identity) => Who::Known(identity.base.user_id),
        Proved::New(key) => {
            admit(platform, ctx).await?.map_err(refusal)?;
            Who::New(Some(key))
        }
        // The word makes SDKs forget the key.
        Proved::Refused => return Err(OAuthError::invalid_grant("InvalidCredentials").into()),
    };
    let dpop_jkt = exchange.dpop_jkt.as_deref();
    let at = anonymous::At { platform, ctx, client, dpop_jkt };
    sign_in(at, who, device_info).await
}

fn refusal(why: NotAdmitted) -> OAuthError {
    match why {
        NotAdmitted::NoPublicSignup => OAuthError::invalid_request("public signup is disabled"),
        NotAdmitted::RateLimited(_) => {
            let text = "rate limit exceeded, please try again later.";
            OAuthError::new(ErrorCode::RateLimited, text)
        }
    }
}

#[cfg(test)]
mod tests;
