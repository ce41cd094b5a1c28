//! One keep-alive connection: requests as raw as a generator can make them.

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// A connection to the server under test.
pub struct Connection {
    send: SendRequest<Full<Bytes>>,
    host: String,
    /// Carries the bytes; ends with the connection.
    _carrier: JoinSet<()>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Connection {
    pub async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        let (send, connection) = handshake(TokioIo::new(stream)).await?;
        let mut carrier = JoinSet::new();
        carrier.spawn(async move {
            let _ = connection.await;
        });
        Ok(Self { send, host: format!("localhost:{port}"), _carrier: carrier })
    }

    pub async fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        self.request(Method::GET, path, headers, Bytes::new()).await
    }

    pub async fn post(
        &mut self,
        path: &str,
        content_type: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Answer> {
        let headers = [&[("content-type", content_type)], headers].concat();
        self.request(Method::POST, path, &headers, Bytes::from(body)).await
    }

    async fn request(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(path).header("host", &self.host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send.ready().await?;
        let response = self.send.send_request(request.body(Full::new(body))?).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }
}

impl Answer {
    pub fn json(&self) -> Result<serde_json::Value> {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body).with_context(|| format!("{}: {text}", self.status))
    }

    pub fn location(&self) -> Result<&str> {
        let value = self.headers.get("location").and_then(|it| it.to_str().ok());
        value.with_context(|| {
            format!("no redirect: {} {}", self.status, String::from_utf8_lossy(&self.body))
        })
    }

    /// The cookies that were set, as a `Cookie` header sends them.
    pub fn cookies(&self) -> String {
        let lines = self.headers.get_all("set-cookie").iter().filter_map(|it| it.to_str().ok());
        let pairs: Vec<&str> = lines.filter_map(|line| line.split(';').next()).collect();
        pairs.join("; ")
    }
}
