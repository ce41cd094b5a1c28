//! Public keys of somebody else: a JWK set (RFC 7517 §5), as far as we can use it.

use serde_json::{Map, Value};

use crate::jws::{JwsError, Unverified};
use crate::jwt::Jwt;
use crate::key::PublicKey;

/// Nobody has as many keys at a time.
const KEYS_MAX: usize = 100;

/// Keys by the names that tokens give them.
#[derive(Clone, Debug, Default)]
pub struct KeySet(Vec<Key>);

#[derive(Clone, Debug)]
struct Key {
    id: Option<String>,
    key: PublicKey,
}

impl KeySet {
    /// Keys that we cannot use stand beside those that we can.
    pub fn read(set: &Value) -> Self {
        let keys = set["keys"].as_array().into_iter().flatten().take(KEYS_MAX);
        let read = |jwk: &Map<String, Value>| {
            let id = jwk.get("kid").and_then(Value::as_str).map(str::to_owned);
            PublicKey::from_jwk(jwk).ok().map(|key| Key { id, key })
        };
        Self(keys.filter_map(Value::as_object).filter_map(read).collect())
    }

    /// Whether one of them could have signed the token.
    pub fn has_key_for(&self, token: &Unverified<'_>) -> bool {
        self.0.iter().any(|key| is_named(key, token))
    }

    /// A token without a `kid` may be by any of the keys (RFC 7515 §4.1.4 makes it optional).
    pub fn verify(&self, token: &Unverified<'_>) -> Result<Jwt, JwsError> {
        let mut problem = JwsError::UnknownKey;
        for key in self.0.iter().filter(|key| is_named(key, token)) {
            match Jwt::from_unverified(token, &key.key) {
                Ok(jwt) => return Ok(jwt),
                Err(error) => problem = error,
            }
        }
        Err(problem)
    }
}

fn is_named(key: &Key, token: &Unverified<'_>) -> bool {
    token.header.kid.is_none() || token.header.kid == key.id
}
