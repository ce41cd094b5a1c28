//! A device with a key pair that signs challenges: App2App, anonymous people.

use jose::PrivateKey;
use serde_json::{Value, json};
use stdx::base64url;

/// P-256 as iOS makes them, or RSA as Android does.
pub struct DeviceKey {
    private: PrivateKey,
    /// The public key.
    pub jwk: Value,
    alg: &'static str,
}

impl DeviceKey {
    /// RFC 7515 §A.3.1.
    pub fn ios() -> Self {
        Self::p256(
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
        )
    }

    /// Another key that says to be the same: it has the same id. RFC 7517 §A.2.
    pub fn stolen() -> Self {
        Self::p256(
            "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
            "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE",
        )
    }

    fn p256(x: &str, y: &str, d: &str) -> Self {
        let key = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "d": d });
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "x": x, "y": y, "alg": "ES256",
            "kid": "AAAAAAAA-0000-4000-8000-000000000001",
        });
        Self { private: private(&key), jwk, alg: "ES256" }
    }

    /// A fresh key, which takes a tenth of a second.
    pub fn android() -> Self {
        let full = jose::generate_rs256_jwk("device-key-2", stdx::Timestamp::EPOCH);
        let jwk = json!({
            "kid": "device-key-2", "kty": "RSA", "alg": "RS256", "n": full["n"], "e": full["e"],
        });
        Self { private: private(&full), jwk, alg: "RS256" }
    }

    /// The header of a JWT that carries the key.
    pub fn header(&self, typ: &str) -> Value {
        json!({ "typ": typ, "alg": self.alg, "kid": self.jwk["kid"], "jwk": self.jwk })
    }

    /// The header of a JWT that only names the key.
    pub fn naming_header(&self, typ: &str) -> Value {
        json!({ "typ": typ, "alg": self.alg, "kid": self.jwk["kid"] })
    }

    /// A JWT with this header, whatever it says, signed with this key.
    pub fn sign(&self, header: &Value, payload: &Value) -> String {
        let part = |it: &Value| base64url(it.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(payload));
        let signature = self.private.sign(signed.as_bytes());
        format!("{signed}.{}", base64url(&signature))
    }
}

fn private(key: &Value) -> PrivateKey {
    let members = key.as_object().expect("a key is an object");
    PrivateKey::from_jwk(members).expect("a good key")
}
