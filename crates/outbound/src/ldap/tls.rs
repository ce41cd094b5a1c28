//! TLS towards directories when there are certificates besides the system's.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::settings::{Settings, SettingsError};

/// Trusts the system's certificates and those in `path`.
pub(crate) fn config(path: &PathBuf) -> Result<Arc<ClientConfig>, SettingsError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let pem = Settings::read_ca(path)?;
    let own = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let own = own.ok().filter(|it| !it.is_empty());
    roots.add_parsable_certificates(own.ok_or(SettingsError::NoCertificate(path.clone()))?);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| SettingsError::Tls(error.into()))?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
