//! Opening a page of a web app as somebody who is signed in to a native one: the token that the app
//! got for it becomes a cookie (`app_access_token`), and the browser goes on to the page.
//!
//! Nobody is asked anything. The token is good once, for this client, and only together with an ID
//! token of the session that it came out of.

use appconfig::ClientConfig;
use axum::response::Response;
use ctx::{Ctx, Origin};
use domain::{AccessTokenHolder, GrantId};
use oauth::{OAuthError, Params, redirect_with_query};
use sessions::pre_authenticated_url::{Opening, take};
use sessions::{SessionRef, access_token};
use web::{APP_ACCESS_TOKEN_COOKIE, Platform, SetCookie};

use super::KnownIdToken;
use crate::answer::{Destination, moved, private};
use crate::client::is_page_of;
use crate::consent::on_record;
use crate::error::EndpointError;

/// Whether the client has pages at this address.
pub fn allows_redirect(client: &ClientConfig, uri: &str) -> bool {
    let origins = client.x_pre_authenticated_url_allowed_origins.iter();
    let mut origins = origins.filter_map(|it| Origin::parse(it));
    origins.any(|origin| uri == origin.as_str() || is_page_of(origin.as_str(), uri))
}

pub async fn open(
    platform: &Platform,
    ctx: &Ctx,
    (client, destination): (&ClientConfig, &Destination),
    params: &Params,
) -> Result<Response, EndpointError> {
    let (token, grant) = check(ctx, client, params)?;
    let opening = take(ctx, &platform.kv, token).await?;
    let opening = opening.ok_or_else(|| invalid("invalid x_pre_authenticated_url_token"))?;
    if opening.client_id.as_str() != client.client_id {
        return Err(invalid("incorrect client_id"));
    }
    if opening.grant_id != grant {
        return Err(invalid("incorrect sid in id_token_hint"));
    }
    let token = sign_in(platform, ctx, client, opening).await?;
    let state: Vec<_> = destination.state.iter().map(|it| ("state", it.clone())).collect();
    let location = redirect_with_query(&destination.redirect_uri, &state);
    let mut response = moved(Some(client), &location);
    let cookie = SetCookie::new(&ctx.app, APP_ACCESS_TOKEN_COOKIE, token);
    response.headers_mut().append(http::header::SET_COOKIE, cookie.to_header());
    private(response.headers_mut());
    Ok(response)
}

fn invalid(text: &'static str) -> EndpointError {
    OAuthError::invalid_request(text).into()
}

/// What the request must have: the token, and the grant that it says to come out of.
fn check<'a>(
    ctx: &Ctx,
    client: &ClientConfig,
    params: &'a Params,
) -> Result<(&'a str, GrantId), EndpointError> {
    if !client.x_pre_authenticated_url_enabled {
        return Err(invalid("pre-authenticated url is not allowed for this client"));
    }
    if params.get("prompt") != Some("none") {
        return Err(invalid("only 'prompt=none' is supported when using pre-authenticated url"));
    }
    if params.get("response_mode") != Some("cookie") {
        let text = "only 'response_mode=cookie' is supported when using pre-authenticated url";
        return Err(invalid(text));
    }
    let hint = params
        .get("id_token_hint")
        .ok_or_else(|| invalid("id_token_hint is required when using pre-authenticated url"))?;
    let token = params.get("x_pre_authenticated_url_token").ok_or_else(|| {
        invalid("x_pre_authenticated_url_token is required when using pre-authenticated url")
    })?;
    let known = KnownIdToken::read(ctx, hint).ok_or_else(|| invalid("invalid id_token_hint"))?;
    match known.session {
        Some(SessionRef::Grant(grant)) => Ok((token, grant)),
        _ => Err(invalid("required sid in id_token_hint")),
    }
}

/// An access token of the app's grant, for this client. It is opaque: the cookie is read by us, and
/// by those who ask us.
async fn sign_in(
    platform: &Platform,
    ctx: &Ctx,
    client: &ClientConfig,
    opening: Opening,
) -> Result<String, EndpointError> {
    let Opening { grant_id, scopes, .. } = opening;
    let over = || invalid("invalid x_pre_authenticated_url_token");
    let session = SessionRef::Grant(grant_id.clone());
    let session = platform.sessions.find(ctx, &session, None).await?.ok_or_else(over)?;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    // The session may have ended since; then the token is worth nothing from the start.
    if on_record(ctx, &mut tx, client, &session.user_id, &scopes).await?.is_none() {
        return Err(over());
    }
    let holder = AccessTokenHolder::Grant(grant_id);
    let issued = access_token::issue(ctx, &mut tx, client, holder, scopes, None).await?;
    tx.commit().await?;
    Ok(issued.token.reveal().clone())
}

#[cfg(test)]
mod tests;
