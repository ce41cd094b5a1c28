//! The way in: from a connection to a [`Ctx`].
//!
//! The Host header picks the project, once; everything after it takes `Ctx` from the request.
//! An unknown host is answered with a plain 404, so that nothing is said about who is here.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ctx::{Caller, Ctx};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::platform::Platform;

/// The most of a User-Agent header that is kept, in bytes.
const USER_AGENT_MAX: usize = 512;

/// Middleware: finds the project, makes the `Ctx`, logs the request when it is done.
pub async fn enter(State(platform): State<Platform>, request: Request, next: Next) -> Response {
    enter_as(platform, request, next, false).await
}

/// The same for internal listeners, where a single project answers to any name.
pub async fn enter_internal(
    State(platform): State<Platform>,
    request: Request,
    next: Next,
) -> Response {
    enter_as(platform, request, next, true).await
}

async fn enter_as(
    platform: Platform,
    mut request: Request,
    next: Next,
    any_name: bool,
) -> Response {
    let peer = peer_address(&request);
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    let host = platform.proxies.host(peer, request.headers(), authority);
    let named = match host {
        Some(host) => platform.apps.find_or_ask(&host).await,
        None => None,
    };
    let app = named.or_else(|| if any_name { platform.apps.only() } else { None });
    let Some(app) = app else {
        return unknown_host();
    };
    let caller = Caller {
        ip: platform.proxies.client_address(peer, request.headers()).to_string(),
        user_agent: user_agent(request.headers()),
    };
    let request_id = stdx::base64url(&platform.rng.bytes::<12>());
    let ctx = Ctx { app, now: platform.clock.now(), rng: platform.rng.clone(), caller, request_id };
    tracing::debug!(
        request_id = ctx.request_id,
        app = %ctx.app.id,
        method = %request.method(),
        path = request.uri().path(),
        "request"
    );
    request.extensions_mut().insert(ctx);
    let mut response = next.run(request).await;
    harden(response.headers_mut());
    response
}

fn unknown_host() -> Response {
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

/// Headers that are right on every answer.
fn harden(headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// The other end of the connection; unspecified in tests that have none.
fn peer_address(request: &Request) -> IpAddr {
    let info = request.extensions().get::<ConnectInfo<SocketAddr>>();
    info.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip())
}

fn user_agent(headers: &HeaderMap) -> String {
    let value = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let mut value = value.unwrap_or_default().to_owned();
    value.truncate(USER_AGENT_MAX);
    value
}

/// Handlers take `Ctx` as an argument. Without [`enter`] in front there is none, and the answer
/// is the unknown host's.
impl FromRequestParts<Platform> for CtxOf {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Platform) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Ctx>().cloned().map(CtxOf).ok_or_else(unknown_host)
    }
}

/// The `Ctx` of a request, as an extractor: `CtxOf(ctx): CtxOf`.
#[derive(Clone, Debug)]
pub struct CtxOf(pub Ctx);
