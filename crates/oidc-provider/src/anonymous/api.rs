//! What the two endpoints for apps in browsers share: bodies, errors, and who is asking.

use std::sync::Arc;

use accounts::anonymous;
use ctx::Ctx;
use domain::UserId;
use events::hooks::HookRefusal;
use http::{HeaderMap, header};
use serde::Deserialize;
use sessions::{Credentials, Resolved, Session};
use store::Tx;
use web::{ApiError, ErrorName, Platform};

use crate::error::EndpointError;

/// In what a browser's session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionType {
    Cookie,
    RefreshToken,
}

/// Reads a body of JSON. The content type keeps pages of other sites from sending one: a browser
/// asks us first.
pub fn read<T: for<'de> Deserialize<'de>>(headers: &HeaderMap, body: &str) -> Result<T, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let essence = kind.and_then(|it| it.split(';').next()).unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case("application/json") {
        let text = "request content type is not JSON";
        return Err(ApiError::new(ErrorName::BadRequest, "BadRequest", text));
    }
    serde_json::from_str(body)
        .map_err(|_| ApiError::new(ErrorName::Invalid, "ValidationFailed", "invalid request body"))
}

pub fn invalid(text: impl Into<String>) -> ApiError {
    ApiError::new(ErrorName::Invalid, "Invalid", text)
}

pub fn has_a_name() -> ApiError {
    invalid("user logged in as normal user")
}

pub fn api_error(error: EndpointError) -> ApiError {
    match error {
        EndpointError::Internal(error) => ApiError::internal(&error),
        EndpointError::Hook(refusal) => {
            let name = match &refusal {
                HookRefusal::Disallowed(_) => ErrorName::Forbidden,
                HookRefusal::Failed { .. } => ErrorName::InternalError,
            };
            let info = refusal.info().as_object().cloned().unwrap_or_default();
            ApiError::new(name, refusal.reason(), refusal.message()).with_info(info)
        }
        EndpointError::Refused(error)
        | EndpointError::ClientAuthentication(error)
        | EndpointError::NoSession(error)
        | EndpointError::NoProof(error) => invalid(error.description),
        EndpointError::NonceWanted(_) => invalid("a nonce is wanted"),
    }
}

/// The browser session of a request: its cookie, and nothing else that it may carry.
pub async fn browser_session(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
) -> Result<Option<Arc<Session>>, EndpointError> {
    let idp_session = web::credentials(&ctx.app, headers).idp_session;
    let cookie = Credentials { idp_session, ..Credentials::default() };
    Ok(match platform.sessions.resolve(ctx, cookie).await? {
        Resolved::Session(session) => Some(session),
        Resolved::Absent | Resolved::Invalid => None,
    })
}

pub async fn is_anonymous(tx: &mut Tx, user: &UserId) -> Result<bool, EndpointError> {
    Ok(anonymous::find(tx, user).await?.is_some())
}
