//! Addresses: origins, callbacks, hooks.
//!
//! Custom schemes are opaque to the `url` crate in ways that differ from what browsers and
//! phones do with them, so an address is taken apart here by RFC 3986 §3 itself.

use std::net::IpAddr;

use url::Url;

/// The parts of an absolute URI with an authority or a path.
struct Parts<'a> {
    scheme: &'a str,
    user_info: bool,
    host: &'a str,
    path: &'a str,
    query: bool,
    fragment: bool,
}

fn parts(text: &str) -> Option<Parts<'_>> {
    let illegal = |c: char| c.is_control() || c.is_whitespace() || "\"<>\\^`{|}".contains(c);
    if text.len() > 2000 || text.contains(illegal) || !has_whole_escapes(text) {
        return None;
    }
    let (scheme, rest) = text.split_once(':')?;
    let mut letters = scheme.bytes();
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    if !letters.next().is_some_and(|first| first.is_ascii_alphabetic()) || !letters.all(legal) {
        return None;
    }
    let (rest, fragment) = rest.split_once('#').map_or((rest, false), |(rest, _)| (rest, true));
    let (rest, query) = rest.split_once('?').map_or((rest, false), |(rest, _)| (rest, true));
    let (authority, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    let (user_info, host) =
        authority.rsplit_once('@').map_or((false, authority), |(_, host)| (true, host));
    // What browsers understand is what they will be sent, so they must understand it.
    Url::parse(text).ok()?;
    Some(Parts { scheme, user_info, host, path, query, fragment })
}

fn has_whole_escapes(text: &str) -> bool {
    text.split('%')
        .skip(1)
        .all(|rest| rest.len() >= 2 && rest.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit))
}

impl Parts<'_> {
    /// Whether the path has nothing that could be simplified away: no `..`, no `//`.
    fn has_clean_path(&self) -> bool {
        let Some(path) = self.path.strip_prefix('/') else { return self.path.is_empty() };
        let mut segments: Vec<_> = path.split('/').collect();
        if segments.last() == Some(&"") {
            segments.pop();
        }
        segments.iter().all(|segment| !["", ".", ".."].contains(segment))
    }

    fn is_only_origin(&self) -> bool {
        !self.host.is_empty()
            && !self.user_info
            && self.path.is_empty()
            && !self.query
            && !self.fragment
    }
}

/// Schemes that run what they carry instead of fetching it.
const SCRIPT_SCHEMES: &[&str] = &["javascript", "data", "vbscript"];

/// An absolute URI with a host. Every one of them may end up behind a link or in a
/// redirect, so none may run anything (RFC 9700 §4.1).
pub(super) fn is_uri(text: &str) -> bool {
    parts(text).is_some_and(|it| {
        !it.host.is_empty()
            && it.has_clean_path()
            && !SCRIPT_SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(it.scheme))
    })
}

/// RFC 6454 §6.2.
pub(super) fn is_http_origin(text: &str) -> bool {
    parts(text).is_some_and(|it| ["http", "https"].contains(&it.scheme) && it.is_only_origin())
}

pub(super) fn is_ldap_url(text: &str) -> bool {
    parts(text).is_some_and(|it| ["ldap", "ldaps"].contains(&it.scheme) && it.is_only_origin())
}

/// A URI to call, or a script of the project.
pub(super) fn is_hook_uri(text: &str) -> bool {
    let Some(it) = parts(text) else { return false };
    match it.scheme {
        "http" | "https" => is_uri(text),
        "authgeardeno" => it.host.is_empty() && !it.path.is_empty() && it.has_clean_path(),
        _ => false,
    }
}

/// An origin, perhaps without a scheme, whose first label may be `*`; or `*` alone.
pub(super) fn is_http_origin_spec(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    let host = match text.split_once("://") {
        Some(("http" | "https", host)) => host,
        Some(_) => return false,
        None => text,
    };
    let plain = host.strip_prefix("*.").unwrap_or(host);
    !plain.contains('*') && is_http_origin(&format!("https://{plain}"))
}

/// Names under which nothing public is found.
const PRIVATE_NAMES: &[&str] = &[
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "corp",
    "lan",
    "domain",
    "private",
    "home.arpa",
    "example",
    "example.com",
    "example.net",
    "example.org",
    "test",
    "invalid",
    "svc",
    "instance-data",
    "router",
    "gateway",
    "modem",
    "printer",
    "nas",
];

/// An `https` address of a public host by name.
pub(super) fn is_public_https_url(text: &str) -> bool {
    let Some(it) = parts(text).filter(|it| !it.user_info && !it.fragment) else { return false };
    let host = it.host.split_once(':').map_or(it.host, |(host, _)| host).to_ascii_lowercase();
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_private = |name: &str| {
        host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    it.scheme.eq_ignore_ascii_case("https")
        && host.contains('.')
        && host.parse::<IpAddr>().is_err()
        && host.strip_suffix('.').unwrap_or(&host).split('.').all(label)
        && !PRIVATE_NAMES.iter().any(|name| is_private(name))
}
