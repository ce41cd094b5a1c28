//! Addresses that a visitor brings and that we send them to: our own only, or registered ones.

use ctx::App;
use url::Url;

/// Longer ones are nobody's.
const LENGTH_MAX: usize = 2_048;

/// `text` as a path of ours, or nothing.
///
/// What counts is where a browser would end up, so the address is resolved as browsers do it,
/// and what comes out is compared and handed on, not what came in.
pub fn own_path(app: &App, text: &str) -> Option<String> {
    let is_path = text.starts_with('/') && text.len() <= LENGTH_MAX;
    if !is_path || text.contains('\\') || text.chars().any(char::is_control) {
        return None;
    }
    let origin = Url::parse(app.origin()).ok()?;
    let url = origin.join(text).ok()?;
    if url.origin() != origin.origin() || url.path().starts_with("//") {
        return None;
    }
    let query = url.query().map(|it| format!("?{it}")).unwrap_or_default();
    Some(format!("{}{query}", url.path()))
}

/// Where to go after signing out: an address that a client registered for that, word by word
/// (OpenID Connect RP-Initiated Logout §2), or one of our own pages.
pub fn after_logout(app: &App, text: &str) -> Option<String> {
    let mut registered =
        app.config.oauth.clients.iter().flat_map(|client| &client.post_logout_redirect_uris);
    if registered.any(|it| it == text) {
        return Some(text.to_owned());
    }
    let rest = text.strip_prefix(app.origin()).unwrap_or(text);
    own_path(app, rest)
}

#[cfg(test)]
mod tests {
    use super::{after_logout, own_path};
    use crate::tests::world::app;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(own_path(&app(""), text).as_deref(), expected, "{text}");
    }

    #[test]
    fn paths_of_ours_are_kept() {
        check("/settings", Some("/settings"));
        check("/settings?a=b&c=%2F%2Fd", Some("/settings?a=b&c=%2F%2Fd"));
        check("/a/../settings", Some("/settings"));
        check("/settings#fragment", Some("/settings"));
    }

    #[test]
    fn nothing_leads_to_another_site() {
        for text in [
            "",
            "settings",
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/.//evil.example",
            "/x/..//evil.example",
            "///evil.example",
            "javascript:alert(1)",
            " /settings",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_registered_address_is_compared_word_by_word() {
        let app = app("");
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(after_logout(&app, text).as_deref(), expected, "{text}");
        };
        check("https://app.example/bye", Some("https://app.example/bye"));
        check("https://app.example/bye?a=b", None);
        check("https://app.example/", None);
        check("http://localhost:3000/login", Some("/login"));
        check("http://localhost:3000.evil.example/", None);
        check("http://localhost:3000@evil.example/", None);
        check("/login", Some("/login"));
    }
}
