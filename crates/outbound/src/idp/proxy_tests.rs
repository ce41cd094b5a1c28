//! Identity providers behind the proxy that test installations have: it opens the TLS of whoever
//! is called, with certificates of its own.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::{AuthorizationRequest, Handshake};
use crate::fake::ctx;
use crate::{Outbound, Settings};

/// Reads the head of a request; its first line comes back.
async fn head<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>) -> String {
    let mut first = String::new();
    stream.read_line(&mut first).await.unwrap();
    let mut line = String::new();
    while stream.read_line(&mut line).await.unwrap() > 2 {
        line.clear();
    }
    first.trim_end().to_owned()
}

#[tokio::test]
async fn a_provider_is_reached_through_the_proxy_and_its_certificate() {
    let made = rcgen::generate_simple_self_signed(["accounts.google.com".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let record = heard.clone();
    let mut server = JoinSet::new();
    server.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let asked = head(&mut stream).await;
            record.lock().unwrap().push(asked);
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            let mut stream = BufReader::new(acceptor.accept(stream.into_inner()).await.unwrap());
            let asked = head(&mut stream).await;
            record.lock().unwrap().push(asked);
            let body =
                json!({ "authorization_endpoint": "http://127.0.0.1/authorize" }).to_string();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
        }
    });
    let path = std::env::temp_dir().join(format!("authwarden-proxy-{port}.pem"));
    std::fs::write(&path, made.cert.pem()).unwrap();
    let settings = Settings {
        idp_proxy: Some(format!("http://127.0.0.1:{port}")),
        idp_ca_file: Some(path.clone()),
        ..Settings::default()
    };
    let yaml = "identity: { oauth: { providers: [{ alias: g, type: google, client_id: c }] } }";
    let secret = json!({ "items": [{ "alias": "g", "client_secret": "hush" }] });
    let ctx = ctx(yaml, json!({ "sso.oauth.client": secret }));
    let request = AuthorizationRequest { redirect_uri: "https://here", ..Default::default() };
    let handshake = Handshake::new(&ctx.rng);
    let provider = &ctx.app.config.identity.oauth.providers[0];
    let outbound = Outbound::new(settings).unwrap();
    let url = outbound.authorization_url(&ctx, provider, &handshake, request).await.unwrap();
    assert!(url.starts_with("http://127.0.0.1/authorize?response_type=code"), "{url}");
    let expected = [
        "CONNECT accounts.google.com:443 HTTP/1.1",
        "GET /.well-known/openid-configuration HTTP/1.1",
    ];
    assert_eq!(*heard.lock().unwrap(), expected);
    std::fs::remove_file(path).unwrap();
}
