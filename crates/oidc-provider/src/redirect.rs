//! `GET /oauth2/redirect`: a step between somebody else's page and an app.
//!
//! Some providers and browsers follow a redirect to `https` only. They are sent here, and from here
//! to the address of an app, which may have a scheme of its own. The address must be one that a
//! client of the project has registered; what comes after it (a query, a fragment) is passed on.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::HeaderMap;
use oauth::{OAuthError, Params};
use web::{CtxOf, Platform};

use crate::answer::{moved, private};
use crate::client::is_registered;
use crate::told;

pub async fn redirect(
    State(_): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let params = Params::parse(&query.unwrap_or_default()).unwrap_or_default();
    let uri = params.get("redirect_uri").unwrap_or_default();
    let registered = uri.split(['?', '#']).next().unwrap_or_default();
    let mut clients = ctx.app.config.oauth.clients.iter();
    let client = clients.find(|client| is_registered(client, registered));
    // What is passed on goes into a header.
    let is_printable = uri.bytes().all(|it| it.is_ascii_graphic());
    let Some(client) = client.filter(|_| is_printable) else {
        let error = OAuthError::invalid_request("redirect URI is not allowed");
        return told::mistake(&ctx, &headers, &error);
    };
    let mut response = moved(Some(client), uri);
    private(response.headers_mut());
    response
}

#[cfg(test)]
mod tests;
