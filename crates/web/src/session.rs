//! The credentials that requests bring, and the cookies that browser sessions live in.
//!
//! Names and attributes are upstream's.

use ctx::App;
use http::{HeaderMap, header};
use sessions::Credentials;

use crate::cookie::{SameSite, SetCookie, cookie};

const SESSION_COOKIE: &str = "session";
/// Says no more than that a request came from one of our own pages.
const SAME_SITE_STRICT_COOKIE: &str = "same_site_strict";
/// What an app's browser holds after the app opened a page of ours.
pub const APP_SESSION_COOKIE: &str = "app_session";
pub const APP_ACCESS_TOKEN_COOKIE: &str = "app_access_token";
/// Spares a browser the second factor.
const DEVICE_TOKEN_COOKIE: &str = "device_token";

/// Everything in a request that may say who is asking.
pub fn credentials<'a>(app: &App, headers: &'a HeaderMap) -> Credentials<'a> {
    let named = |name: &str| cookie(headers, &format!("{}{name}", app.cookie_prefix()));
    Credentials {
        bearer: bearer(headers),
        proof: None,
        app_session: named(APP_SESSION_COOKIE),
        app_access_token: named(APP_ACCESS_TOKEN_COOKIE),
        idp_session: named(SESSION_COOKIE),
    }
}

/// Whether the token came under the scheme of tokens that are bound to a key (RFC 9449 §7.1).
pub fn is_dpop_scheme(headers: &HeaderMap) -> bool {
    let value = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    let scheme = value.and_then(|it| it.split_once(' ')).map(|(scheme, _)| scheme);
    scheme.is_some_and(|it| it.eq_ignore_ascii_case("dpop"))
}

/// The cookies of a browser that has just signed in.
pub fn sign_in_cookies(app: &App, session: &str) -> [SetCookie; 2] {
    let config = &app.config.session;
    let cookies = [
        SetCookie::new(app, SESSION_COOKIE, session),
        SetCookie::new(app, SAME_SITE_STRICT_COOKIE, "true").same_site(SameSite::Strict),
    ];
    if config.use_session_cookie {
        return cookies;
    }
    cookies.map(|it| it.lasting(config.lifetime_seconds))
}

/// The token of a browser that is spared the second factor.
pub fn device_token<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie(headers, &format!("{}{DEVICE_TOKEN_COOKIE}", app.cookie_prefix()))
}

/// The cookie by which a browser is spared the second factor.
pub fn device_token_cookie(app: &App, token: &str, seconds: i64) -> SetCookie {
    SetCookie::new(app, DEVICE_TOKEN_COOKIE, token).lasting(seconds)
}

/// What makes a browser forget that it was signed in.
pub fn sign_out_cookies(app: &App) -> [SetCookie; 4] {
    [SESSION_COOKIE, SAME_SITE_STRICT_COOKIE, APP_SESSION_COOKIE, APP_ACCESS_TOKEN_COOKIE]
        .map(|name| SetCookie::removal(app, name))
}

/// Whether the request was started by a page of our own site: a link elsewhere does not make
/// the browser send this cookie.
pub fn is_same_site(app: &App, headers: &HeaderMap) -> bool {
    let name = format!("{}{SAME_SITE_STRICT_COOKIE}", app.cookie_prefix());
    cookie(headers, &name) == Some("true")
}

/// RFC 6750 §2.1 and RFC 9449 §7.1: a token that is bound to a key is told by what is known of it,
/// not by the scheme. The scheme is compared without regard to case (RFC 9110 §11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    let is_known = ["bearer", "dpop"].iter().any(|it| scheme.eq_ignore_ascii_case(it));
    (is_known && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::bearer;

    #[track_caller]
    fn check(values: &[&'static str], expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        assert_eq!(bearer(&headers), expected);
    }

    #[test]
    fn a_bearer_token_is_taken_from_one_header_only() {
        check(&["bearer abc"], Some("abc"));
        check(&["DPoP abc"], Some("abc"));
        check(&["Bearer "], None);
        check(&["Basic abc"], None);
        check(&["Bearer abc", "Bearer def"], None);
        check(&[], None);
    }
}
