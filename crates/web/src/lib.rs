//! What every surface stands on: the request's context, cookies, forms, errors, pages.
//!
//! Surfaces are `axum::Router<Platform>`; the server mounts them behind [`enter`], which turns
//! a connection into a `Ctx`. No rule of the product lives here.

mod apps;
mod browser;
pub mod builtin;
mod cookie;
mod cors;
mod csp;
mod csrf;
mod dpop;
mod enter;
mod error;
mod fields;
mod pages;
mod platform;
mod proxy;
mod session;

pub use apps::Apps;
pub use browser::{browser_of, name_browser};
pub use cookie::{SameSite, SetCookie, cookie, cookies};
pub use cors::{cors, cors_star};
pub use csp::PageHeaders;
pub use csrf::{is_from_elsewhere, is_from_our_pages};
pub use dpop::{dpop_proof, dpop_proof_for};
pub use enter::{CtxOf, enter, enter_internal};
pub use error::{ApiError, ErrorName, is_unavailable, log_failure, result};
pub use fields::Fields;
pub use pages::{Page, THEME};
pub use platform::{Clock, Platform};
pub use proxy::TrustedProxies;
pub use session::{
    APP_ACCESS_TOKEN_COOKIE, APP_SESSION_COOKIE, credentials, device_token, device_token_cookie,
    is_dpop_scheme, is_same_site, sign_in_cookies, sign_out_cookies,
};

#[cfg(test)]
mod tests;
