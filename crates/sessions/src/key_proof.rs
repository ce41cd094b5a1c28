//! A JWT by which a device proves that it holds a key: of App2App, of anonymous people, of a
//! biometric lock.
//!
//! It names a key, or carries one, and signs a challenge of ours. Carrying a key proves that its
//! holder holds it and nothing else; whose the key is, is for the caller to know. RSA and P-256
//! only: that is what devices have.

use ctx::Ctx;
use jose::{Algorithm, Expected, Jwt, PublicKey, Unverified};
use serde_json::{Map, Value, json};

/// Clocks of devices are off by minutes. The challenge is what makes a proof fresh.
const SKEW_SECONDS: i64 = 5 * 60;

/// A public key as devices and rows have it (RFC 7517).
pub type Jwk = Map<String, Value>;

/// A proof that was read, and is to be judged by a key.
#[derive(Debug)]
pub struct KeyProof<'a> {
    token: Unverified<'a>,
    /// With nobody vouching for them yet: to find the challenge and the key, and for no more.
    claims: Jwt,
    key_id: String,
}

impl<'a> KeyProof<'a> {
    /// Reads a JWT that says to be of type `typ`, and whose time is now.
    pub fn read(ctx: &Ctx, jwt: &'a str, typ: &str) -> Option<Self> {
        let token = Unverified::parse(jwt).ok()?;
        if !token.header.is_type(typ) {
            return None;
        }
        let key_id = key_id(&token)?;
        let claims = jose::parse_object(&token.unverified_payload()?).ok()?;
        let claims = Jwt { header: token.header.clone(), claims };
        let expected = Expected {
            now: ctx.now,
            skew_seconds: SKEW_SECONDS,
            issuer: None,
            audience: None,
            expired_is_fine: false,
        };
        claims.check(&expected).ok()?;
        claims.text("challenge")?;
        Some(Self { token, claims, key_id })
    }

    /// What the device calls the key.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// What was signed; to be used up before the signature is judged.
    pub fn challenge(&self) -> &str {
        self.claims.text("challenge").unwrap_or_default()
    }

    /// What the device wants. It is worth as much as the signature.
    pub fn action(&self) -> Option<&str> {
        self.claims.text("action")
    }

    /// What else it says. It is worth as much as the signature.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.claims.get(name)
    }

    /// The key that the JWT carries. Only what makes the key is kept; whatever else a stranger
    /// wrote beside it is not.
    pub fn carried_key(&self) -> Option<Jwk> {
        let jwk = self.token.header.jwk.as_ref()?;
        usable(jwk)?;
        let mut kept = Map::new();
        kept.insert("kid".to_owned(), json!(self.key_id));
        for name in ["kty", "alg", "n", "e", "crv", "x", "y"] {
            if let Some(value) = jwk.get(name) {
                kept.insert(name.to_owned(), value.clone());
            }
        }
        Some(kept)
    }

    /// Whether the holder of this key signed it.
    pub fn is_signed_with(&self, jwk: &Jwk) -> bool {
        usable(jwk).is_some_and(|key| self.token.verify(&key).is_ok())
    }
}

/// A key that devices have.
fn usable(jwk: &Jwk) -> Option<PublicKey> {
    let key = PublicKey::from_jwk(jwk).ok()?;
    (key.algorithm() != Algorithm::EdDsa).then_some(key)
}

/// The name of the key. A header that names another key than it carries is a trick.
fn key_id(token: &Unverified<'_>) -> Option<String> {
    let carried = match &token.header.jwk {
        Some(jwk) => Some(jwk.get("kid").and_then(Value::as_str)?),
        None => None,
    };
    let id = match (token.header.kid.as_deref(), carried) {
        (Some(named), Some(carried)) if named != carried => return None,
        (named, carried) => carried.or(named)?,
    };
    is_key_id(id).then(|| id.to_owned())
}

/// Upstream's `^[-\w]{8,64}$`.
fn is_key_id(id: &str) -> bool {
    let is_word = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
    (8..=64).contains(&id.len()) && id.bytes().all(is_word)
}
