//! Cookies: one jar for all hosts, by path and name (RFC 6265 §5).
//!
//! The projects under test have no shared cookie domain, so hosts do not matter. `SameSite` is
//! not modelled, as in the original.

use std::collections::BTreeMap;

/// A jar. Cookies that are over are gone at once: no case waits for one to expire.
#[derive(Clone, Debug, Default)]
pub struct Jar(BTreeMap<(String, String), String>);

impl Jar {
    /// Puts a cookie in as if the server had set it.
    pub fn put(&mut self, name: &str, value: &str) {
        self.0.insert(("/".to_owned(), name.to_owned()), value.to_owned());
    }

    /// Keeps what a `Set-Cookie` header says; `asked` is the path that it answers.
    pub fn keep(&mut self, header: &str, asked: &str) {
        let mut parts = header.split(';');
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let (mut path, mut is_over) = (default_path(asked), false);
        for attribute in parts {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            match key.trim().to_ascii_lowercase().as_str() {
                "path" if value.starts_with('/') => value.trim().clone_into(&mut path),
                "max-age" => is_over = value.trim().parse::<i64>().is_ok_and(|it| it <= 0),
                "expires" => is_over |= value.contains("1970"),
                _ => {}
            }
        }
        let key = (path, name.trim().to_owned());
        if is_over {
            self.0.remove(&key);
        } else {
            self.0.insert(key, value.trim().to_owned());
        }
    }

    /// What to send to `path`, longer paths first.
    pub fn header(&self, path: &str) -> Option<String> {
        let fits = self.0.iter().rev().filter(|((scope, _), _)| covers(scope, path));
        let pairs: Vec<String> = fits.map(|((_, name), value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Forgets the cookies with these names, or all when none is named.
    pub fn clear(&mut self, names: &[String]) {
        self.0.retain(|(_, name), _| !names.is_empty() && !names.contains(name));
    }
}

fn covers(scope: &str, path: &str) -> bool {
    let rest = path.strip_prefix(scope);
    rest.is_some_and(|rest| rest.is_empty() || scope.ends_with('/') || rest.starts_with('/'))
}

/// RFC 6265 §5.1.4.
fn default_path(asked: &str) -> String {
    match asked.rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(at) => asked[..at].to_owned(),
    }
}
