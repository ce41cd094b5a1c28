//! Whose certificates are believed: the system's, and those of the installation.
//!
//! A machine without any is no reason not to start: then every connection with TLS fails, and
//! says why.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::settings::SettingsError;

/// Reading a hundred files takes some milliseconds.
static SYSTEM: LazyLock<Vec<CertificateDer<'static>>> = LazyLock::new(|| {
    let found = rustls_native_certs::load_native_certs().certs;
    if found.is_empty() {
        tracing::warn!("this system has no certificates: nothing outside can be called with TLS");
    }
    found
});

#[derive(Clone)]
pub(crate) struct Trust {
    certificates: Arc<[CertificateDer<'static>]>,
    roots: Arc<RootCertStore>,
}

impl Trust {
    /// The system's certificates, and those in `file` (PEM).
    pub fn with(file: Option<&Path>) -> Result<Self, SettingsError> {
        let mut all = SYSTEM.clone();
        if let Some(path) = file {
            let path = path.to_owned();
            let pem = match std::fs::read(&path) {
                Ok(pem) => pem,
                Err(source) => return Err(SettingsError::CaFile { path, source }),
            };
            let own = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
            let own = own.ok().filter(|it| !it.is_empty());
            all.extend(own.ok_or(SettingsError::NoCertificate(path))?);
        }
        let mut roots = RootCertStore::empty();
        // Systems keep certificates that nothing can be made of.
        all.retain(|it| roots.add(it.clone()).is_ok());
        Ok(Self { certificates: all.into(), roots: Arc::new(roots) })
    }

    pub fn certificates(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.certificates.iter()
    }

    pub fn client_config(&self) -> Result<ClientConfig, SettingsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| SettingsError::Tls(error.into()))?;
        Ok(config.with_root_certificates(self.roots.clone()).with_no_client_auth())
    }
}
