//! Secrets that are keys: JSON Web Keys (RFC 7517) and certificates.
//!
//! What a key can do is for `jose` to say; here a key is a JSON object with an id.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use stdx::Secret;

use crate::text;

/// What a JWK must have, whatever its type.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "only its schema is used")]
pub struct Jwk {
    kid: String,
    kty: String,
}

/// A set of keys.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeySet {
    #[schemars(with = "Vec<Jwk>", length(min = 1))]
    keys: Secret<Vec<Value>>,
}

/// Tokens with which clients may register themselves (RFC 7591 §3).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegistrationTokens {
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub tokens: Secret<Vec<String>>,
}

/// The secrets of confidential clients.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientSecrets {
    pub items: Vec<ClientSecretsItem>,
}

/// The secrets of one client.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientSecretsItem {
    pub client_id: String,
    #[schemars(with = "Vec<Jwk>", length(min = 1))]
    pub keys: Keys,
}

/// Keys by themselves.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Keys(Secret<Vec<Value>>);

/// With what SAML messages are signed; two while one replaces the other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct SamlIdpSigning {
    #[schemars(length(min = 1, max = 2))]
    pub certificates: Vec<SamlIdpCertificate>,
}

/// A key and the certificate by which service providers know it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct SamlIdpCertificate {
    pub certificate: Certificate,
    #[schemars(with = "Jwk")]
    pub key: Secret<Value>,
}

/// The certificates of one service provider.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct SamlSpCertificates {
    pub service_provider_id: String,
    pub certificates: Vec<Certificate>,
}

/// An X.509 certificate.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Certificate {
    #[schemars(with = "text::Certificate")]
    pub pem: String,
}

impl KeySet {
    /// The JWKs. They may be private: look, do not log.
    pub fn keys(&self) -> &[Value] {
        self.keys.reveal()
    }

    /// The symmetric keys of the set.
    pub fn octets(&self) -> Vec<Secret<Vec<u8>>> {
        octets(self.keys.reveal())
    }
}

impl Keys {
    /// The symmetric keys among them.
    pub fn octets(&self) -> Vec<Secret<Vec<u8>>> {
        octets(self.0.reveal())
    }
}

/// `k` of the keys of type `oct` (RFC 7518 §6.4).
fn octets(keys: &[Value]) -> Vec<Secret<Vec<u8>>> {
    let symmetric = keys.iter().filter(|key| key["kty"] == "oct");
    symmetric.filter_map(|key| stdx::from_base64url(key["k"].as_str()?)).map(Secret::new).collect()
}
