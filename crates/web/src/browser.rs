//! Which browser it is, whether or not anybody is signed in: what one browser began, another
//! must not finish.

use ctx::App;
use http::HeaderMap;
use stdx::Rng;

use crate::cookie::{SetCookie, cookie};

const COOKIE: &str = "oauth_browser";
/// The length of a token of ours.
const LENGTH: usize = 43;

/// The name that this browser goes by, if it has one already.
pub fn browser_of<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    let name = format!("{}{COOKIE}", app.cookie_prefix());
    cookie(headers, &name).filter(|it| it.len() == LENGTH)
}

/// The name of this browser, or a fresh one with the cookie that makes it known.
pub fn name_browser(app: &App, headers: &HeaderMap, rng: &Rng) -> (String, Option<SetCookie>) {
    if let Some(known) = browser_of(app, headers) {
        return (known.to_owned(), None);
    }
    let fresh = rng.token();
    let cookie = SetCookie::new(app, COOKIE, fresh.as_str()).host_only();
    (fresh, Some(cookie))
}
