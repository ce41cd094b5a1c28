use std::io::Write as _;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::Outbound;

#[track_caller]
fn check(settings: Settings, expected: &str) {
    let error = Outbound::new(settings).unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn what_is_wrong_with_the_settings_is_said_at_the_start() {
    let proxy = Some("not a proxy".to_owned());
    check(Settings { proxy, ..Settings::default() }, "is not the address of an HTTP proxy");
    let ca_file = Some("/nonexistent/ca.pem".into());
    check(Settings { ca_file, ..Settings::default() }, "cannot read the certificates");
}

#[tokio::test]
async fn https_is_spoken_with_whom_the_installation_trusts() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
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
    let mut server = JoinSet::new();
    server.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        }
    });
    let path = std::env::temp_dir().join(format!("authwarden-https-{port}.pem"));
    std::fs::write(&path, made.cert.pem()).unwrap();
    let allowed = vec!["127.0.0.0/8".parse().unwrap()];
    let stranger = Settings { allowed, ..Settings::default() };
    let friend = Settings { ca_file: Some(path.clone()), ..stranger.clone() };
    let bounds = Bounds::new(5, 1024);
    let url = Url::parse(&format!("https://localhost:{port}/")).unwrap();
    let ask = |settings| {
        let http = Http::new(&settings).unwrap();
        exchange(http.request(Route::Guarded, Method::GET, &url).unwrap(), bounds)
    };
    assert_eq!(ask(friend).await.unwrap().status, 204);
    assert!(matches!(ask(stranger).await, Err(HttpError::Unreachable(_))));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_file_without_a_certificate_is_refused() {
    let path = std::env::temp_dir().join(format!("authwarden-ca-{}.pem", std::process::id()));
    std::fs::File::create(&path).unwrap().write_all(b"hello").unwrap();
    check(
        Settings { ca_file: Some(path.clone()), ..Settings::default() },
        "there is no certificate",
    );
    std::fs::remove_file(path).unwrap();
}
