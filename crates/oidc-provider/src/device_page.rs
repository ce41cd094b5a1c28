//! `/device`: where people type the code that their device shows (RFC 8628 §3.3), and read how it
//! ended.
//!
//! A code in the address only fills the field in: nothing begins before the person presses the
//! button. What follows is a sign-in like any other, and a page that names the client and asks.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use ctx::Ctx;
use http::{HeaderMap, Method, StatusCode};
use limits::{Charged, Limit, Subject};
use oauth::{AuthorizationRequest, ErrorCode, OAuthError, Params};
use serde_json::json;
use sessions::OAuthSession;
use sessions::device_authorization::{Decision, decide, find};
use web::{CtxOf, Page, Platform};

use crate::answer::{moved, private};
use crate::authorize::hand_over_device;
use crate::device_authorization::PAGE;
use crate::error::EndpointError;
use crate::told;

/// What is shown of a code that came in the address; a real one has nine characters.
const CODE_CHARS_MAX: usize = 20;

pub async fn get(CtxOf(ctx): CtxOf, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let params = Params::parse(&query).unwrap_or_default();
    let code = params.get("user_code").unwrap_or_default();
    match (params.get("outcome"), params.get("error")) {
        (Some("connected"), _) => outcome(&ctx, &headers, true),
        (Some(_), _) | (None, Some(_)) => outcome(&ctx, &headers, false),
        (None, None) => form(&ctx, (&headers, &query), code, None),
    }
}

/// The person has typed a code: the request that it stands for begins.
pub async fn post(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: String,
) -> Response {
    if !web::is_from_our_pages(&ctx.app, &Method::POST, &headers) {
        let error = OAuthError::invalid_request("this form was sent elsewhere");
        return told::mistake(&ctx, &headers, &error);
    }
    let query = query.unwrap_or_default();
    let params = Params::parse(&body).unwrap_or_default();
    let code = params.get("user_code").unwrap_or_default();
    match begin(&platform, &ctx, &headers, code).await {
        Ok(Begun::HandedOver(response)) => response,
        Ok(Begun::Unknown) => {
            let wrong = (StatusCode::BAD_REQUEST, "aw-error-device-code-unknown");
            form(&ctx, (&headers, &query), code, Some(wrong))
        }
        Ok(Begun::Exhausted) => {
            let wrong = (StatusCode::TOO_MANY_REQUESTS, "v2.error.rate-limited");
            form(&ctx, (&headers, &query), code, Some(wrong))
        }
        Err(error) => told::mistake(&ctx, &headers, &error.to_oauth()),
    }
}

enum Begun {
    HandedOver(Response),
    Unknown,
    Exhausted,
}

async fn begin(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    code: &str,
) -> Result<Begun, EndpointError> {
    // RFC 8628 §5.1: codes are short, so guessing is what must be slow.
    let limit = Limit::EnterDeviceCode;
    let charged = limits::charge(ctx, &platform.kv, limit, Subject::default()).await?;
    if let Charged::Exhausted(_) = charged {
        return Ok(Begun::Exhausted);
    }
    let Some(waiting) = find(ctx, &platform.kv, code).await? else { return Ok(Begun::Unknown) };
    let client = ctx.app.config.oauth.find_client(&waiting.client_id);
    // Its project may have removed it meanwhile.
    let Some(client) = client else { return Ok(Begun::Unknown) };
    let page = format!("{}{PAGE}", ctx.app.origin());
    let request = AuthorizationRequest::for_device(waiting.client_id, waiting.scope, page);
    let what = (waiting.id, request);
    let mut response = hand_over_device(platform, ctx, headers, client, what).await?;
    *response.status_mut() = StatusCode::SEE_OTHER;
    Ok(Begun::HandedOver(response))
}

/// Notes what the person said, and shows that it was.
pub async fn decided(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    (session, decision): (&OAuthSession, &Decision),
) -> Response {
    let id = session.device_authorization.as_deref().unwrap_or_default();
    match decide(ctx, &platform.kv, id, decision).await {
        Ok(is_noted) => {
            let is_connected = is_noted && matches!(decision, Decision::Approved(_));
            let outcome = if is_connected { "connected" } else { "refused" };
            let page = format!("{}{PAGE}?outcome={outcome}", ctx.app.origin());
            let mut response = moved(None, &page);
            private(response.headers_mut());
            response
        }
        Err(error) => {
            web::log_failure(&error);
            let error = OAuthError::new(ErrorCode::ServerError, "internal server error");
            told::mistake(ctx, headers, &error)
        }
    }
}

fn form(
    ctx: &Ctx,
    (headers, query): (&HeaderMap, &str),
    code: &str,
    wrong: Option<(StatusCode, &str)>,
) -> Response {
    let shown: String = code.chars().take(CODE_CHARS_MAX).collect();
    let errors: Vec<_> = wrong
        .iter()
        .map(|(_, key)| json!({ "field": "user_code", "message_key": key, "args": {} }))
        .collect();
    let status = wrong.map_or(StatusCode::OK, |(status, _)| status);
    let context = json!({ "user_code": shown, "outcome": null, "errors": errors });
    Page::new(ctx, "device", headers, query).with_status(status).render(ctx, context)
}

fn outcome(ctx: &Ctx, headers: &HeaderMap, is_connected: bool) -> Response {
    let outcome = if is_connected { "connected" } else { "refused" };
    let context = json!({ "user_code": "", "outcome": outcome, "errors": [] });
    Page::new(ctx, "device", headers, "").render(ctx, context)
}
