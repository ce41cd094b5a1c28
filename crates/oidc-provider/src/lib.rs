//! The OAuth 2.0 and OpenID Connect endpoints.
//!
//! Handlers read the request, call one rule, and write the answer in the shape that SDKs and
//! standard clients expect. Who is signed in is the business of `sessions`; how people sign in
//! is the business of the pages, to which `authorize` hands over and from which `consent`
//! takes back.

mod anonymous;
mod answer;
mod app_session_token;
mod assertion;
mod authorize;
mod back_channel_logout;
mod challenge;
mod client;
mod client_keys;
mod consent;
mod device_authorization;
mod device_key;
mod device_page;
mod dpop;
mod end_session;
mod error;
mod events;
mod guests;
mod hooked;
mod id_token;
mod introspect;
mod metadata;
mod par;
mod redirect;
mod register;
mod resource;
mod revoke;
mod token;
mod told;
mod unpack;
mod userinfo;

#[cfg(test)]
mod fapi_tests;
#[cfg(test)]
mod world;

pub use back_channel_logout::BackChannelLogout;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use web::Platform;

/// The largest honest body is a token request with an ID token and a device key in it.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Every endpoint, to be mounted behind `web::enter`.
pub fn router() -> Router<Platform> {
    let public = Router::new()
        .route("/.well-known/openid-configuration", get(metadata::discovery))
        .route("/.well-known/oauth-authorization-server", get(metadata::discovery))
        .route("/.well-known/oauth-protected-resource", get(resource::metadata))
        .route("/oauth2/jwks", get(metadata::jwks))
        .route("/oauth2/register", post(register::register))
        .route(
            "/oauth2/register/{id}",
            get(register::read).put(register::update).delete(register::delete),
        )
        .layer(from_fn(web::cors_star));
    // Scripts of registered origins call these.
    let shared = Router::new()
        .route("/oauth2/token", post(token::token))
        .route("/oauth2/par", post(par::par))
        .route("/oauth2/userinfo", get(userinfo::get).post(userinfo::post))
        .route("/oauth2/device_authorization", post(device_authorization::device_authorization))
        .route("/oauth2/revoke", post(revoke::revoke))
        .route("/oauth2/challenge", post(challenge::challenge))
        .route("/oauth2/app_session_token", post(app_session_token::app_session_token))
        .route("/api/anonymous_user/signup", post(anonymous::signup))
        .route("/api/anonymous_user/promotion_code", post(anonymous::promotion_code))
        .layer(from_fn(web::cors));
    // Servers call it, not scripts.
    let servers = Router::new().route("/oauth2/introspect", post(introspect::introspect));
    let navigated = Router::new()
        .route("/oauth2/authorize", get(authorize::get).post(authorize::post))
        .route("/oauth2/consent", get(consent::get).post(consent::post))
        .route("/device", get(device_page::get).post(device_page::post))
        .route("/oauth2/redirect", get(redirect::redirect))
        .route("/oauth2/end_session", get(end_session::get).post(end_session::post));
    public
        .merge(shared)
        .merge(servers)
        .merge(navigated)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}
