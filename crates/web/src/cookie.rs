//! Cookies: reading what a browser sent, and writing what it should keep.
//!
//! Names and domains are upstream's, so that applications on sibling hosts keep seeing them.

use std::fmt::Write as _;

use ctx::App;
use http::{HeaderMap, HeaderValue, header};

/// The values of every cookie called `name`, in the order sent.
///
/// More than one means that somebody else's host set the other: callers that
/// decide by a cookie take [`cookie`], which then answers with none.
pub fn cookies<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).filter_map(move |pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value.trim_matches('"'))
    })
}

/// The value of the cookie called `name`, if it was sent exactly once.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = cookies(headers, name);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// Whether other sites may make a browser send a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    Strict,
    Lax,
    None,
}

/// A cookie on its way to the browser. Always `HttpOnly` and for the whole site.
#[derive(Clone, Debug)]
pub struct SetCookie {
    pub name: String,
    pub value: String,
    /// `None` makes it end with the browser; zero removes it.
    pub max_age_seconds: Option<i64>,
    pub same_site: SameSite,
    pub domain: Option<String>,
    pub secure: bool,
}

impl SetCookie {
    /// A cookie of this project, with its domain and `Secure` as the configuration says.
    pub fn new(app: &App, name: &str, value: impl Into<String>) -> Self {
        Self {
            name: format!("{}{name}", app.cookie_prefix()),
            value: value.into(),
            max_age_seconds: None,
            same_site: SameSite::Lax,
            domain: app.cookie_domain().map(str::to_owned),
            secure: app.is_https(),
        }
    }

    #[must_use]
    pub fn lasting(mut self, seconds: i64) -> Self {
        self.max_age_seconds = Some(seconds);
        self
    }

    #[must_use]
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// Kept by this host alone: for what no application needs to see.
    #[must_use]
    pub fn host_only(mut self) -> Self {
        self.domain = None;
        self
    }

    /// The header that makes the browser forget it.
    pub fn removal(app: &App, name: &str) -> Self {
        Self::new(app, name, "").lasting(0)
    }

    pub fn to_header(&self) -> HeaderValue {
        let mut text = format!("{}={}; Path=/; HttpOnly", self.name, self.value);
        if let Some(seconds) = self.max_age_seconds {
            let _ = write!(text, "; Max-Age={seconds}");
        }
        if let Some(domain) = &self.domain {
            let _ = write!(text, "; Domain={domain}");
        }
        if self.secure {
            text.push_str("; Secure");
        }
        text.push_str(match self.same_site {
            SameSite::Strict => "; SameSite=Strict",
            SameSite::Lax => "; SameSite=Lax",
            SameSite::None => "; SameSite=None",
        });
        HeaderValue::from_str(&text).expect("names and values are ours, and ASCII")
    }
}
