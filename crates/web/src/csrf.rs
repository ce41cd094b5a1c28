//! Whether a request that changes something was sent by one of our own pages.
//!
//! Browsers say where a request comes from, and pages cannot forge it: `Sec-Fetch-Site`
//! first, `Origin` for those that do not send it. Requests with neither are refused.

use ctx::App;
use http::{HeaderMap, Method, header};

/// Whether a browser says that a request was made by a page of somebody else. Programs that are
/// no browsers say nothing, and are nobody's victim.
pub fn is_from_elsewhere(app: &App, headers: &HeaderMap) -> bool {
    let says = headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN);
    says && !is_from_our_pages(app, &Method::POST, headers)
}

/// Whether `method` may change state here.
pub fn is_from_our_pages(app: &App, method: &Method, headers: &HeaderMap) -> bool {
    if method.is_safe() {
        return true;
    }
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    // Browsers answer `null` when they hide where a form was, and so does an attacker's
    // sandboxed frame: it proves nothing.
    text(header::ORIGIN).is_some_and(|origin| origin == app.origin())
}
