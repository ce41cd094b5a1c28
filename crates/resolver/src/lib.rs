//! The session check for reverse proxies: `auth_request` of nginx, `ForwardAuth` of Traefik.
//!
//! The proxy passes on the headers of a request and learns from the headers of our answer who
//! made it. The answer is 200 whether or not anybody is signed in, because deciding is the
//! proxy's business; it is an error only when we cannot say. Nothing that a person can choose
//! freely is in these headers, and nothing is written to answer.

mod facts;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use ctx::Ctx;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sessions::{Resolved, Session, SessionsError};
use web::{CtxOf, Platform};

use facts::{Facts, FactsCache};

/// `GET /_resolver/resolve`, for the public listener.
pub fn router() -> Router<Platform> {
    Router::new().route("/_resolver/resolve", get(resolve)).layer(Extension(FactsCache::default()))
}

/// The same and `GET /resolve`, for a listener that only proxies reach.
pub fn internal_router() -> Router<Platform> {
    Router::new()
        .route("/_resolver/resolve", get(resolve))
        .route("/resolve", get(resolve))
        .layer(Extension(FactsCache::default()))
}

async fn resolve(
    State(platform): State<Platform>,
    Extension(cache): Extension<FactsCache>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
) -> Response {
    let mut response = match answer(&platform, &ctx, &cache, &headers).await {
        Ok(told) => {
            let mut response = StatusCode::OK.into_response();
            for (name, value) in told {
                // A value that is no header value is left out, not cut to one.
                if let Ok(value) = HeaderValue::from_str(&value) {
                    response.headers_mut().insert(HeaderName::from_static(name), value);
                }
            }
            response
        }
        Err(error) => {
            web::log_failure(&error);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

type Told = Vec<(&'static str, String)>;

const VALID: &str = "x-authgear-session-valid";

async fn answer(
    platform: &Platform,
    ctx: &Ctx,
    cache: &FactsCache,
    headers: &HeaderMap,
) -> Result<Told, SessionsError> {
    let credentials = web::credentials(&ctx.app, headers);
    match platform.sessions.resolve(ctx, credentials).await? {
        Resolved::Absent => Ok(Vec::new()),
        Resolved::Invalid => Ok(vec![(VALID, "false".to_owned())]),
        Resolved::Session(session) => {
            match cache.find(platform, ctx, &session.user_id).await? {
                Some(facts) => Ok(about(&session, facts)),
                // The account went away a moment ago.
                None => Ok(vec![(VALID, "false".to_owned())]),
            }
        }
    }
}

/// What upstream tells of a session. Roles are told when somebody has any.
fn about(session: &Session, facts: Facts) -> Told {
    vec![
        (VALID, "true".to_owned()),
        ("x-authgear-user-id", session.user_id.as_str().to_owned()),
        ("x-authgear-user-anonymous", facts.is_anonymous.to_string()),
        ("x-authgear-user-verified", facts.is_verified.to_string()),
        ("x-authgear-user-can-reauthenticate", facts.can_reauthenticate.to_string()),
        ("x-authgear-session-amr", session.amr.join(" ")),
        ("x-authgear-session-authenticated-at", session.authenticated_at.seconds().to_string()),
    ]
}

#[cfg(test)]
mod tests;
