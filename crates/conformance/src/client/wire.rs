//! One exchange over one connection, with an end to waiting.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use url::Url;

use super::{Answer, ClientError};

/// No answer takes this long; one that does is a failure of its case, not the end of the run.
pub const TIMEOUT: Duration = Duration::from_secs(35);

/// The longest answer that is read: pages are some tens of kilobytes.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What goes out.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    pub method: &'a Method,
    pub url: &'a Url,
    pub host: &'a str,
    pub headers: &'a [(String, String)],
}

/// Connects to `address` and exchanges one request, all within `limit`.
pub async fn exchange_within(
    limit: Duration,
    address: SocketAddr,
    sent: Sent<'_>,
    body: &[u8],
) -> Result<Answer, ClientError> {
    let whole = async {
        let failed =
            |error: std::io::Error| ClientError::Connect(sent.url.to_string(), error.to_string());
        let stream = TcpStream::connect(address).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        exchange(stream, sent, target(sent.url), body).await
    };
    let timed_out = |_| ClientError::Timeout(sent.url.to_string(), limit.as_secs());
    tokio::time::timeout(limit, whole).await.map_err(timed_out)?
}

/// Exchanges one request on a stream that is open; `target` is what stands in the first line.
pub async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    sent: Sent<'_>,
    target: String,
    body: &[u8],
) -> Result<Answer, ClientError> {
    let failed = |problem: String| ClientError::Connect(sent.url.to_string(), problem);
    let mut request = http::Request::builder().method(sent.method).uri(target);
    request = request.header("host", sent.host).header("user-agent", "Go-http-client/1.1");
    for (name, value) in sent.headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::copy_from_slice(body)));
    let request = request.map_err(|error| failed(error.to_string()))?;
    let (mut sender, connection) =
        handshake(TokioIo::new(stream)).await.map_err(|error| failed(error.to_string()))?;
    let mut carrier = tokio::task::JoinSet::new();
    carrier.spawn(async move {
        let _ = connection.await;
    });
    let response = sender.send_request(request).await.map_err(|error| failed(causes(&error)))?;
    let (parts, incoming) = response.into_parts();
    let body = Limited::new(incoming, BODY_BYTES_MAX).collect().await;
    let body = body.map_err(|error| failed(error.to_string()))?.to_bytes().to_vec();
    let headers = parts.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let status = parts.status.as_u16();
    Ok(Answer { status, headers: headers.collect(), body, url: sent.url.clone() })
}

/// The path and the query of an address.
fn target(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// The error with what caused it, on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
