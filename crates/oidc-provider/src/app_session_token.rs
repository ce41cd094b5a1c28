//! `POST /oauth2/app_session_token`: an app wants to open a page as the person it has signed in.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use http::HeaderMap;
use oauth::scope;
use serde_json::{Value, json};
use sessions::app_session;
use web::{ApiError, CtxOf, ErrorName, Platform, result};

use crate::dpop;
use crate::error::EndpointError;
use crate::token::refresh_token::find;

pub async fn app_session_token(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    body: String,
) -> Response {
    let Some(refresh_token) = refresh_token(&body) else {
        let error = ApiError::new(ErrorName::Invalid, "ValidationFailed", "invalid request body");
        return error.into_response();
    };
    match issue(&platform, &ctx, &headers, &refresh_token).await {
        Ok(Ok(answer)) => result(answer),
        Ok(Err(refusal)) => refusal.into_response(),
        Err(EndpointError::Internal(error)) => ApiError::internal(&error).into_response(),
        Err(error) => {
            let text = error.to_oauth().description;
            ApiError::new(ErrorName::Forbidden, "Forbidden", text).into_response()
        }
    }
}

fn refresh_token(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    body.get("refresh_token")?.as_str().map(str::to_owned)
}

async fn issue(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    refresh_token: &str,
) -> Result<Result<Value, ApiError>, EndpointError> {
    let proof = dpop::presented(ctx, headers, "/oauth2/app_session_token");
    let proved = dpop::prove_for_token(platform, ctx, proof).await?;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let found = find(ctx, &mut tx, refresh_token, proved.as_deref()).await?;
    tx.commit().await?;
    let live = match found {
        Ok(live) => live,
        Err(ended) => {
            platform.sessions.forget(ctx, &ended).await;
            // The reason makes SDKs forget their session.
            let text = "invalid refresh token";
            return Ok(Err(ApiError::new(ErrorName::Forbidden, "InvalidGrant", text)));
        }
    };
    if !live.token.scopes.contains(scope::FULL_ACCESS) {
        let text = "the client is not authorized to have full user access";
        return Ok(Err(ApiError::new(ErrorName::Forbidden, "Forbidden", text)));
    }
    let (token, expires_at) =
        app_session::issue_token(ctx, &platform.kv, &live.grant, &live.token.id).await?;
    Ok(Ok(json!({
        "app_session_token": token.reveal(),
        "expire_at": expires_at.to_rfc3339(),
    })))
}
