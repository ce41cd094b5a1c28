//! The error envelope of the JSON APIs: `{"error":{name,reason,message,code,info}}`.
//!
//! SDKs read `name`, `reason` and `message`, and all three must be there.
//! People read `message`; programs decide by `reason`, which is stable.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use kv::KvError;
use serde::Serialize;
use serde_json::{Map, Value};
use store::StoreError;

/// What kind of refusal it is; each has one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ErrorName {
    BadRequest,
    Invalid,
    Unauthorized,
    Forbidden,
    NotFound,
    AlreadyExists,
    TooManyRequest,
    InternalError,
    ServiceUnavailable,
    DataRace,
}

impl ErrorName {
    pub const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest | Self::Invalid => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::AlreadyExists | Self::DataRace => StatusCode::CONFLICT,
            Self::TooManyRequest => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// One refusal of a JSON API.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ApiError {
    pub name: ErrorName,
    pub reason: String,
    pub message: String,
    code: u16,
    /// Boxed, because errors travel in results.
    #[serde(skip_serializing_if = "is_empty")]
    pub info: Box<Map<String, Value>>,
    /// The request's id, for finding it in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_id: Option<String>,
}

impl ApiError {
    pub fn new(name: ErrorName, reason: impl Into<String>, message: impl Into<String>) -> Self {
        let code = name.status().as_u16();
        Self {
            name,
            reason: reason.into(),
            message: message.into(),
            code,
            info: Box::default(),
            tracking_id: None,
        }
    }

    #[must_use]
    pub fn with_info(mut self, info: Map<String, Value>) -> Self {
        self.info = Box::new(info);
        self
    }

    #[must_use]
    pub fn with_tracking_id(mut self, request_id: &str) -> Self {
        self.tracking_id = Some(request_id.to_owned());
        self
    }

    /// Ours, not theirs: logged with its causes here, answered without them.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        log_failure(error);
        if is_unavailable(error) {
            let message = "the service is not available at the moment, try again";
            return Self::new(ErrorName::ServiceUnavailable, "ServiceUnavailable", message);
        }
        Self::new(ErrorName::InternalError, "UnexpectedError", "unexpected error occurred")
    }

    pub fn status(&self) -> StatusCode {
        self.name.status()
    }
}

#[expect(clippy::borrowed_box, reason = "serde hands over the field as it is")]
fn is_empty(info: &Box<Map<String, Value>>) -> bool {
    info.is_empty()
}

/// Whether a failure of ours passes by itself, such as a database that restarts.
pub fn is_unavailable(error: &(dyn std::error::Error + 'static)) -> bool {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.into_iter().any(|cause| {
        cause.downcast_ref::<StoreError>().is_some_and(StoreError::is_unavailable)
            || matches!(cause.downcast_ref::<KvError>(), Some(KvError::Unavailable { .. }))
    })
}

/// Logs a failure of ours once, with the whole chain of causes.
pub fn log_failure(error: &(dyn std::error::Error + 'static)) {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(source) = cause {
        causes.push(source.to_string());
        cause = source.source();
    }
    tracing::error!(error = %error, causes = causes.join(": "), "the server could not answer");
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        (status, no_store, Json(serde_json::json!({ "error": self }))).into_response()
    }
}

/// The envelope of success: `{"result": …}`.
pub fn result(value: impl Serialize) -> Response {
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (no_store, Json(serde_json::json!({ "result": value }))).into_response()
}
