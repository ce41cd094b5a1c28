//! The client that cases speak through: Go's `net/http` as far as a server can tell.
//!
//! Every project is reached at a loopback address, whatever host it is called by. A request that
//! names the project, or the bare address, carries the project's name as its host. Redirects are
//! followed as Go follows them, and all hosts share one jar of cookies.

mod jar;
mod wire;

use std::net::SocketAddr;
use std::time::Duration;

use http::Method;
use thiserror::Error;
use url::Url;

pub use jar::Jar;
pub use wire::{Sent, TIMEOUT, exchange};

/// Where the endpoints of an installation really are.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    pub main: SocketAddr,
    pub resolver: SocketAddr,
    pub admin: SocketAddr,
    pub site_admin: SocketAddr,
}

/// The ports that the case data fixes.
const MAIN_PORT: u16 = 4000;
const RESOLVER_PORT: u16 = 4001;
const ADMIN_PORT: u16 = 4002;
const SITE_ADMIN_PORT: u16 = 4003;

/// As many as Go follows.
const REDIRECTS_MAX: usize = 10;

#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub follows: bool,
}

/// What came back, from the last address that was asked.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// Names are in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub url: Url,
}

#[derive(Clone, Debug, Error)]
pub enum ClientError {
    #[error("the request to {0} could not be made: {1}")]
    Connect(String, String),
    #[error("{0} did not answer within {1} seconds")]
    Timeout(String, u64),
    #[error("more than {REDIRECTS_MAX} redirects")]
    Redirects,
    #[error("`{0}` is no address")]
    Address(String),
}

/// A browser of one case.
#[derive(Clone, Debug)]
pub struct Browser {
    pub jar: Jar,
    addresses: Addresses,
    /// `<app>.authgeare2e.localhost:4000`.
    host: String,
    timeout: Duration,
}

impl Request {
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: Vec::new(), body: Vec::new(), follows: true }
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|(it, _)| it.eq_ignore_ascii_case(name))
    }
}

impl Answer {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The address that it redirects to.
    pub fn location(&self) -> Option<Url> {
        self.url.join(self.header("location")?).ok()
    }
}

impl Browser {
    pub fn new(addresses: Addresses, host: String, timeout: Duration) -> Self {
        Self { jar: Jar::default(), addresses, host, timeout }
    }

    /// Sends a request, follows where it leads if it may, and keeps the cookies.
    pub async fn send(&mut self, request: Request) -> Result<Answer, ClientError> {
        let mut request = request;
        for _ in 0..=REDIRECTS_MAX {
            let answer = self.send_once(&request).await?;
            let is_redirect = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
            let Some(next) = answer.location().filter(|_| is_redirect && request.follows) else {
                return Ok(answer);
            };
            request = redirected(request, &answer.url, next, answer.status);
        }
        Err(ClientError::Redirects)
    }

    async fn send_once(&mut self, request: &Request) -> Result<Answer, ClientError> {
        let (url, host) = self.addressed(&request.url);
        let mut headers = request.headers.clone();
        let cookies = self.jar.header(url.path());
        if let Some(cookies) = cookies {
            match headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("cookie")) {
                Some((_, own)) => *own = format!("{own}; {cookies}"),
                None => headers.push(("Cookie".to_owned(), cookies)),
            }
        }
        let address = self.dialled(&url)?;
        let sent =
            wire::Sent { method: &request.method, url: &url, host: &host, headers: &headers };
        let answer = wire::exchange_within(self.timeout, address, sent, &request.body).await?;
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            self.jar.keep(cookie, url.path());
        }
        Ok(answer)
    }

    /// The address as the project's, and the host that is asked for.
    fn addressed(&self, url: &Url) -> (Url, String) {
        let authority = authority(url);
        let bare = format!("127.0.0.1:{MAIN_PORT}");
        if authority == self.host {
            let mut url = url.clone();
            let _ = url.set_host(Some("127.0.0.1"));
            return (url, self.host.clone());
        }
        let is_ours = authority == bare
            || authority == format!("127.0.0.1:{ADMIN_PORT}")
            || authority == format!("127.0.0.1:{RESOLVER_PORT}");
        (url.clone(), if is_ours { self.host.clone() } else { authority })
    }

    fn dialled(&self, url: &Url) -> Result<SocketAddr, ClientError> {
        let port = url.port_or_known_default();
        let host = url.host_str().unwrap_or_default();
        let is_local = host == "127.0.0.1" || host == "localhost" || host.ends_with(".localhost");
        let port =
            port.filter(|_| is_local).ok_or_else(|| ClientError::Address(url.to_string()))?;
        Ok(match port {
            MAIN_PORT => self.addresses.main,
            RESOLVER_PORT => self.addresses.resolver,
            ADMIN_PORT => self.addresses.admin,
            SITE_ADMIN_PORT => self.addresses.site_admin,
            port => SocketAddr::from(([127, 0, 0, 1], port)),
        })
    }
}

/// Host and port, as a `Host` header has them.
pub fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The request that follows a redirect (Go's rules, which are a browser's).
fn redirected(mut request: Request, from: &Url, to: Url, status: u16) -> Request {
    let keeps_body = matches!(status, 307 | 308);
    if !keeps_body {
        if request.method != Method::HEAD {
            request.method = Method::GET;
        }
        request.body = Vec::new();
        request.headers.retain(|(name, _)| !name.to_ascii_lowercase().starts_with("content-"));
    }
    if from.host_str() != to.host_str() {
        let is_secret = |name: &str| ["authorization", "cookie"].contains(&name);
        request.headers.retain(|(name, _)| !is_secret(&name.to_ascii_lowercase()));
    }
    request.url = to;
    request
}
