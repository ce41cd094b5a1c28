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
use sessions::dpop::Proof;
use sessions::{SessionRef, browser, refresh};
use store::Tx;
use web::{ApiError, CtxOf, ErrorName, Platform, result, sign_in_cookies};

use super::api::{
    SessionType, api_error, browser_session, has_a_name, invalid, is_anonymous, read,
};
use super::{At, NotAdmitted, UNFIT_CLIENT, Who, admit, admitted, ask_about_new, sign_in};
use crate::dpop;
use crate::error::EndpointError;
use crate::events::{How, authenticated, source};
use crate::hooked::Additions;
use crate::token::issue::{Issue, Unsigned, asks_hooks, record};
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
            by_token(&platform, &ctx, &headers, &wanted).await.map(|it| it.map(result))
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
    let source = source(None);
    let new = ask_about_new(platform, ctx, None, &source).await?;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let user = admitted(anonymous::sign_up(ctx, &mut tx, new, &source).await?)?;
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
    headers: &HeaderMap,
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
    let proof = dpop::presented(ctx, headers, "/api/anonymous_user/signup");
    let proof = dpop::prove(platform, ctx, client, proof).await?;
    let at = At { platform, ctx, client, dpop_jkt: proof.as_ref().map(Proof::jkt) };
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
    let At { platform, ctx, client, .. } = at;
    let mut additions = Additions::default();
    if asks_hooks(ctx) {
        let mut tx = platform.store.write(&ctx.app.id).await?;
        let tried = renew(at, &mut tx, presented).await?;
        drop(tx);
        if let Renewed::Tokens(tokens) = tried {
            additions = tokens.ask_hooks(ctx, &platform.hooks, client).await?;
        }
    }
    let mut tx = platform.store.write(&ctx.app.id).await?;
    match renew(at, &mut tx, presented).await? {
        Renewed::Tokens(tokens) => {
            tx.commit().await?;
            Ok(Ok(tokens.sign(ctx, client, additions)))
        }
        Renewed::Ended(ended) => {
            tx.commit().await?;
            platform.sessions.forget(ctx, &ended).await;
            Ok(Err(invalid("invalid refresh token")))
        }
        Renewed::Refused(error) => Ok(Err(error)),
    }
}

/// What became of a refresh token.
enum Renewed {
    Tokens(Box<Unsigned>),
    /// It was no longer good, and that has ended these.
    Ended(Vec<SessionRef>),
    Refused(ApiError),
}

async fn renew(at: At<'_>, tx: &mut Tx, presented: &str) -> Result<Renewed, EndpointError> {
    let At { ctx, client, .. } = at;
    let live = match find(ctx, tx, presented, at.dpop_jkt).await? {
        Ok(live) => live,
        Err(ended) => return Ok(Renewed::Ended(ended)),
    };
    if live.token.client_id.as_str() != client.client_id {
        return Ok(Renewed::Refused(invalid("invalid refresh token")));
    }
    if !is_anonymous(tx, &live.grant.user_id).await? {
        return Ok(Renewed::Refused(has_a_name()));
    }
    refresh::touch(ctx, tx, &live.grant).await?;
    let what = Issue {
        scopes: live.token.scopes.clone(),
        grant: live.grant,
        nonce: None,
        claims: Vec::new(),
        sid: None,
        refresh_token: None,
        dpop_jkt: at.dpop_jkt.map(str::to_owned),
        resource: None,
    };
    Ok(Renewed::Tokens(Box::new(record(ctx, tx, client, what).await?)))
}

#[cfg(test)]
mod tests;
