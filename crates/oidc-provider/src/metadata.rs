//! Metadata and keys: what clients read before anything else.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header;
use oauth::Discovery;
use web::CtxOf;

/// `GET /.well-known/openid-configuration`, and the same under the name of RFC 8414.
pub async fn discovery(CtxOf(ctx): CtxOf) -> Json<Discovery> {
    Json(Discovery::new(ctx.app.origin(), ctx.app.languages().to_vec()))
}

/// `GET /oauth2/jwks`: the public halves of all keys, retired ones included.
pub async fn jwks(CtxOf(ctx): CtxOf) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, ctx.app.keys.jwks().to_owned()).into_response()
}
