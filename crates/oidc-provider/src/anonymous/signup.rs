//! `POST /api/anonymous_user/signup`: an app in a browser signs in somebody without a name.
//!
//! The session is a cookie of ours or a refresh token of the app's. Somebody who is signed in
//! without a name goes on as who they are; whoever has a name is not signed out by this.

use accounts::anonymous::{self, are_allowed};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use http::{HeaderMap, header};
use oauth::TokenResponse;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sessions::{SessionRef, browser, refresh};
use web::{ApiError, CtxOf, ErrorName, Platform, result, sign_in_cookies};

use super::api::{
    SessionType, api_error, browser_session, has_a_name, invalid, is_anonymous, read,
};
use super::{At, NotAdmitted, UNFIT_CLIENT, Who, admit, sign_in};
use crate::error::EndpointError;
use crate::events::{How, authenticated, source};
use crate::hooked::Additions;
use crate::token::issue::{Issue, record};
use crate::token::refresh_token::find;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    session_type: SessionType,
    client_id: Option<String>,
    refresh_token: Option<String>,
}

pub async fn signup(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    body: String,
) -> Response {
    let wanted: Wanted = match read(&headers, &body) {
        Ok(wanted) => wanted,
        Err(error) => return error.into_response(),
    };
    if !are_allowed(&ctx.app.config) {
        return invalid("anonymous user disallowed").into_response();
    }
    let answer = match wanted.session_type {
        SessionType::Cookie => by_cookie(&platform, &ctx, &headers).await,
        SessionType::RefreshToken => {
            by_token(&platform, &ctx, &wanted).await.map(|it| it.map(result))
        }
    };
    match answer {
        Ok(Ok(response)) => response,
        Ok(Err(refusal)) => refusal.into_response(),
        Err(error) => api_error(error).into_response(),
    }
}

fn not_admitted(why: NotAdmitted) -> ApiError {
    match why {
        NotAdmitted::NoPublicSignup => {
            ApiError::new(ErrorName::Forbidden, "NoPublicSignup", "public signup is disabled")
        }
        NotAdmitted::RateLimited(exhausted) => {
            let info = match exhausted.details() {
                Value::Object(info) => info,
                _ => Map::new(),
            };
            ApiError::new(ErrorName::TooManyRequest, "RateLimited", "request rate limited")
                .with_info(info)
        }
    }
}

async fn by_cookie(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
) -> Result<Result<Response, ApiError>, EndpointError> {
    if let Some(session) = browser_session(platform, ctx, headers).await? {
        let mut tx = platform.store.read(&ctx.app.id).await?;
        let is_anonymous = is_anonymous(&mut tx, &session.user_id).await?;
        return Ok(if is_anonymous { Ok(result(json!({}))) } else { Err(has_a_name()) });
    }
    if let Err(why) = admit(platform, ctx).await? {
        return Ok(Err(not_admitted(why)));
    }
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let Some(user) = anonymous::sign_up(ctx, &mut tx, None, &source(None)).await? else {
        return Ok(Err(invalid("InvalidCredentials")));
    };
    tx.users().note_login(&user, ctx.now).await?;
    let created = browser::create(ctx, &mut tx, &user, Vec::new()).await?;
    let session = SessionRef::Idp(created.session.id);
    authenticated(ctx, &mut tx, None, &session, How::Authenticated).await?;
    tx.commit().await?;
    let mut response = result(json!({}));
    for cookie in sign_in_cookies(&ctx.app, created.cookie.reveal()) {
        response.headers_mut().append(header::SET_COOKIE, cookie.to_header());
    }
    Ok(Ok(response))
}

async fn by_token(
    platform: &Platform,
    ctx: &Ctx,
    wanted: &Wanted,
) -> Result<Result<TokenResponse, ApiError>, EndpointError> {
    let Some(client_id) = wanted.client_id.as_deref() else {
        let text = "invalid request body";
        return Ok(Err(ApiError::new(ErrorName::Invalid, "ValidationFailed", text)));
    };
    let Some(client) = ctx.app.config.oauth.find_client(client_id) else {
        return Ok(Err(invalid("invalid client ID")));
    };
    if !client.has_full_access_scope() {
        return Ok(Err(invalid(UNFIT_CLIENT)));
    }
    let at = At { platform, ctx, client };
    let tokens = match wanted.refresh_token.as_deref().filter(|it| !it.is_empty()) {
        Some(presented) => again(at, presented).await?,
        None => match admit(platform, ctx).await? {
            Ok(()) => Ok(sign_in(at, Who::New(None), None).await?),
            Err(why) => Err(not_admitted(why)),
        },
    };
    // SDKs ask for the ID token when they need one.
    Ok(tokens.map(|tokens| TokenResponse { id_token: None, scope: None, ..tokens }))
}

/// Another access token for whoever holds a refresh token.
async fn again(
    at: At<'_>,
    presented: &str,
) -> Result<Result<TokenResponse, ApiError>, EndpointError> {
    let At { platform, ctx, client } = at;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let live = match find(ctx, &mut tx, presented).await? {
        Ok(live) => live,
        Err(ended) => {
            tx.commit().await?;
            platform.sessions.forget(ctx, &ended).await;
            return Ok(Err(invalid("invalid refresh token")));
        }
    };
    if live.token.client_id.as_str() != client.client_id {
        return Ok(Err(invalid("invalid refresh token")));
    }
    if !is_anonymous(&mut tx, &live.grant.user_id).await? {
        return Ok(Err(has_a_name()));
    }
    refresh::touch(ctx, &mut tx, &live.grant).await?;
    let what = Issue {
        scopes: live.token.scopes.clone(),
        grant: live.grant,
        nonce: None,
        sid: None,
        refresh_token: None,
    };
    let tokens = record(ctx, &mut tx, client, what).await?;
    tx.commit().await?;
    Ok(Ok(tokens.sign(ctx, client, Additions::default())))
}

#[cfg(test)]
mod tests;
