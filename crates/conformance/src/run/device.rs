//! `sign_device_jwt`: a device proves its key by signing a challenge. An extension of ours.
//!
//! A key is made when a case first names it, and stays for the case.

use jose::PrivateKey;
use serde_json::{Map, Value, json};
use stdx::base64url;

use super::{Made, Run, parse};
use crate::case::DeviceJwt;
use crate::failure::Failure;

/// How long a proof is good for.
const LIFETIME_SECONDS: i64 = 60;

/// What of a key everybody may see (RFC 7518 §6.3.1).
const PUBLIC: [&str; 5] = ["kty", "kid", "alg", "n", "e"];

impl Run<'_> {
    pub(super) async fn device_jwt(&mut self, step: &DeviceJwt) -> Result<Made, Failure> {
        let claims = self.render(&step.device_jwt_claims).await?;
        let mut claims = parse("device_jwt_claims", &claims)?;
        let now = self.world.now();
        claims["iat"] = now.seconds().into();
        claims["exp"] = now.plus_seconds(LIFETIME_SECONDS).seconds().into();
        let kid = self.world.rng.uuid();
        let jwk = self
            .device_keys
            .entry(step.device_key.clone())
            .or_insert_with(|| jose::generate_rs256_jwk(&kid, now));
        let not_a_key = || Failure::new("a device key", "it cannot be used");
        let members = jwk.as_object().ok_or_else(not_a_key)?;
        let key = PrivateKey::from_jwk(members).map_err(|_| not_a_key())?;
        let public: Map<String, Value> = members
            .iter()
            .filter(|(name, _)| PUBLIC.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let header = json!({
            "typ": step.device_jwt_type,
            "alg": key.algorithm().name(),
            "kid": members["kid"],
            "jwk": public,
        });
        let signed = [header, claims].map(|it| base64url(it.to_string().as_bytes())).join(".");
        let signature = base64url(&key.sign(signed.as_bytes()));
        Ok(Made { result: json!({ "jwt": format!("{signed}.{signature}") }), error: Value::Null })
    }
}
