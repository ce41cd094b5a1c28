//! The keys a project signs with: the `oauth` item of its secrets, parsed once.
//!
//! The first RS256 key with a private half signs; beside it, the first ES256 and the first EdDSA key
//! sign what is asked for in their algorithm. Every key of the set verifies and is shown in the JWKS,
//! so a retired key is kept in the set until its last token has expired.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::jwk::{JwkError, public_members, thumbprint};
use crate::jws::{JwsError, Unverified, sign};
use crate::jwt::Jwt;
use crate::key::{Algorithm, PrivateKey, PublicKey};

/// A project rotates its key a few times a year; more than this is a mistake.
const KEYS_MAX: usize = 32;

/// Cheap to clone.
#[derive(Clone)]
pub struct SigningKeys(Arc<Keys>);

struct Keys {
    /// One for each algorithm that there is a key for; RS256 is there.
    active: Vec<(String, PrivateKey)>,
    verifying: Vec<(String, PublicKey)>,
    jwks: String,
}

impl SigningKeys {
    /// Reads a JWK set, `{"keys":[…]}`. A key without `kid` is known by its thumbprint.
    pub fn from_jwk_set(set: &Value) -> Result<Self, JwkError> {
        let keys = set.get("keys").and_then(Value::as_array).ok_or(JwkError::Member("keys"))?;
        if keys.len() > KEYS_MAX {
            return Err(JwkError::Member("keys"));
        }
        let (mut active, mut verifying, mut shown) = (Vec::new(), Vec::new(), Vec::new());
        for key in keys {
            let jwk = key.as_object().ok_or(JwkError::Member("keys"))?;
            let public = PublicKey::from_public_members(jwk)?;
            let id = key_id(jwk)?;
            if verifying.iter().any(|(known, _)| *known == id) {
                return Err(JwkError::RepeatedId);
            }
            if jwk.contains_key("d") && of(&active, public.algorithm()).is_none() {
                active.push((id.clone(), PrivateKey::from_jwk(jwk)?));
            }
            shown.push(public_members(jwk, &id)?);
            verifying.push((id, public));
        }
        if of(&active, Algorithm::Rs256).is_none() {
            return Err(JwkError::NothingToSignWith);
        }
        let jwks = json!({ "keys": shown }).to_string();
        Ok(Self(Arc::new(Keys { active, verifying, jwks })))
    }

    /// Signs `claims` with the active key. `typ` keeps one kind of token from passing as
    /// another (RFC 8725 §3.11).
    pub fn sign(&self, typ: &str, claims: &Map<String, Value>) -> String {
        self.sign_as(Algorithm::Rs256, typ, claims).expect("a set without an RS256 key is refused")
    }

    /// The same in an algorithm of the caller's choice; `None` when there is no key for it.
    pub fn sign_as(
        &self,
        algorithm: Algorithm,
        typ: &str,
        claims: &Map<String, Value>,
    ) -> Option<String> {
        let (id, key) = of(&self.0.active, algorithm)?;
        let payload = serde_json::to_vec(claims).expect("JSON values can be written");
        Some(sign(key, id, typ, &payload))
    }

    /// The algorithms that there are keys to sign in, in the order of the set.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.0.active.iter().map(|(_, key)| key.algorithm())
    }

    /// Verifies a token that one of these keys made, active or retired. The caller checks the
    /// claims.
    pub fn verify(&self, token: &str) -> Result<Jwt, JwsError> {
        let token = Unverified::parse(token)?;
        let kid = token.header.kid.as_deref().ok_or(JwsError::UnknownKey)?;
        let key = self.0.verifying.iter().find(|(known, _)| known == kid);
        let (_, key) = key.ok_or(JwsError::UnknownKey)?;
        Jwt::from_unverified(&token, key)
    }

    /// The public halves, as a JWKS document.
    pub fn jwks(&self) -> &str {
        &self.0.jwks
    }
}

fn of(active: &[(String, PrivateKey)], algorithm: Algorithm) -> Option<&(String, PrivateKey)> {
    active.iter().find(|(_, key)| key.algorithm() == algorithm)
}

fn key_id(jwk: &Map<String, Value>) -> Result<String, JwkError> {
    match jwk.get("kid") {
        Some(Value::String(kid)) if !kid.is_empty() => Ok(kid.clone()),
        None => thumbprint(jwk).ok_or(JwkError::Unsupported),
        Some(_) => Err(JwkError::Member("kid")),
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.0.active.iter().map(|(id, _)| id).collect();
        f.debug_tuple("SigningKeys").field(&ids).finish()
    }
}

#[cfg(test)]
mod tests;
