//! Web origins (RFC 6454), and the cookie domain that follows from one.

use url::{Host, Url};

/// Scheme, host and port of an http(s) address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    host: String,
    is_name: bool,
    is_https: bool,
}

impl Origin {
    /// The origin of `address`; `None` unless it is http or https.
    pub fn parse(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        Some(Self {
            text: url.origin().ascii_serialization(),
            host: url.host_str()?.to_owned(),
            is_name: matches!(url.host(), Some(Host::Domain(_))),
            is_https: url.scheme() == "https",
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The parent of the host, but never more than the registrable domain.
    ///
    /// Applications on sibling hosts see the session cookie this way, as they do upstream.
    pub(crate) fn shared_cookie_domain(&self) -> Option<String> {
        if !self.is_name {
            return None;
        }
        let registrable = psl::domain_str(&self.host)?;
        let (_, parent) = self.host.split_once('.')?;
        let shared = if parent.len() > registrable.len() { parent } else { registrable };
        Some(shared.to_owned())
    }
}

#[cfg(test)]
mod tests;
