//! `POST /oauth2/challenge`: something fresh for a device to sign.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sessions::challenge::{Purpose, issue};
use web::{ApiError, CtxOf, ErrorName, Platform, result};

pub async fn challenge(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    body: String,
) -> Response {
    let Some(purpose) = purpose(&body) else {
        let error = ApiError::new(ErrorName::Invalid, "ValidationFailed", "invalid request body");
        return error.into_response();
    };
    match issue(&ctx, &platform.kv, purpose).await {
        Ok(issued) => result(json!({
            "token": issued.token,
            "expire_at": issued.expires_at.to_rfc3339(),
        })),
        Err(error) => ApiError::internal(&error).into_response(),
    }
}

/// The body is `{"purpose":…}` and nothing else.
fn purpose(body: &str) -> Option<Purpose> {
    let body: Value = serde_json::from_str(body).ok()?;
    let object = body.as_object().filter(|it| it.len() == 1)?;
    Purpose::parse(object.get("purpose")?.as_str()?)
}
