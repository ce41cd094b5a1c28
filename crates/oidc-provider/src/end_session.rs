//! `GET` and `POST /oauth2/end_session` (OpenID Connect RP-Initiated Logout §2).
//!
//! An application can send anybody's browser here, so signing out at once needs a reason to
//! believe the person wants it: the navigation began on a page of ours, or the application
//! shows an ID token of this very session. Otherwise the person is asked. A form that came from
//! another site has no cookies with it; it is kept, and the browser comes back by GET.

use appconfig::ClientConfig;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kv::Key;
use oauth::{Params, redirect_with_query};
use serde::{Deserialize, Serialize};
use sessions::{Resolved, Session, end};
use stdx::sha256_hex;
use web::{CtxOf, Platform};

use crate::answer::{moved, private};
use crate::authorize::KnownIdToken;
use crate::error::EndpointError;
use crate::events::{Why, sessions_ended};
use crate::guests::{From, admit};
use crate::told;

/// The parameter under which a kept form is found again.
const REF: &str = "x_end_session_ref";
const KEPT_SECONDS: i64 = 60;

pub async fn get(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let outcome = match Params::parse(&query.unwrap_or_default()) {
        Ok(params) => end_session(&platform, &ctx, &headers, &params).await,
        Err(error) => Err(error.into()),
    };
    outcome.unwrap_or_else(|error| told::mistake(&ctx, &headers, &error.to_oauth()))
}

pub async fn post(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    form: String,
) -> Response {
    let outcome = match Params::parse(&form) {
        Ok(params) => keep(&platform, &ctx, &Request::read(&params)).await,
        Err(error) => Err(error.into()),
    };
    outcome.unwrap_or_else(|error| told::mistake(&ctx, &headers, &error.to_oauth()))
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Request {
    client_id: Option<String>,
    id_token_hint: Option<String>,
    post_logout_redirect_uri: Option<String>,
    state: Option<String>,
}

impl Request {
    fn read(params: &Params) -> Self {
        Self {
            client_id: params.owned("client_id"),
            id_token_hint: params.owned("id_token_hint"),
            post_logout_redirect_uri: params.owned("post_logout_redirect_uri"),
            state: params.owned("state"),
        }
    }
}

async fn keep(
    platform: &Platform,
    ctx: &Ctx,
    request: &Request,
) -> Result<Response, EndpointError> {
    let id = ctx.rng.token();
    platform.kv.put_json(&key(ctx, &id), request, KEPT_SECONDS, ctx.now).await?;
    let own = format!("{}/oauth2/end_session", ctx.app.origin());
    Ok(hop(StatusCode::FOUND, &redirect_with_query(&own, &[(REF, id)])))
}

fn key(ctx: &Ctx, id: &str) -> Key {
    Key::new(&ctx.app.id, "end_session", &sha256_hex(id))
}

async fn end_session(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Response, EndpointError> {
    let request = match params.get(REF) {
        // One that is gone is a request that asks for nothing in particular.
        Some(id) => platform.kv.take_json(&key(ctx, id), ctx.now).await?.unwrap_or_default(),
        None => Request::read(params),
    };
    let ctx = &admit(platform, ctx, request.client_id.as_deref(), From::Record).await?;
    // A hint that nobody here signed says nothing; it is no reason to keep anybody signed in.
    let hint = request.id_token_hint.as_deref().and_then(|it| KnownIdToken::read(ctx, it));
    let credentials = web::credentials(&ctx.app, headers);
    let session = match platform.sessions.resolve(ctx, credentials).await? {
        Resolved::Session(session) => Some(session),
        Resolved::Absent | Resolved::Invalid => None,
    };
    let Some(session) = session else {
        return Ok(finish(ctx, &request, hint.as_ref(), false));
    };
    let wanted = match &hint {
        Some(hint) => is_of_this_session(platform, ctx, hint, &session).await?,
        None => request.id_token_hint.is_none() && web::is_same_site(&ctx.app, headers),
    };
    if !wanted {
        return Ok(ask(ctx, &request));
    }
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let ended = end::session(ctx, &mut tx, &session).await?;
    let client_id = request.client_id.as_deref();
    sessions_ended(ctx, &mut tx, client_id, &ended, Why::SignedOut).await?;
    tx.commit().await?;
    platform.sessions.forget(ctx, &ended).await;
    Ok(finish(ctx, &request, hint.as_ref(), true))
}

/// Whether the hint was given to one of the project's own clients for this session or for one
/// of the same group.
async fn is_of_this_session(
    platform: &Platform,
    ctx: &Ctx,
    hint: &KnownIdToken,
    session: &Session,
) -> Result<bool, EndpointError> {
    let Some(client) = client_of(ctx, hint) else { return Ok(false) };
    if client.is_third_party() || !hint.is_about(ctx, &session.user_id) {
        return Ok(false);
    }
    let Some(named) = &hint.session else { return Ok(false) };
    if *named == session.session {
        return Ok(true);
    }
    let named = platform.sessions.find(ctx, named, Some(&client.client_id)).await?;
    // A grant that came out of this browser session was given to this browser.
    let group = session.sso_group();
    Ok(named.is_some_and(|it| group.is_some() && it.idp_session_id.as_ref() == group))
}

fn client_of<'a>(ctx: &'a Ctx, hint: &KnownIdToken) -> Option<&'a ClientConfig> {
    hint.audiences.iter().find_map(|it| ctx.app.config.oauth.find_client(it))
}

/// Asks the person. The hint is left out: it has been judged, and is nobody else's business.
fn ask(ctx: &Ctx, request: &Request) -> Response {
    let fields = [
        ("client_id", &request.client_id),
        ("post_logout_redirect_uri", &request.post_logout_redirect_uri),
        ("state", &request.state),
    ];
    let fields: Vec<_> =
        fields.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect();
    let back = redirect_with_query(&format!("{}/oauth2/end_session", ctx.app.origin()), &fields);
    let page = format!("{}/logout", ctx.app.origin());
    hop(StatusCode::FOUND, &redirect_with_query(&page, &[("redirect_uri", back)]))
}

/// Sends the browser to where the application wants it, if that is registered.
fn finish(ctx: &Ctx, request: &Request, hint: Option<&KnownIdToken>, signed_out: bool) -> Response {
    let uri = request.post_logout_redirect_uri.as_deref().unwrap_or_default();
    let clients = &ctx.app.config.oauth.clients;
    let named = request.client_id.as_deref().and_then(|id| ctx.app.config.oauth.find_client(id));
    let named = named.or_else(|| hint.and_then(|hint| client_of(ctx, hint)));
    let is_registered =
        |it: &&ClientConfig| it.post_logout_redirect_uris.iter().any(|one| one == uri);
    // SDKs name no client: then any client's address is good.
    let client = match named {
        Some(client) => Some(client).filter(is_registered),
        None => clients.iter().find(is_registered),
    };
    let mut response = if let Some(client) = client {
        let state = request.state.clone().map(|state| ("state", state));
        let fields: Vec<_> = state.into_iter().collect();
        moved(Some(client), &redirect_with_query(uri, &fields))
    } else {
        let home = named.and_then(|it| it.client_uri.clone());
        let home = home.unwrap_or_else(|| format!("{}/settings", ctx.app.origin()));
        hop(StatusCode::FOUND, &home)
    };
    if signed_out {
        for cookie in web::sign_out_cookies(&ctx.app) {
            response.headers_mut().append(header::SET_COOKIE, cookie.to_header());
        }
    }
    private(response.headers_mut());
    response
}

fn hop(status: StatusCode, location: &str) -> Response {
    let mut response = status.into_response();
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    private(response.headers_mut());
    response
}

#[cfg(test)]
mod tests;
