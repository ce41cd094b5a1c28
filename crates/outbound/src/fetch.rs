//! `fetch` of a project's script: any HTTP request to a public address, within limits.
//!
//! Redirects are followed here, one at a time, so that each of them is held to the same rules as
//! the first address.

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use url::Url;

use crate::Outbound;
use crate::http::{Bounds, HttpError, Route, exchange};

/// A hook asks an API something; it does not move files.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Whatever the script's own time is: no request of it outlives this.
const TIMEOUT: Duration = Duration::from_mins(1);
/// Browsers give up after twenty; APIs redirect once.
const REDIRECTS_MAX: usize = 5;
const HEADERS_MAX: usize = 50;
/// What the connection is about is not for a script to say (RFC 9110 §7.6.1).
const OURS: [&str; 7] =
    ["connection", "content-length", "host", "keep-alive", "te", "transfer-encoding", "upgrade"];

/// What a script asks for.
#[derive(Debug, Clone)]
pub struct Fetch {
    pub url: String,
    pub method: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    pub redirects: Redirects,
}

/// What happens when the answer says that it is elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirects {
    Follow,
    /// The redirect is the answer.
    Manual,
    Error,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Where the answer is from.
    pub url: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// As text; what is not UTF-8 in it is replaced.
    pub body: String,
}

/// Why there is nothing.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("the request is not one: {0}")]
    BadRequest(&'static str),
    #[error("the answer is a redirect")]
    Redirected,
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl Outbound {
    pub async fn fetch(&self, request: Fetch) -> Result<Fetched, FetchError> {
        let mut url = Url::parse(&request.url).map_err(|_| FetchError::BadRequest("url"))?;
        let method = Method::from_bytes(request.method.as_bytes());
        let mut method = method.map_err(|_| FetchError::BadRequest("method"))?;
        let mut headers = headers(&request.headers)?;
        let mut body = request.body;
        if body.as_ref().is_some_and(|it| it.len() > BODY_BYTES_MAX) {
            return Err(FetchError::BadRequest("body"));
        }
        let bounds = Bounds { timeout: TIMEOUT, answer_bytes_max: ANSWER_BYTES_MAX };
        for _ in 0..=REDIRECTS_MAX {
            let sent = self.0.http.request(Route::Guarded, method.clone(), &url)?;
            let sent = sent.headers(headers.clone());
            let sent = match &body {
                Some(body) => sent.body(body.clone()),
                None => sent,
            };
            let answer = exchange(sent, bounds).await?;
            let next = elsewhere(&url, answer.status, &answer.headers);
            let Some(next) = next.filter(|_| request.redirects != Redirects::Manual) else {
                return Ok(Fetched {
                    url: url.into(),
                    status: answer.status.as_u16(),
                    headers: texts(&answer.headers),
                    body: String::from_utf8_lossy(&answer.body).into_owned(),
                });
            };
            if request.redirects == Redirects::Error {
                return Err(FetchError::Redirected);
            }
            if becomes_get(answer.status, &method) {
                method = Method::GET;
                body = None;
                headers.remove(CONTENT_TYPE);
            }
            if next.origin() != url.origin() {
                // They were meant for somebody else.
                headers.remove(AUTHORIZATION);
                headers.remove(COOKIE);
            }
            url = next;
        }
        Err(FetchError::Redirected)
    }
}

/// Where a redirect leads.
fn elsewhere(url: &Url, status: StatusCode, headers: &HeaderMap) -> Option<Url> {
    let is_redirect = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = headers.get(LOCATION).filter(|_| is_redirect)?.to_str().ok()?;
    url.join(location).ok()
}

/// As browsers have it (Fetch standard, HTTP-redirect fetch).
fn becomes_get(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        301 | 302 => method == Method::POST,
        303 => method != Method::GET && method != Method::HEAD,
        _ => false,
    }
}

fn headers(given: &[(String, String)]) -> Result<HeaderMap, FetchError> {
    if given.len() > HEADERS_MAX {
        return Err(FetchError::BadRequest("headers"));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let name = HeaderName::try_from(name).map_err(|_| FetchError::BadRequest("headers"))?;
        let value = HeaderValue::try_from(value).map_err(|_| FetchError::BadRequest("headers"))?;
        if !OURS.contains(&name.as_str()) {
            headers.append(name, value);
        }
    }
    Ok(headers)
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let kept = headers.iter().filter(|(name, _)| *name != CONTENT_LENGTH).take(HEADERS_MAX);
    kept.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests;
