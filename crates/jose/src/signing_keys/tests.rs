use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use stdx::Timestamp;

use super::SigningKeys;
use crate::{JwkError, JwsError, generate_rs256_jwk};

// Generating takes a tenth of a second, so all tests share these.
static KEYS: LazyLock<[Value; 2]> =
    LazyLock::new(|| ["new", "old"].map(|kid| generate_rs256_jwk(kid, Timestamp::EPOCH)));

fn set(keys: &[&Value]) -> Result<SigningKeys, JwkError> {
    SigningKeys::from_jwk_set(&json!({ "keys": keys }))
}

fn claims() -> Map<String, Value> {
    json!({"sub":"alice"}).as_object().unwrap().clone()
}

#[test]
fn a_generated_key_has_the_shape_of_the_secret() {
    let names: Vec<_> = KEYS[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names.join(" "), "kid kty alg use created_at n e d p q dp dq qi");
    assert_eq!(KEYS[0]["e"], "AQAB");
}

#[test]
fn tokens_of_a_retired_key_still_verify() {
    let before = set(&[&KEYS[1]]).unwrap();
    let token = before.sign("JWT", &claims());
    let after = set(&[&KEYS[0], &KEYS[1]]).unwrap();
    assert_eq!(after.verify(&token).unwrap().text("sub"), Some("alice"));
    let fresh = after.sign("at+jwt", &claims());
    assert_eq!(after.verify(&fresh).unwrap().header.kid.as_deref(), Some("new"));
    assert_eq!(before.verify(&fresh), Err(JwsError::UnknownKey));
}

#[test]
fn another_projects_key_of_the_same_id_does_not_pass() {
    let mut impostor = KEYS[1].clone();
    impostor["kid"] = "new".into();
    let token = set(&[&impostor]).unwrap().sign("JWT", &claims());
    assert_eq!(set(&[&KEYS[0]]).unwrap().verify(&token), Err(JwsError::BadSignature));
}

#[test]
fn the_jwks_shows_nothing_private() {
    let keys = set(&[&KEYS[0], &KEYS[1]]).unwrap();
    let jwks: Value = serde_json::from_str(keys.jwks()).unwrap();
    for key in jwks["keys"].as_array().unwrap() {
        let mut names: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
    }
    assert_eq!(format!("{keys:?}"), r#"SigningKeys(["new"])"#);
}

#[test]
fn a_public_key_alone_verifies_but_cannot_sign() {
    let public: Value = {
        let keys = set(&[&KEYS[1]]).unwrap();
        serde_json::from_str::<Value>(keys.jwks()).unwrap()["keys"][0].clone()
    };
    assert_eq!(set(&[&public]).err(), Some(JwkError::NothingToSignWith));
    let keys = set(&[&public, &KEYS[0]]).unwrap();
    let token = set(&[&KEYS[1]]).unwrap().sign("JWT", &claims());
    assert!(keys.verify(&token).is_ok());
}

#[test]
fn broken_sets_are_refused() {
    assert_eq!(SigningKeys::from_jwk_set(&json!({})).err(), Some(JwkError::Member("keys")));
    assert_eq!(set(&[]).err(), Some(JwkError::NothingToSignWith));
    assert_eq!(set(&[&KEYS[0], &KEYS[0]]).err(), Some(JwkError::RepeatedId));
    let mut torn = KEYS[0].clone();
    torn["d"] = KEYS[1]["d"].clone();
    assert_eq!(set(&[&torn]).err(), Some(JwkError::Invalid));
}

#[test]
fn no_change_of_a_token_goes_unnoticed_or_brings_anything_down() {
    let keys = set(&[&KEYS[0]]).unwrap();
    let token = keys.sign("JWT", &claims());
    let rng = stdx::Rng::seeded(7);
    for _ in 0..2_000 {
        let mut bytes = token.clone().into_bytes();
        for [high, low, value] in [rng.bytes::<3>(), rng.bytes::<3>()] {
            let at = usize::from(u16::from_be_bytes([high, low])) % bytes.len();
            match value % 4 {
                0 => bytes[at] = value,
                1 => bytes.truncate(at),
                2 => bytes.insert(at, b'.'),
                _ => bytes.swap(at, 0),
            }
            if bytes.is_empty() {
                break;
            }
        }
        let changed = String::from_utf8_lossy(&bytes).into_owned();
        if changed != token {
            assert!(keys.verify(&changed).is_err(), "{changed}");
        }
    }
}

#[test]
fn each_algorithm_has_a_key_of_its_own() {
    // RFC 8037 §A.1 and RFC 7517 §A.2.
    let okp = json!({
        "kty": "OKP", "crv": "Ed25519", "kid": "okp",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    let ec = json!({
        "kty": "EC", "crv": "P-256", "kid": "ec",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE",
    });
    let keys = set(&[&okp, &KEYS[0], &ec]).unwrap();
    let names: Vec<_> = keys.algorithms().map(crate::Algorithm::name).collect();
    assert_eq!(names, ["EdDSA", "RS256", "ES256"]);
    for algorithm in keys.algorithms().collect::<Vec<_>>() {
        let token = keys.sign_as(algorithm, "JWT", &claims()).unwrap();
        assert_eq!(keys.verify(&token).unwrap().header.alg, algorithm.name());
    }
    let token = keys.sign("JWT", &claims());
    assert_eq!(keys.verify(&token).unwrap().header.alg, "RS256");
    let alone = set(&[&KEYS[0]]).unwrap();
    assert_eq!(alone.sign_as(crate::Algorithm::Es256, "JWT", &claims()), None);
}
