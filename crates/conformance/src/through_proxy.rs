//! The browser that goes to identity providers: through the proxy, trusting its authority, without
//! cookies, one address at a time.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use http::Method;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::client::{Answer, Sent, TIMEOUT, authority, exchange};

/// The head of the proxy's answer to a tunnel is one line and little else.
const HEAD_BYTES_MAX: usize = 4096;

/// Fetches one address.
pub async fn get(url: &Url, proxy: SocketAddr, ca: Option<&Path>) -> Result<Answer> {
    let whole = async {
        let host = authority(url);
        let sent = Sent { method: &Method::GET, url, host: &host, headers: &[] };
        let mut stream = TcpStream::connect(proxy).await.context("the proxy does not listen")?;
        if url.scheme() != "https" {
            return Ok(exchange(stream, sent, url.to_string(), &[]).await?);
        }
        let name = url.host_str().unwrap_or_default().to_owned();
        tunnel(&mut stream, &name).await?;
        let connector = TlsConnector::from(trusting(ca.context("the run has no authority")?)?);
        let stream = connector.connect(ServerName::try_from(name)?, stream).await;
        let stream = stream.context("no TLS with the proxy")?;
        let target = url.query().map_or(url.path().to_owned(), |it| format!("{}?{it}", url.path()));
        Ok(exchange(stream, sent, target, &[]).await?)
    };
    tokio::time::timeout(TIMEOUT, whole).await.context("the provider does not answer")?
}

async fn tunnel(stream: &mut TcpStream, host: &str) -> Result<()> {
    let request = format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        ensure!(head.len() < HEAD_BYTES_MAX, "the proxy talks too much");
        head.push(stream.read_u8().await.context("the proxy refuses the tunnel")?);
    }
    ensure!(head.starts_with(b"HTTP/1.1 200"), "the proxy refuses the tunnel");
    Ok(())
}

fn trusting(ca: &Path) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca)? {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
