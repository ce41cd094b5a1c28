//! The one place where refusals of the JSON endpoints become answers (RFC 6749 §5.2).

use accounts::AccountError;
use axum::Json;
use axum::response::{IntoResponse, Response};
use events::hooks::HookRefusal;
use http::{HeaderValue, StatusCode, header};
use kv::KvError;
use oauth::{ErrorCode, OAuthError, ParamsError};
use serde_json::json;
use sessions::SessionsError;
use store::StoreError;

/// What an endpoint says instead of yes.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    #[error(transparent)]
    Refused(#[from] OAuthError),
    /// The client did not prove who it is. The header is for clients that tried it by header.
    #[error(transparent)]
    ClientAuthentication(OAuthError),
    /// There is no session where one is needed.
    #[error(transparent)]
    NoSession(OAuthError),
    /// A hook of the project's did not let it happen.
    #[error("a hook did not allow it")]
    Hook(HookRefusal),
    /// The proof must carry this nonce (RFC 9449 §8).
    #[error("a nonce is wanted")]
    NonceWanted(String),
    /// A token that was presented under the scheme `DPoP`, and is not good so.
    #[error(transparent)]
    NoProof(OAuthError),
    /// Ours, not theirs. Logged with its causes, answered without them.
    #[error("the server could not answer")]
    Internal(#[source] SessionsError),
}

impl EndpointError {
    /// The status that goes with it.
    fn status(&self) -> StatusCode {
        match self {
            Self::Refused(error) if error.code == ErrorCode::RateLimited => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::Refused(error) if error.code == ErrorCode::InsufficientScope => {
                StatusCode::FORBIDDEN
            }
            Self::Refused(_) | Self::NonceWanted(_) | Self::Hook(HookRefusal::Disallowed(_)) => {
                StatusCode::BAD_REQUEST
            }
            Self::ClientAuthentication(_) | Self::NoSession(_) | Self::NoProof(_) => {
                StatusCode::UNAUTHORIZED
            }
            Self::Internal(_) if web::is_unavailable(self) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Hook(HookRefusal::Failed { .. }) | Self::Internal(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// The part that travels, after logging what does not.
    pub fn to_oauth(&self) -> OAuthError {
        match self {
            Self::Refused(error)
            | Self::ClientAuthentication(error)
            | Self::NoSession(error)
            | Self::NoProof(error) => error.clone(),
            Self::NonceWanted(_) => {
                let text = "the DPoP proof must carry the nonce of DPoP-Nonce";
                OAuthError::new(ErrorCode::UseDpopNonce, text)
            }
            Self::Hook(HookRefusal::Disallowed(_)) => {
                let text = "access token generation is disallowed by hook";
                OAuthError::new(ErrorCode::ServerError, text)
            }
            Self::Hook(HookRefusal::Failed { .. }) => {
                OAuthError::new(ErrorCode::ServerError, "a hook did not decide")
            }
            Self::Internal(error) => {
                web::log_failure(error);
                OAuthError::new(ErrorCode::ServerError, "internal server error")
            }
        }
    }
}

impl From<SessionsError> for EndpointError {
    fn from(error: SessionsError) -> Self {
        Self::Internal(error)
    }
}

impl From<HookRefusal> for EndpointError {
    fn from(refusal: HookRefusal) -> Self {
        Self::Hook(refusal)
    }
}

impl From<StoreError> for EndpointError {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<KvError> for EndpointError {
    fn from(error: KvError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<AccountError> for EndpointError {
    fn from(error: AccountError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<ParamsError> for EndpointError {
    fn from(error: ParamsError) -> Self {
        Self::Refused(OAuthError::invalid_request(error.to_string()))
    }
}

impl IntoResponse for EndpointError {
    fn into_response(self) -> Response {
        let (status, error) = (self.status(), self.to_oauth());
        let body = json!({ "error": error.code.as_str(), "error_description": error.description });
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        no_store(headers);
        if let Self::NonceWanted(nonce) = &self
            && let Ok(nonce) = HeaderValue::from_str(nonce)
        {
            headers.insert("dpop-nonce", nonce);
        }
        let challenge = match self {
            // RFC 6749 §5.2.
            Self::ClientAuthentication(_) => Some("Basic realm=\"oauth2\"".to_owned()),
            // RFC 6750 §3. Codes and descriptions of ours need no escaping.
            Self::NoSession(_) => Some(format!(
                "Bearer error=\"{}\", error_description=\"{}\"",
                error.code.as_str(),
                error.description
            )),
            // RFC 9449 §7.1.
            Self::NoProof(_) => Some(format!(
                "DPoP error=\"{}\", error_description=\"{}\", algs=\"{}\"",
                error.code.as_str(),
                error.description,
                sessions::dpop::ALGORITHMS.join(" ")
            )),
            _ => None,
        };
        if let Some(value) = challenge.and_then(|it| HeaderValue::from_str(&it).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }
}

/// RFC 6749 §5.1: answers with tokens are not kept by anybody on the way.
pub fn no_store(headers: &mut http::HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}
