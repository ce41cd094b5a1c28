//! JSON Object Signing: JWS compact, JWK, JWKS, JWT (RFC 7515, 7517, 7519, 7638).
//!
//! One rule stands above the rest: **the key decides the algorithm, never the token**. A key
//! is parsed into exactly one of RS256, ES256 and EdDSA; `none` and the symmetric algorithms
//! cannot be expressed. There is no encryption here, because nothing we speak needs it.

mod der;
mod generate;
mod jwk;
mod jws;
mod jwt;
mod key;
mod key_set;
mod signing_keys;
mod strict_json;

pub use generate::{generate_rs256_jwk, rs256_jwk};
pub use jwk::{JwkError, thumbprint};
pub use jws::{Header, JwsError, Unverified};
pub use jwt::{ClaimsError, Expected, Jwt};
pub use key::{Algorithm, PrivateKey, PublicKey};
pub use key_set::KeySet;
pub use signing_keys::SigningKeys;
pub use strict_json::{StrictJsonError, parse_object};

/// Longest token that is looked at. Ours are under 4 kB; a client key JWT is under 2 kB.
pub const TOKEN_SIZE_BYTES_MAX: usize = 16 * 1024;
