//! A request that cannot be answered to the application, because it is not known where that
//! would be: told to the person instead.
//!
//! A browser gets the page that says what happened and what to do. Everything else gets a text
//! as upstream words it.

use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use http::{HeaderMap, StatusCode, header};
use oauth::{ErrorCode, OAuthError};
use serde_json::{Value, json};
use web::Page;

use crate::answer::private;

/// The application asked wrongly, or we failed.
pub fn mistake(ctx: &Ctx, headers: &HeaderMap, error: &OAuthError) -> Response {
    if error.code == ErrorCode::ServerError {
        let page = ("v2.error.server", "aw-advice-support");
        return told(ctx, headers, error, (StatusCode::INTERNAL_SERVER_ERROR, page));
    }
    let page = ("aw-error-invalid-request", "aw-advice-tell-developer");
    told(ctx, headers, error, (StatusCode::BAD_REQUEST, page))
}

/// The person came too late, or with another browser.
pub fn expired(ctx: &Ctx, headers: &HeaderMap, error: &OAuthError) -> Response {
    let page = ("aw-error-session-expired", "aw-advice-start-again");
    told(ctx, headers, error, (StatusCode::BAD_REQUEST, page))
}

fn told(
    ctx: &Ctx,
    headers: &HeaderMap,
    error: &OAuthError,
    (status, (message_key, advice_key)): (StatusCode, (&str, &str)),
) -> Response {
    let mut response = if wants_page(headers) {
        let context = json!({
            "error": {
                "reason": error.code.as_str(),
                "title_key": null,
                "message_key": message_key,
                "args": arguments(message_key, error),
                "advice_key": advice_key,
            },
            "actions": [],
        });
        Page::new(ctx, "error", headers, "").with_status(status).render(ctx, context)
    } else {
        let body = format!(
            "Invalid OAuth authorization request:\nerror: {}\nerror_description: {}\n",
            error.code.as_str(),
            error.description
        );
        (status, body).into_response()
    };
    private(response.headers_mut());
    response
}

fn arguments(message_key: &str, error: &OAuthError) -> Value {
    match message_key {
        "aw-error-invalid-request" => json!({ "detail": error.description }),
        _ => json!({}),
    }
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|it| it.contains("text/html"))
}

#[cfg(test)]
mod tests;
