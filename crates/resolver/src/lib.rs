//! The session check for reverse proxies: `auth_request` of nginx, `ForwardAuth` of Traefik.
//!
//! The proxy passes on the headers of a request and learns from the headers of our answer who
//! made it. The answer is 200 whether or not anybody is signed in, because deciding is the
//! proxy's business; it is an error only when we cannot say. Nothing that a person can choose
//! freely is in these headers, and nothing is written to answer.

mod verified;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use ctx::Ctx;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sessions::dpop::{Proof, Target};
use sessions::{Credentials, Resolved, Session, SessionsError};
use web::{CtxOf, Platform};

use verified::Verified;

/// `GET /_resolver/resolve`, for the public listener.
pub fn router() -> Router<Platform> {
    Router::new().route("/_resolver/resolve", get(resolve)).layer(Extension(Verified::default()))
}

/// The same and `GET /resolve`, for a listener that only proxies reach.
pub fn internal_router() -> Router<Platform> {
    Router::new()
        .route("/_resolver/resolve", get(resolve))
        .route("/resolve", get(resolve))
        .layer(Extension(Verified::default()))
}

async fn resolve(
    State(platform): State<Platform>,
    Extension(verified): Extension<Verified>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
) -> Response {
    let mut response = match answer(&platform, &ctx, &verified, &headers).await {
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
    verified: &Verified,
    headers: &HeaderMap,
) -> Result<Told, SessionsError> {
    let proof = proof(ctx, headers);
    let credentials = web::credentials(&ctx.app, headers);
    let credentials = Credentials { proof: proof.as_ref(), ..credentials };
    match platform.sessions.resolve(ctx, credentials).await? {
        Resolved::Absent => Ok(Vec::new()),
        Resolved::Invalid => Ok(vec![(VALID, "false".to_owned())]),
        Resolved::Session(session) => {
            let is_verified = verified.is_verified(platform, ctx, &session).await?;
            Ok(about(&session, is_verified))
        }
    }
}

/// The proof that came with a token that is bound to a key. It is about the address that was asked
/// for, which only the proxy knows (`docs/reverse-proxy.md`): without being told, such a token is
/// not good.
fn proof(ctx: &Ctx, headers: &HeaderMap) -> Option<Proof> {
    let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
    let method = text("x-original-method").or_else(|| text("x-forwarded-method"))?;
    let url = if let Some(url) = text("x-original-url") {
        url.to_owned()
    } else {
        let (scheme, host) = (text("x-forwarded-proto")?, text("x-forwarded-host")?);
        format!("{scheme}://{host}{}", text("x-forwarded-uri")?)
    };
    web::dpop_proof_for(ctx, headers, Target { method, url: &url }).ok().flatten()
}

/// What upstream tells of a session. Roles are told when somebody has any.
fn about(session: &Session, is_verified: bool) -> Told {
    vec![
        (VALID, "true".to_owned()),
        ("x-authgear-user-id", session.user_id.as_str().to_owned()),
        ("x-authgear-user-anonymous", session.standing.is_anonymous.to_string()),
        ("x-authgear-user-verified", is_verified.to_string()),
        ("x-authgear-user-can-reauthenticate", session.standing.has_authenticators.to_string()),
        ("x-authgear-session-amr", session.amr.join(" ")),
        ("x-authgear-session-authenticated-at", session.authenticated_at.seconds().to_string()),
    ]
}

#[cfg(test)]
mod tests;
