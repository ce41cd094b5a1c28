//! JSON Web Keys (RFC 7517) into parsed keys, and their thumbprints (RFC 7638).
//!
//! A public key may come from a stranger, in the header of a token of the App2App or biometric
//! protocols. What we accept is therefore narrow: RSA of 2048 to 4096 bits, P-256, Ed25519.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rsa::{KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    Ed25519KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair,
};
use serde_json::{Map, Value, json};
use stdx::{base64url, from_base64url};

use crate::key::{Algorithm, Pair, PrivateKey, PublicKey};

/// Longest modulus: 4096 bits. Verifying costs time that a stranger should not choose.
const MODULUS_BYTES_MAX: usize = 512;
const MODULUS_BYTES_MIN: usize = 256;
/// Public exponents in use are 3 and 65537.
const EXPONENT_BYTES_MAX: usize = 4;
/// Members that only a private or a symmetric key has (RFC 7518 §6).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    #[error("the key is of a type or curve that is not supported")]
    Unsupported,
    #[error("the member {0} of the key is missing or malformed")]
    Member(&'static str),
    #[error("the key is meant for another algorithm or use")]
    OtherUse,
    #[error("a private or symmetric key stands where a public key belongs")]
    NotPublic,
    #[error("the key is too weak, too large or not valid")]
    Invalid,
    #[error("two keys of the set have the same id")]
    RepeatedId,
    #[error("the set holds no RS256 key to sign with")]
    NothingToSignWith,
}

impl PublicKey {
    /// Reads a public JWK. One that carries private members is refused, not trimmed.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, JwkError> {
        if PRIVATE_MEMBERS.iter().any(|name| jwk.contains_key(*name)) {
            return Err(JwkError::NotPublic);
        }
        Self::from_public_members(jwk)
    }

    pub(crate) fn from_public_members(jwk: &Map<String, Value>) -> Result<Self, JwkError> {
        let algorithm = algorithm_of(jwk)?;
        let parsed = match algorithm {
            Algorithm::Rs256 => {
                let (n, e) = rsa_members(jwk)?;
                let components = PublicKeyComponents { n, e };
                components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            }
            Algorithm::Es256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point(jwk)?),
            Algorithm::EdDsa => ParsedPublicKey::new(&ED25519, sized(jwk, "x", 32)?),
        };
        Ok(Self { algorithm, parsed: parsed.map_err(|_| JwkError::Invalid)? })
    }
}

impl PrivateKey {
    /// Reads a private JWK, with the factors of an RSA key.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, JwkError> {
        let pair = match algorithm_of(jwk)? {
            Algorithm::Rs256 => {
                let (n, e) = rsa_members(jwk)?;
                let pair = RsaKeyPair::from_components(&KeyPairComponents {
                    public_key: PublicKeyComponents { n, e },
                    d: bytes(jwk, "d")?,
                    p: bytes(jwk, "p")?,
                    q: bytes(jwk, "q")?,
                    dP: bytes(jwk, "dp")?,
                    dQ: bytes(jwk, "dq")?,
                    qInv: bytes(jwk, "qi")?,
                });
                pair.map(Pair::Rsa)
            }
            Algorithm::Es256 => {
                let (d, point) = (sized(jwk, "d", 32)?, point(jwk)?);
                let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
                EcdsaKeyPair::from_private_key_and_public_key(algorithm, &d, &point).map(Pair::P256)
            }
            Algorithm::EdDsa => {
                let (d, x) = (sized(jwk, "d", 32)?, sized(jwk, "x", 32)?);
                Ed25519KeyPair::from_seed_and_public_key(&d, &x).map(Pair::Ed25519)
            }
        };
        pair.map(|pair| Self { pair }).map_err(|_| JwkError::Invalid)
    }
}

/// The SHA-256 thumbprint, base64url (RFC 7638 §3); `None` for a key we do not support.
pub fn thumbprint(jwk: &Map<String, Value>) -> Option<String> {
    // Members in lexicographic order, as §3.3 requires; built from text, not from a map.
    let (kty, names): (_, &[&str]) = match jwk.get("kty")?.as_str()? {
        "RSA" => ("RSA", &["e", "kty", "n"]),
        "EC" => ("EC", &["crv", "kty", "x", "y"]),
        "OKP" => ("OKP", &["crv", "kty", "x"]),
        _ => return None,
    };
    let mut canonical = Map::new();
    for name in names {
        let value = if *name == "kty" { kty } else { jwk.get(*name)?.as_str()? };
        canonical.insert((*name).to_owned(), value.into());
    }
    let canonical = serde_json::to_vec(&canonical).expect("a map of strings is JSON");
    Some(base64url(digest(&SHA256, &canonical).as_ref()))
}

/// The public members only, as a JWKS shows them.
pub(crate) fn public_members(jwk: &Map<String, Value>, kid: &str) -> Result<Value, JwkError> {
    let mut public = json!({ "kid": kid, "use": "sig", "alg": algorithm_of(jwk)?.name() });
    for name in ["kty", "n", "e", "crv", "x", "y"] {
        if let Some(value) = jwk.get(name) {
            public[name] = value.clone();
        }
    }
    Ok(public)
}

/// The one algorithm that a key is for; `alg` and `use` may only confirm it (RFC 7517 §4).
fn algorithm_of(jwk: &Map<String, Value>) -> Result<Algorithm, JwkError> {
    let text = |name| jwk.get(name).and_then(Value::as_str);
    let algorithm = match (text("kty"), text("crv")) {
        (Some("RSA"), None) => Algorithm::Rs256,
        (Some("EC"), Some("P-256")) => Algorithm::Es256,
        (Some("OKP"), Some("Ed25519")) => Algorithm::EdDsa,
        _ => return Err(JwkError::Unsupported),
    };
    let confirms = |name, expected| jwk.get(name).is_none_or(|value| value == expected);
    if !confirms("alg", algorithm.name()) || !confirms("use", "sig") {
        return Err(JwkError::OtherUse);
    }
    Ok(algorithm)
}

fn rsa_members(jwk: &Map<String, Value>) -> Result<(Vec<u8>, Vec<u8>), JwkError> {
    let (n, e) = (bytes(jwk, "n")?, bytes(jwk, "e")?);
    let fits = (MODULUS_BYTES_MIN..=MODULUS_BYTES_MAX).contains(&n.len())
        && e.len() <= EXPONENT_BYTES_MAX
        && n.first().is_some_and(|first| *first >= 0x80)
        && n.last().is_some_and(|last| last & 1 == 1)
        && e.last().is_some_and(|last| last & 1 == 1)
        && e != [1];
    if fits { Ok((n, e)) } else { Err(JwkError::Invalid) }
}

/// The uncompressed point `4 || x || y` (RFC 7518 §6.2.1: coordinates have full length).
fn point(jwk: &Map<String, Value>) -> Result<Vec<u8>, JwkError> {
    let mut point = vec![4];
    point.extend(sized(jwk, "x", 32)?);
    point.extend(sized(jwk, "y", 32)?);
    Ok(point)
}

fn sized(
    jwk: &Map<String, Value>,
    name: &'static str,
    size_bytes: usize,
) -> Result<Vec<u8>, JwkError> {
    bytes(jwk, name)
        .and_then(|it| if it.len() == size_bytes { Ok(it) } else { Err(JwkError::Member(name)) })
}

fn bytes(jwk: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, JwkError> {
    jwk.get(name).and_then(Value::as_str).and_then(from_base64url).ok_or(JwkError::Member(name))
}

#[cfg(test)]
mod tests;
