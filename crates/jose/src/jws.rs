//! JWS compact serialisation (RFC 7515 §3.1): split, look at the header, verify.
//!
//! What it leaves to others: which key to verify with. [`Unverified`] gives away the header,
//! because a key has to be found by it; the payload comes only from
//! [`Unverified::verify`], or under a name that says what it is.

use serde_json::{Map, Value, json};
use stdx::{base64url, from_base64url};

use crate::key::{PrivateKey, PublicKey};
use crate::{TOKEN_SIZE_BYTES_MAX, parse_object};

/// Longest `kid` that is looked up; upstream's are UUIDs.
const KID_BYTES_MAX: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    #[error("the token is too large")]
    TooLarge,
    #[error("the token is not a signed token in compact form")]
    Malformed,
    /// RFC 7515 §4.1.11: an extension that we do not understand must stop us.
    #[error("the token asks for extensions that are not supported")]
    CriticalExtension,
    #[error("the token was made with an unknown key")]
    UnknownKey,
    #[error("the token names another algorithm than its key is for")]
    OtherAlgorithm,
    #[error("the signature of the token is not valid")]
    BadSignature,
}

/// What a header says, before anybody vouches for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    pub alg: String,
    pub typ: Option<String>,
    pub kid: Option<String>,
    /// An embedded public key. It proves possession of itself and nothing else.
    pub jwk: Option<Map<String, Value>>,
}

/// A token that was taken apart, and not believed.
#[derive(Debug)]
pub struct Unverified<'a> {
    pub header: Header,
    signed: &'a [u8],
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> Unverified<'a> {
    pub fn parse(token: &'a str) -> Result<Self, JwsError> {
        if token.len() > TOKEN_SIZE_BYTES_MAX {
            return Err(JwsError::TooLarge);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed)?;
        if payload.contains('.') {
            return Err(JwsError::Malformed);
        }
        let signature = from_base64url(signature).ok_or(JwsError::Malformed)?;
        let header = from_base64url(header).ok_or(JwsError::Malformed)?;
        let header = parse_object(&header).map_err(|_| JwsError::Malformed)?;
        let header = Header::read(header)?;
        Ok(Self { header, signed: signed.as_bytes(), payload, signature })
    }

    /// The payload with nobody vouching for it. It may be used to find out what to verify
    /// with, and for nothing that a verified payload is used for.
    pub fn unverified_payload(&self) -> Option<Vec<u8>> {
        from_base64url(self.payload)
    }

    /// The payload, once `key` has vouched for it. The header's `alg` may only agree with
    /// the key; it never chooses (RFC 8725 §3.1).
    pub fn verify(&self, key: &PublicKey) -> Result<Vec<u8>, JwsError> {
        if self.header.alg != key.algorithm().name() {
            return Err(JwsError::OtherAlgorithm);
        }
        if !key.verifies(self.signed, &self.signature) {
            return Err(JwsError::BadSignature);
        }
        from_base64url(self.payload).ok_or(JwsError::Malformed)
    }
}

impl Header {
    fn read(mut members: Map<String, Value>) -> Result<Self, JwsError> {
        // `b64` changes what is signed (RFC 7797), and is only valid inside `crit`.
        if members.contains_key("crit") || members.contains_key("b64") {
            return Err(JwsError::CriticalExtension);
        }
        let mut text = |name| match members.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(JwsError::Malformed),
        };
        let alg = text("alg")?.ok_or(JwsError::Malformed)?;
        let (typ, kid) = (text("typ")?, text("kid")?);
        if kid.as_ref().is_some_and(|kid| kid.is_empty() || kid.len() > KID_BYTES_MAX) {
            return Err(JwsError::Malformed);
        }
        let jwk = match members.remove("jwk") {
            None => None,
            Some(Value::Object(jwk)) => Some(jwk),
            Some(_) => return Err(JwsError::Malformed),
        };
        Ok(Self { alg, typ, kid, jwk })
    }

    /// Whether `typ` is `expected`; media type names do not care for case (RFC 7515 §4.1.9).
    pub fn is_type(&self, expected: &str) -> bool {
        self.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(expected))
    }
}

/// Signs `payload`; the header carries `alg`, `kid` and `typ`.
pub(crate) fn sign(key: &PrivateKey, kid: &str, typ: &str, payload: &[u8]) -> String {
    let header = json!({ "alg": key.algorithm().name(), "kid": kid, "typ": typ });
    let signed = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(payload));
    let signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", base64url(&signature))
}

#[cfg(test)]
mod tests;
