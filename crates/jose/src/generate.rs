//! New signing keys for new projects.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use serde_json::{Value, json};
use stdx::{Timestamp, base64url};

use crate::der;

/// A private RS256 JWK of 2048 bits, as the `oauth` secret holds them. It takes a tenth of a
/// second: not for the way of a request.
///
/// `kid` comes from the caller's randomness; the key itself always from the operating system.
pub fn generate_rs256_jwk(kid: &str, created_at: Timestamp) -> Value {
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("the operating system has randomness");
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().expect("a generated key can be written");
    rs256_jwk(kid, created_at, pkcs8.as_ref()).expect("the library writes PKCS#8")
}

/// The JWK of an RSA key in PKCS#8 (RFC 5208), such as one that a certificate was made for.
pub fn rs256_jwk(kid: &str, created_at: Timestamp, pkcs8: &[u8]) -> Option<Value> {
    let numbers = der::rsa_private_key(pkcs8)?;
    let mut jwk = json!({
        "kid": kid, "kty": "RSA", "alg": "RS256", "use": "sig",
        "created_at": created_at.seconds(),
    });
    // RFC 7518 §6.3 names the members in the order in which RFC 8017 writes the numbers; the
    // first number is the version of the structure.
    for (name, number) in ["n", "e", "d", "p", "q", "dp", "dq", "qi"].iter().zip(&numbers[1..]) {
        jwk[name] = base64url(number).into();
    }
    Some(jwk)
}
