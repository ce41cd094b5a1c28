//! Response type `settings-action`: an app has one thing of an account changed on our pages.
//!
//! The person is whoever is signed in to the app: the hint is a token for that, and becomes the
//! cookie with which the pages are opened. The page of the action is chosen by the pages.

use axum::response::Response;
use ctx::Ctx;
use http::HeaderMap;
use oauth::{AuthorizationRequest, LoginHint, OAuthError, SettingsAction};
use sessions::{Credentials, OAuthSession, Resolved, app_session, oauth_session};
use stdx::sha256_hex;
use web::{APP_SESSION_COOKIE, Platform, SetCookie};

use super::{hint, hop};
use crate::error::EndpointError;

/// Where the pages take over.
const ENTRY: &str = "/_internals/settings_action";

/// Whether the request asks for an action that there is, with all that it needs.
pub fn check(ctx: &Ctx, request: &AuthorizationRequest) -> Result<(), OAuthError> {
    let action = request.x.settings_action.as_deref().and_then(SettingsAction::parse);
    let Some(action) = action else {
        return Err(OAuthError::invalid_request("x_settings_action is not supported"));
    };
    let deletion = &ctx.app.config.account_deletion;
    if action == SettingsAction::DeleteAccount && !deletion.scheduled_by_end_user_enabled {
        let text = "account deletion by end user is disabled";
        return Err(OAuthError::invalid_request(text));
    }
    if action.is_about_provider() && request.x.oauth_provider_alias.is_none() {
        return Err(OAuthError::invalid_request("x_oauth_provider_alias is required"));
    }
    Ok(())
}

/// Opens the page of the action.
pub async fn begin(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    request: AuthorizationRequest,
) -> Result<Response, EndpointError> {
    let refused = |text: &'static str| EndpointError::from(OAuthError::invalid_request(text));
    let token = match request.login_hint.as_deref().map(LoginHint::parse) {
        Some(LoginHint::AppSessionToken(token)) => token,
        Some(_) => {
            let text = "login_hint must be app_session_token when using settings action";
            return Err(refused(text));
        }
        None => return Err(refused("login_hint must be provided when using settings action")),
    };
    let hint = hint::read(&platform.sessions, ctx, &request).await?;
    let Some(value) = app_session::exchange(ctx, &platform.kv, &token).await? else {
        return Err(refused("invalid app session token"));
    };
    let credentials = Credentials { app_session: Some(value.reveal()), ..Credentials::default() };
    let Resolved::Session(session) = platform.sessions.resolve(ctx, credentials).await? else {
        return Err(refused("invalid app session token"));
    };
    if hint.user_id.is_some_and(|it| it != session.user_id.as_str()) {
        return Err(refused("id_token_hint is about somebody else"));
    }
    let (browser, browser_cookie) = web::name_browser(&ctx.app, headers, &ctx.rng);
    let kept = OAuthSession {
        browser_hash: sha256_hex(&browser),
        user_id_hint: Some(session.user_id.as_str().to_owned()),
        sid_hint: None,
        may_reauthenticate: false,
        login_required: false,
        device_authorization: None,
        action_done: false,
        request,
    };
    let id = oauth_session::save(ctx, &platform.kv, &kept).await?;
    let mut fields = vec![("x_ref", id)];
    let looks = [
        ("x_color_scheme", &kept.request.x.color_scheme),
        ("ui_locales", &kept.request.ui_locales),
    ];
    fields.extend(looks.into_iter().filter_map(|(name, it)| Some((name, it.clone()?))));
    let location = oauth::redirect_with_query(&format!("{}{ENTRY}", ctx.app.origin()), &fields);
    let opened = SetCookie::new(&ctx.app, APP_SESSION_COOKIE, value.reveal().as_str());
    Ok(hop(&location, browser_cookie.iter().chain([&opened])))
}
