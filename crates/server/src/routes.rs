//! What is served where.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use web::Platform;

/// The largest body of a request: forms and small JSON documents.
const BODY_BYTES_MAX: usize = 512 * 1024;

/// No request of ours takes this long; one that does is told so.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Everything, on one listener.
pub fn main_router(platform: &Platform) -> Router {
    let api = flow_api::router().merge(account_api::router()).layer(from_fn(web::cors));
    let pages = authui::router(platform.dev_mode).fallback(authui::not_found);
    let protocol = oidc_provider::router().merge(resolver::router());
    finish(api.merge(protocol).merge(pages), platform, false)
}

/// What reverse proxies ask, on a listener that only they reach.
pub fn resolver_router(platform: &Platform) -> Router {
    finish(resolver::internal_router(), platform, true)
}

/// What stands in front of every router. Assets and health belong to no project.
fn finish(router: Router<Platform>, platform: &Platform, internal: bool) -> Router {
    let entered = if internal {
        router.layer(from_fn_with_state(platform.clone(), web::enter_internal))
    } else {
        router.layer(from_fn_with_state(platform.clone(), web::enter))
    };
    Router::new()
        .route("/healthz", get(healthz))
        .route("/assets/{hash}/{name}", get(asset))
        .fallback_service(entered.with_state(platform.clone()))
        .with_state(platform.clone())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIMEOUT))
        .layer(CatchPanicLayer::custom(panicked))
}

async fn healthz() -> &'static str {
    "OK"
}

async fn asset(Path((hash, name)): Path<(String, String)>) -> Response {
    let Some(asset) = web::builtin::asset(&hash, &name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, asset.bytes).into_response()
}

/// A bug of ours ends one request and nothing else.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong.\n").into_response()
}
