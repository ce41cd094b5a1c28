//! Which other origins' scripts may read our answers.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

/// Middleware for `/oauth2/*` and `/api/*`: echoes an allowed origin, answers preflights.
///
/// An origin that is not allowed gets no CORS headers; its request is still processed, since
/// CORS protects what scripts read and not what servers do.
pub async fn cors(request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let app = request.extensions().get::<Ctx>().map(|ctx| ctx.app.clone());
    let allowed = origin.filter(|origin| {
        let text = origin.to_str().ok();
        app.zip(text).is_some_and(|(app, origin)| app.allows_origin(origin))
    });
    let preflight = (request.method() == Method::OPTIONS).then(|| request.headers().clone());
    let mut response =
        if preflight.is_some() { StatusCode::OK.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        if let Some(asked) = preflight {
            answer_preflight(&asked, headers);
        }
    }
    response
}

fn answer_preflight(asked: &HeaderMap, headers: &mut HeaderMap) {
    let echoes: [(HeaderName, HeaderName); 2] = [
        (header::ACCESS_CONTROL_REQUEST_METHOD, header::ACCESS_CONTROL_ALLOW_METHODS),
        (header::ACCESS_CONTROL_REQUEST_HEADERS, header::ACCESS_CONTROL_ALLOW_HEADERS),
    ];
    for (request, response) in echoes {
        if let Some(value) = asked.get(request) {
            headers.insert(response, value.clone());
        }
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("900"));
}

/// Middleware for public metadata: anyone may read it, without credentials.
pub async fn cors_star(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
