//! A proxy that opens TLS, so that well-known providers can be played by the mock.
//!
//! A tunnel ends here: the proxy shows a certificate for whatever name was asked for, made by an
//! authority of the run's own that the server is told to trust. Requests to known addresses of
//! providers go to the mock. What else is plain goes where it was going, if that is on this
//! machine; nothing leaves it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::client::{Sent, TIMEOUT, authority, exchange};

/// Addresses of providers, and where the mock has them.
const KNOWN: [(&str, &str); 9] = [
    ("https://accounts.google.com/.well-known/openid-configuration", GOOGLE_DISCOVERY),
    ("https://adfs.example.com/.well-known/openid-configuration", ADFS_DISCOVERY),
    ("https://adfs.example.com/oauth2/authorize", "/adfs/authorize"),
    ("https://adfs.example.com/oauth2/token", "/adfs/token"),
    ("https://adfs.example.com/oauth2/userinfo", "/adfs/userinfo"),
    ("https://www.facebook.com/v11.0/dialog/oauth", "/facebook/authorize"),
    ("https://graph.facebook.com/v11.0/oauth/access_token", "/facebook/token"),
    ("https://graph.facebook.com/v11.0/me", "/facebook/userinfo"),
    ("https://graph.facebook.com/v11.0/me/", "/facebook/userinfo"),
];
const GOOGLE_DISCOVERY: &str = "/google/.well-known/openid-configuration";
const ADFS_DISCOVERY: &str = "/adfs/.well-known/openid-configuration";

const MOCK: &str = "127.0.0.1:8081";

/// Requests of the flows under test are small.
const BODY_BYTES_MAX: usize = 1024 * 1024;

type Reply = Response<Full<Bytes>>;

/// Makes certificates for any name.
#[derive(Clone)]
pub struct Authority(Arc<Inner>);

struct Inner {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    /// Making one takes longer than a request, so each name has one.
    made: Mutex<HashMap<String, Arc<ServerConfig>>>,
}

impl Authority {
    pub fn new() -> Result<Self> {
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::new(Vec::new())?;
        parameters.distinguished_name.push(DnType::CommonName, "conformance");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = parameters.self_signed(&key)?.pem();
        let issuer = Issuer::new(parameters, key);
        Ok(Self(Arc::new(Inner { issuer, pem, made: Mutex::default() })))
    }

    /// The certificate of the authority, for whoever is to trust it.
    pub fn pem(&self) -> &str {
        &self.0.pem
    }

    fn server_config(&self, host: &str) -> Result<Arc<ServerConfig>> {
        let mut made = self.0.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = made.get(host) {
            return Ok(config.clone());
        }
        let key = KeyPair::generate()?;
        let parameters = CertificateParams::new(vec![host.to_owned()])?;
        let certificate = parameters.signed_by(&key, &self.0.issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .context("a certificate of our own")?;
        Ok(made.entry(host.to_owned()).or_insert(Arc::new(config)).clone())
    }
}

pub(super) async fn serve(listener: TcpListener, signer: Authority) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let signer = signer.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| answer(request, signer.clone()));
            let server = hyper::server::conn::http1::Builder::new();
            // Clients go away when they have what they wanted.
            let _ = server.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
        });
    }
}

/// A request to the proxy itself: a tunnel, or a whole address to be fetched.
async fn answer(request: Request<Incoming>, signer: Authority) -> Result<Reply, hyper::Error> {
    if request.method() == http::Method::CONNECT {
        return Ok(tunnel(request, &signer));
    }
    let Ok(url) = Url::parse(&request.uri().to_string()) else {
        return Ok(plain(StatusCode::BAD_REQUEST, "a proxy is asked for whole addresses"));
    };
    fetch(request, url).await
}

/// Agrees to a tunnel, and answers inside it as the host that it leads to.
fn tunnel(request: Request<Incoming>, signer: &Authority) -> Reply {
    let Some(target) = request.uri().authority().cloned() else {
        return plain(StatusCode::BAD_REQUEST, "a tunnel leads to a host");
    };
    let Ok(config) = signer.server_config(target.host()) else {
        return plain(StatusCode::BAD_GATEWAY, "no certificate can be made for this host");
    };
    let host = target.host().to_owned();
    #[expect(clippy::disallowed_methods, reason = "it ends with the connection that it came on")]
    tokio::spawn(async move {
        let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
        let Ok(stream) = TlsAcceptor::from(config).accept(TokioIo::new(upgraded)).await else {
            return;
        };
        let service = service_fn(move |request: Request<Incoming>| {
            let target = request.uri().path_and_query().map_or("/", |it| it.as_str());
            let url = Url::parse(&format!("https://{host}{target}"));
            async move {
                match url {
                    Ok(url) => fetch(request, url).await,
                    Err(_) => Ok(plain(StatusCode::BAD_REQUEST, "this is no address")),
                }
            }
        });
        let server = hyper::server::conn::http1::Builder::new();
        let _ = server.serve_connection(TokioIo::new(stream), service).await;
    });
    plain(StatusCode::OK, "")
}

async fn fetch(request: Request<Incoming>, url: Url) -> Result<Reply, hyper::Error> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long"));
    };
    let mut without_query = url.clone();
    without_query.set_query(None);
    let known = KNOWN.iter().find(|(address, _)| *address == without_query.as_str());
    let (address, target) = match known {
        Some((_, path)) => (MOCK.to_owned(), (*path).to_owned()),
        None if is_local(&url) => {
            (format!("127.0.0.1:{}", url.port().unwrap_or(80)), url.path().to_owned())
        }
        None => return Ok(plain(StatusCode::BAD_GATEWAY, "nothing of that is played here")),
    };
    let target = url.query().map_or(target.clone(), |query| format!("{target}?{query}"));
    let hop = [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];
    let headers: Vec<(String, String)> = parts
        .headers
        .iter()
        .filter(|(name, _)| !hop.contains(name) && !name.as_str().starts_with("proxy-"))
        .map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let host = authority(&url);
    let sent = Sent { method: &parts.method, url: &url, host: &host, headers: &headers };
    let passed = async {
        let stream = TcpStream::connect(address).await.ok()?;
        exchange(stream, sent, target, &body.to_bytes()).await.ok()
    };
    let Ok(Some(came)) = tokio::time::timeout(TIMEOUT, passed).await else {
        return Ok(plain(StatusCode::BAD_GATEWAY, "nobody answers there"));
    };
    let mut reply = Response::builder().status(came.status);
    for (name, value) in came.headers {
        if !["content-length", "transfer-encoding", "connection"].contains(&name.as_str()) {
            reply = reply.header(name, value);
        }
    }
    let reply = reply.body(Full::new(Bytes::from(came.body)));
    Ok(reply.unwrap_or_else(|_| plain(StatusCode::BAD_GATEWAY, "the answer cannot be passed on")))
}

fn is_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    url.scheme() == "http"
        && (host == "127.0.0.1" || host == "localhost" || host.ends_with(".localhost"))
}

fn plain(status: StatusCode, text: &'static str) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *reply.status_mut() = status;
    reply
}
