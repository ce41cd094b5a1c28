//! The judge of bots: tokens say what the verdict is to be.

use std::collections::HashMap;

use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;

pub(super) fn router() -> Router {
    Router::new()
        .route("/cloudflare/verify", post(cloudflare))
        .route("/recaptchav2/verify", post(recaptcha))
}

async fn cloudflare(Form(form): Form<HashMap<String, String>>) -> Response {
    judge(&form, "service_unavailable")
}

/// This one is never away.
async fn recaptcha(Form(form): Form<HashMap<String, String>>) -> Response {
    judge(&form, "")
}

fn judge(form: &HashMap<String, String>, away: &str) -> Response {
    let (Some(response), Some(_)) = (form.get("response"), form.get("secret")) else {
        return (StatusCode::BAD_REQUEST, "response and secret are needed\n").into_response();
    };
    Json(match response.as_str() {
        "pass" => json!({ "success": true }),
        it if !away.is_empty() && it == away => {
            json!({ "success": false, "error-codes": ["internal-error"] })
        }
        _ => json!({ "success": false, "error-codes": ["invalid-input-response"] }),
    })
    .into_response()
}
