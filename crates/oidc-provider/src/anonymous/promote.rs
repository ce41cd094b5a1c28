//! `POST /api/anonymous_user/promotion_code`: a code by which the pages know whom to promote.

use accounts::anonymous;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use domain::UserId;
use http::HeaderMap;
use oauth::scope;
use serde::Deserialize;
use serde_json::{Value, json};
use sessions::promotion_code;
use web::{ApiError, CtxOf, ErrorName, Platform, result};

use super::api::{SessionType, api_error, browser_session, has_a_name, read};
use crate::dpop;
use crate::error::EndpointError;
use crate::token::refresh_token::find;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    session_type: SessionType,
    refresh_token: Option<String>,
}

pub async fn promotion_code(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    body: String,
) -> Response {
    let wanted: Wanted = match read(&headers, &body) {
        Ok(wanted) => wanted,
        Err(error) => return error.into_response(),
    };
    match issue(&platform, &ctx, &headers, &wanted).await {
        Ok(Ok(issued)) => result(issued),
        Ok(Err(refusal)) => refusal.into_response(),
        Err(error) => api_error(error).into_response(),
    }
}

async fn issue(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    wanted: &Wanted,
) -> Result<Result<Value, ApiError>, EndpointError> {
    let known = match (wanted.session_type, wanted.refresh_token.as_deref()) {
        (SessionType::Cookie, _) => {
            let session = browser_session(platform, ctx, headers).await?;
            session.map(|it| it.user_id.clone()).ok_or_else(unauthenticated)
        }
        (SessionType::RefreshToken, Some(presented)) if !presented.is_empty() => {
            by_token(platform, ctx, headers, presented).await?
        }
        (SessionType::RefreshToken, _) => Err(unauthenticated()),
    };
    let user = match known {
        Ok(user) => user,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut tx = platform.store.read(&ctx.app.id).await?;
    let Some(identity) = anonymous::find(&mut tx, &user).await? else {
        return Ok(Err(has_a_name()));
    };
    drop(tx);
    let issued = promotion_code::issue(ctx, &platform.kv, &identity).await?;
    Ok(Ok(json!({
        "promotion_code": issued.code.reveal(),
        "expire_at": issued.expires_at.to_rfc3339(),
    })))
}

fn unauthenticated() -> ApiError {
    ApiError::new(ErrorName::Unauthorized, "Unauthorized", "authentication required")
}

/// Whoever holds a refresh token of an app that the project trusts with its accounts.
async fn by_token(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    presented: &str,
) -> Result<Result<UserId, ApiError>, EndpointError> {
    let forbidden = |text| ApiError::new(ErrorName::Forbidden, "Forbidden", text);
    let proof = dpop::presented(ctx, headers, "/api/anonymous_user/promotion_code");
    let proved = dpop::prove_for_token(platform, ctx, proof).await?;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let found = find(ctx, &mut tx, presented, proved.as_deref()).await?;
    tx.commit().await?;
    let live = match found {
        Ok(live) => live,
        Err(ended) => {
            platform.sessions.forget(ctx, &ended).await;
            return Ok(Err(forbidden("invalid_grant: invalid refresh token")));
        }
    };
    if !live.token.scopes.contains(scope::FULL_ACCESS) {
        return Ok(Err(forbidden("the client is not authorized to have full user access")));
    }
    Ok(Ok(live.grant.user_id.clone()))
}
