//! `GET` and `POST /oauth2/authorize` (RFC 6749 §3.1, OpenID Connect Core §3.1.2).
//!
//! In this order: find the client and the redirect URI, because until both are known an error
//! must not leave this server; read and check the request; then answer at once (`prompt=none`,
//! or an app that opens a page of ours), or hand over to the pages.

mod hint;
mod pre_authenticated_url;
mod rules;
mod settings_action;

use appconfig::ClientConfig;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use oauth::{
    AuthorizationRequest, ErrorCode, LoginHint, OAuthError, Params, ResponseMode, ResponseType,
    is_pre_authenticated_url,
};
use sessions::{OAuthSession, Resolved, Session, app_session, oauth_session};
use stdx::sha256_hex;
use web::{APP_SESSION_COOKIE, CtxOf, Platform, SetCookie};

use crate::answer::{Answer, Destination, private};
use crate::client::{allows_redirect, is_machine};
use crate::consent;
use crate::error::EndpointError;
use crate::guests::{From, admit};
use crate::resource;
use crate::told;
use crate::unpack::unpack;
pub use rules::check as check_rules;
pub use sessions::KnownIdToken;

pub async fn get(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    authorize(&platform, &ctx, &headers, &query.unwrap_or_default()).await
}

/// OpenID Connect Core §3.1.2.1: POST must be understood too.
pub async fn post(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    form: String,
) -> Response {
    authorize(&platform, &ctx, &headers, &form).await
}

async fn authorize(platform: &Platform, ctx: &Ctx, headers: &HeaderMap, text: &str) -> Response {
    let sent = match Params::parse(text) {
        Ok(params) => params,
        Err(error) => {
            let error = OAuthError::invalid_request(error.to_string());
            return told::mistake(ctx, headers, &error);
        }
    };
    let ctx = &match admit(platform, ctx, sent.get("client_id"), From::Document).await {
        Ok(ctx) => ctx,
        Err(error) => return told::mistake(ctx, headers, &error.to_oauth()),
    };
    // What is wrong with a request that cannot be opened is told where what stands beside it leads.
    let (mut params, opened) = match unpack(platform, ctx, &sent).await {
        Ok((params, way)) => (params, Ok(way)),
        Err(error) => (sent, Err(error)),
    };
    let (client, destination) = match destination(ctx, &mut params) {
        Ok(found) => found,
        Err(error) => {
            let error = opened.err().map_or(error, |it| it.to_oauth());
            return told::mistake(ctx, headers, &error);
        }
    };
    let allowed = opened.and_then(|way| Ok(way.check(client)?));
    let mode = allowed.and_then(|()| Ok(ResponseMode::parse(&params)?));
    let outcome = match mode {
        Ok(mode) => {
            let destination = Destination { mode, ..destination.clone() };
            decide(platform, ctx, headers, (client, &destination, &params)).await
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(response) => response,
        Err(error) => {
            let destination = match ResponseMode::parse(&params) {
                Ok(mode) => Destination { mode, ..destination },
                Err(_) => destination,
            };
            destination.refused(ctx, &error.to_oauth()).respond(ctx, Some(client), headers)
        }
    }
}

/// The client and its redirect URI, or what to tell the person.
pub fn destination<'a>(
    ctx: &'a Ctx,
    params: &mut Params,
) -> Result<(&'a ClientConfig, Destination), OAuthError> {
    let unknown = || OAuthError::new(ErrorCode::UnauthorizedClient, "invalid client ID");
    let id = params.get("client_id").ok_or_else(unknown)?;
    let client = ctx.app.config.oauth.find_client(id).ok_or_else(unknown)?;
    if is_machine(client) {
        let text = "m2m clients are not allowed to use the authorize endpoint";
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, text));
    }
    // RFC 6749 §3.1.2.3: one registered URI need not be repeated.
    if params.get("redirect_uri").is_none()
        && let [only] = client.redirect_uris.as_slice()
    {
        params.set("redirect_uri", only.clone());
    }
    let redirect_uri = params.owned("redirect_uri").unwrap_or_default();
    let opens_page = is_pre_authenticated_url(params)
        && pre_authenticated_url::allows_redirect(client, &redirect_uri);
    if !opens_page && !allows_redirect(ctx, client, &redirect_uri, carries_nothing(params)) {
        return Err(OAuthError::invalid_request("redirect URI is not allowed"));
    }
    let state = params.owned("state");
    Ok((client, Destination { redirect_uri, mode: ResponseMode::Query, state }))
}

/// Whether the answer yes has neither code nor token in it: the response type `none`, and the
/// opening of a page with an app session token, for which the SDKs of mobile apps say `code`.
fn carries_nothing(params: &Params) -> bool {
    let opens_page = || {
        let hint = params.get("login_hint").map(LoginHint::parse);
        matches!(hint, Some(LoginHint::AppSessionToken(_)))
    };
    match params.get("response_type") {
        Some("none") => true,
        Some("code") => opens_page(),
        _ => false,
    }
}

async fn decide(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    (client, destination, params): (&ClientConfig, &Destination, &Params),
) -> Result<Response, EndpointError> {
    if is_pre_authenticated_url(params) {
        return pre_authenticated_url::open(platform, ctx, (client, destination), params).await;
    }
    let request = AuthorizationRequest::parse(params)?;
    rules::check(client, &request)?;
    resource::check(ctx, request.resource.as_deref())?;
    if request.response_type == ResponseType::SettingsAction {
        settings_action::check(ctx, &request)?;
        return settings_action::begin(platform, ctx, headers, request).await;
    }
    if let Some(LoginHint::AppSessionToken(token)) =
        request.login_hint.as_deref().map(LoginHint::parse)
    {
        return open_page(platform, ctx, &request, &token).await;
    }
    let credentials = web::credentials(&ctx.app, headers);
    let browser = match platform.sessions.resolve(ctx, credentials).await? {
        Resolved::Session(session) => Some(session),
        Resolved::Absent | Resolved::Invalid => None,
    };
    let mut hint = hint::read(&platform.sessions, ctx, &request).await?;
    hint.narrow(ctx, &request, browser.as_deref())?;
    let known = hint.session.as_ref().or(browser.as_deref());
    let is_too_old = rules::is_too_old(ctx, &request, known);
    if request.prompt.none {
        let session = browser.filter(|it| rules::may_answer_at_once(it, &hint) && !is_too_old);
        let Some(session) = session else { return Err(login_required().into()) };
        let answer = answer_at_once(platform, ctx, (client, destination), &request, &session);
        return Ok(answer.await?.respond(ctx, Some(client), headers));
    }
    let login_required = request.prompt.login || is_too_old;
    let kept = Kept { request, hint, login_required };
    hand_over(platform, ctx, headers, client, kept).await
}

fn login_required() -> OAuthError {
    OAuthError::new(ErrorCode::LoginRequired, "authentication required")
}

/// `prompt=none`: the session that there is answers, or nobody does.
async fn answer_at_once(
    platform: &Platform,
    ctx: &Ctx,
    (client, destination): (&ClientConfig, &Destination),
    request: &AuthorizationRequest,
    session: &Session,
) -> Result<Answer, EndpointError> {
    let proved = consent::Proved::by_session(session);
    match consent::finish(platform, ctx, client, request, &proved, false).await? {
        consent::Finished::Granted { code } => Ok(destination.granted(ctx, code)),
        consent::Finished::Device(_) => Err(OAuthError::invalid_request("no device waits").into()),
        consent::Finished::ConsentNeeded => {
            Err(OAuthError::new(ErrorCode::ConsentRequired, "authorization required").into())
        }
    }
}

/// An app opens a page as the person who is signed in to it: the token in the hint becomes a
/// cookie. The page gets neither code nor state, whatever the response type.
async fn open_page(
    platform: &Platform,
    ctx: &Ctx,
    request: &AuthorizationRequest,
    token: &str,
) -> Result<Response, EndpointError> {
    let Some(value) = app_session::exchange(ctx, &platform.kv, token).await? else {
        return Err(OAuthError::invalid_request("invalid app session token").into());
    };
    let cookie = SetCookie::new(&ctx.app, APP_SESSION_COOKIE, value.reveal().as_str());
    Ok(hop(&request.redirect_uri, Some(&cookie)))
}

struct Kept {
    request: AuthorizationRequest,
    hint: hint::Hint,
    login_required: bool,
}

/// Keeps the request and sends the browser to the pages.
async fn hand_over(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    client: &ClientConfig,
    kept: Kept,
) -> Result<Response, EndpointError> {
    let (browser, cookie) = web::name_browser(&ctx.app, headers, &ctx.rng);
    let session = OAuthSession {
        browser_hash: sha256_hex(&browser),
        user_id_hint: kept.hint.user_id,
        sid_hint: kept.hint.session.as_ref().filter(|it| is_own(client, it)).map(Session::sid),
        may_reauthenticate: kept.hint.may_reauthenticate,
        login_required: kept.login_required,
        device_authorization: None,
        action_done: false,
        request: kept.request,
    };
    send_to_pages(platform, ctx, client, (session, cookie)).await
}

/// The same for a device's request, whose code the person has typed into this browser.
pub async fn hand_over_device(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    client: &ClientConfig,
    (device_authorization, request): (String, AuthorizationRequest),
) -> Result<Response, EndpointError> {
    let (browser, cookie) = web::name_browser(&ctx.app, headers, &ctx.rng);
    let session = OAuthSession {
        browser_hash: sha256_hex(&browser),
        user_id_hint: None,
        sid_hint: None,
        may_reauthenticate: false,
        login_required: false,
        device_authorization: Some(device_authorization),
        action_done: false,
        request,
    };
    send_to_pages(platform, ctx, client, (session, cookie)).await
}

async fn send_to_pages(
    platform: &Platform,
    ctx: &Ctx,
    client: &ClientConfig,
    (session, cookie): (OAuthSession, Option<SetCookie>),
) -> Result<Response, EndpointError> {
    let id = oauth_session::save(ctx, &platform.kv, &session).await?;
    let location = page_address(ctx, client, &session.request, &id);
    Ok(hop(&location, cookie.as_ref()))
}

/// Whether the client may renew a session: its own, or the browser's.
fn is_own(client: &ClientConfig, session: &Session) -> bool {
    session.client_id.as_ref().is_none_or(|it| it.as_str() == client.client_id)
}

/// Whether this is the browser that made the request.
pub fn is_browser_of(ctx: &Ctx, headers: &HeaderMap, session: &OAuthSession) -> bool {
    let browser = web::browser_of(&ctx.app, headers);
    browser.is_some_and(|it| sha256_hex(it) == session.browser_hash)
}

/// The address of our sign-in pages or of the client's own, with what they need to know.
fn page_address(
    ctx: &Ctx,
    client: &ClientConfig,
    request: &AuthorizationRequest,
    id: &str,
) -> String {
    let mut fields = vec![
        ("x_ref", id.to_owned()),
        ("client_id", request.client_id.clone()),
        ("redirect_uri", request.redirect_uri.clone()),
    ];
    let optional = [
        ("x_color_scheme", &request.x.color_scheme),
        ("ui_locales", &request.ui_locales),
        ("state", &request.state),
        ("x_state", &request.x.state),
    ];
    // Pages of ours read the hints from the kept request; foreign ones cannot.
    let hints = [("login_hint", &request.login_hint), ("id_token_hint", &request.id_token_hint)];
    let custom = client.x_custom_ui_uri.as_deref();
    let hints = hints.iter().filter(|_| custom.is_some());
    for (name, value) in optional.iter().chain(hints) {
        fields.extend((*value).clone().map(|value| (*name, value)));
    }
    let own = format!("{}/_internals/oauth_entrypoint", ctx.app.origin());
    oauth::redirect_with_query(custom.unwrap_or(&own), &fields)
}

fn hop<'c>(location: &str, cookies: impl IntoIterator<Item = &'c SetCookie>) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(location) {
        headers.insert(header::LOCATION, location);
    }
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie.to_header());
    }
    private(headers);
    response
}

#[cfg(test)]
mod tests;
