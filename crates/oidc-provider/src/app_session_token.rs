//! `POST /oauth2/app_session_token`: an app wants to open a page as the person it has signed in.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use oauth::scope;
use serde_json::{Value, json};
use sessions::refresh::{self, Found, Refusal};
use sessions::{SessionsError, app_session};
use web::{ApiError, CtxOf, ErrorName, Platform, result};

pub async fn app_session_token(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    body: String,
) -> Response {
    let Some(refresh_token) = refresh_token(&body) else {
        let error = ApiError::new(ErrorName::Invalid, "ValidationFailed", "invalid request body");
        return error.into_response();
    };
    match issue(&platform, &ctx, &refresh_token).await {
        Ok(Ok(answer)) => result(answer),
        Ok(Err(refusal)) => refusal.into_response(),
        Err(error) => ApiError::internal(&error).into_response(),
    }
}

fn refresh_token(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    body.get("refresh_token")?.as_str().map(str::to_owned)
}

async fn issue(
    platform: &Platform,
    ctx: &Ctx,
    refresh_token: &str,
) -> Result<Result<Value, ApiError>, SessionsError> {
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let found = refresh::find(ctx, &mut tx, refresh_token).await?;
    tx.commit().await?;
    let live = match found {
        Found::Live(live) => live,
        Found::Refused(refusal) => {
            if let Refusal::Replayed { ended } = refusal {
                platform.sessions.forget(ctx, &ended).await;
            }
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
