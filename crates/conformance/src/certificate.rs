//! Certificates that a run makes for itself: what SAML messages are signed with.

use anyhow::{Context as _, Result};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};
use stdx::Timestamp;

/// A key with a certificate of its own, as the secret `saml.idp.signing` holds them.
pub fn for_saml(kid: &str, now: Timestamp) -> Result<Value> {
    let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)
        .context("cannot make a key for SAML")?;
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.distinguished_name.push(DnType::CommonName, "conformance");
    let certificate =
        parameters.self_signed(&pair).context("cannot make a certificate for SAML")?;
    let key = jose::rs256_jwk(kid, now, &pair.serialize_der()).context("the key is no RSA key")?;
    Ok(json!({ "certificate": { "pem": certificate.pem() }, "key": key }))
}
