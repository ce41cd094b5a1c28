//! The recorder of hooks: keeps what is posted, by path, and gives it out again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

/// What was posted, in the order of arrival.
#[derive(Clone, Debug, Default)]
pub struct Hooks(Arc<Mutex<HashMap<String, Vec<Value>>>>);

impl Hooks {
    /// Everything that was posted to a path.
    pub fn requests(&self, path: &str) -> Vec<Value> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(path.trim_start_matches('/')).cloned().unwrap_or_default()
    }

    /// Takes what was posted to a path.
    pub fn keep(&self, path: &str, body: Value) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entry(path.trim_start_matches('/').to_owned()).or_default().push(body);
    }

    pub(super) fn router(&self) -> Router {
        Router::new()
            .route("/healthz", get(async || "OK"))
            .fallback(get(shown).post(posted))
            .with_state(self.clone())
    }
}

async fn shown(State(hooks): State<Hooks>, OriginalUri(uri): OriginalUri) -> Response {
    axum::Json(json!({ "requests": hooks.requests(uri.path()) })).into_response()
}

async fn posted(
    State(hooks): State<Hooks>,
    OriginalUri(uri): OriginalUri,
    body: Bytes,
) -> Response {
    match serde_json::from_slice(&body) {
        Ok(body @ Value::Object(_)) => {
            hooks.keep(uri.path(), body);
            axum::Json(json!({ "result": "ok" })).into_response()
        }
        _ => (StatusCode::BAD_REQUEST, "a JSON object is expected\n").into_response(),
    }
}
