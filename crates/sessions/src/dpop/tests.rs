use jose::{PrivateKey, thumbprint};
use serde_json::{Map, Value, json};
use stdx::base64url;

use super::{Proof, ProofError, Target, nonce};
use crate::world::{START, World};

const URL: &str = "https://test.example.com/oauth2/token";
const TARGET: Target<'_> = Target { method: "POST", url: URL };

/// RFC 7515 §A.3.1.
fn key() -> Map<String, Value> {
    let key = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
    });
    key.as_object().unwrap().clone()
}

fn public() -> Value {
    let mut key = key();
    key.remove("d");
    Value::Object(key)
}

fn sign(header: &Value, payload: &Value) -> String {
    let part = |it: &Value| base64url(it.to_string().as_bytes());
    let signed = format!("{}.{}", part(header), part(payload));
    let signature = PrivateKey::from_jwk(&key()).unwrap().sign(signed.as_bytes());
    format!("{signed}.{}", base64url(&signature))
}

fn payload() -> Value {
    json!({ "jti": "one", "htm": "POST", "htu": URL, "iat": START.seconds() })
}

fn header() -> Value {
    json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": public() })
}

fn proof(payload: &Value) -> String {
    sign(&header(), payload)
}

/// `change` on top of what a good proof says.
async fn check(change: Value, expected: Result<(), ProofError>) {
    let mut said = payload();
    for (name, value) in change.as_object().unwrap() {
        said[name] = value.clone();
    }
    let world = World::new().await;
    let read = Proof::read(&world.ctx(), &proof(&said), TARGET);
    assert_eq!(read.map(|_| ()), expected, "{change}");
}

async fn check_header(change: Value, expected: ProofError) {
    let mut said = header();
    for (name, value) in change.as_object().unwrap() {
        said[name] = value.clone();
    }
    let world = World::new().await;
    let read = Proof::read(&world.ctx(), &sign(&said, &payload()), TARGET);
    assert_eq!(read.err(), Some(expected), "{change}");
}

#[tokio::test]
async fn a_proof_is_for_one_method_and_one_address() {
    check(json!({}), Ok(())).await;
    check(json!({ "htm": "post" }), Ok(())).await;
    check(json!({ "htu": format!("{URL}?a=b#c") }), Ok(())).await;
    check(json!({ "htu": "HTTPS://TEST.example.com:443/oauth2/token" }), Ok(())).await;
    check(json!({ "htm": "GET" }), Err(ProofError::OtherMethod)).await;
    for other in [
        "https://test.example.com/oauth2/revoke",
        "http://test.example.com/oauth2/token",
        "https://test.example.com.evil.com/oauth2/token",
        "https://test.example.com/oauth2/token/",
    ] {
        check(json!({ "htu": other }), Err(ProofError::OtherAddress)).await;
    }
    check(json!({ "htu": "/oauth2/token" }), Err(ProofError::Address)).await;
    check(json!({ "htu": null }), Err(ProofError::Payload)).await;
    check(json!({ "htm": 1 }), Err(ProofError::Payload)).await;
}

#[tokio::test]
async fn a_proof_is_from_now() {
    let now = START.seconds();
    check(json!({ "iat": now - 300 }), Ok(())).await;
    check(json!({ "iat": now + 300 }), Ok(())).await;
    check(json!({ "iat": now - 301 }), Err(ProofError::Expired)).await;
    check(json!({ "iat": now + 301 }), Err(ProofError::NotYet)).await;
    check(json!({ "nbf": now + 301 }), Err(ProofError::NotYet)).await;
    check(json!({ "exp": now + 60 }), Ok(())).await;
    check(json!({ "exp": now - 301 }), Err(ProofError::Expired)).await;
    for broken in [json!({ "iat": null }), json!({ "iat": "now" }), json!({ "exp": "later" })] {
        check(broken, Err(ProofError::Payload)).await;
    }
}

#[tokio::test]
async fn a_proof_has_a_name_of_moderate_length() {
    check(json!({ "jti": "x".repeat(128) }), Ok(())).await;
    for jti in [json!("x".repeat(129)), json!(""), json!(7), json!(null)] {
        check(json!({ "jti": jti }), Err(ProofError::Payload)).await;
    }
}

#[tokio::test]
async fn the_key_is_public_supported_and_the_one_that_signed() {
    check_header(json!({ "typ": "JWT" }), ProofError::Type).await;
    check_header(json!({ "alg": "none" }), ProofError::Algorithm).await;
    check_header(json!({ "alg": "HS256" }), ProofError::Algorithm).await;
    check_header(json!({ "alg": "RS256" }), ProofError::Signature).await;
    check_header(json!({ "jwk": Value::Object(key()) }), ProofError::Key).await;
    check_header(json!({ "jwk": { "kty": "oct", "k": "AAAA" } }), ProofError::Key).await;
    // RFC 7517 §A.2.
    let other = json!({
        "kty": "EC", "crv": "P-256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    });
    check_header(json!({ "jwk": other }), ProofError::Signature).await;
    let world = World::new().await;
    let bare = sign(&json!({ "typ": "dpop+jwt", "alg": "ES256" }), &payload());
    assert_eq!(Proof::read(&world.ctx(), &bare, TARGET).err(), Some(ProofError::Key));
    assert_eq!(Proof::read(&world.ctx(), "nonsense", TARGET).err(), Some(ProofError::Malformed));
}

#[tokio::test]
async fn a_proof_is_good_once_and_its_name_is_its_keys() {
    let world = World::new().await;
    let (ctx, jwt) = (world.ctx(), proof(&payload()));
    let read = || Proof::read(&ctx, &jwt, TARGET).unwrap();
    assert!(read().use_up(&ctx, &world.kv).await.unwrap());
    assert!(!read().use_up(&ctx, &world.kv).await.unwrap());
    assert!(read().used().use_up(&ctx, &world.kv).await.unwrap());
    let elsewhere = world.other_project();
    assert!(read().use_up(&elsewhere, &world.kv).await.unwrap());
    // It is remembered until it could not be used anyway.
    world.sleep(300);
    let late = world.ctx();
    let again = Proof::read(&late, &jwt, TARGET).unwrap();
    assert!(!again.use_up(&late, &world.kv).await.unwrap());
    world.sleep(1);
    assert_eq!(Proof::read(&world.ctx(), &jwt, TARGET).err(), Some(ProofError::Expired));
}

#[tokio::test]
async fn a_proof_with_a_token_is_for_that_token_and_that_key() {
    let world = World::new().await;
    let mut said = payload();
    // RFC 9449 §7.1.
    let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    said["ath"] = json!("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
    let about = Proof::read(&world.ctx(), &proof(&said), TARGET).unwrap();
    let jkt = thumbprint(public().as_object().unwrap()).unwrap();
    assert!(about.is_about(&jkt, token));
    assert!(!about.is_about(&jkt, "another"));
    assert!(!about.is_about("another", token));
    let without = Proof::read(&world.ctx(), &proof(&payload()), TARGET).unwrap();
    assert!(!without.is_about(&jkt, token));
}

#[tokio::test]
async fn a_nonce_of_ours_is_good_for_ten_minutes() {
    let world = World::new().await;
    let first = nonce(&world.ctx(), &world.kv).await.unwrap();
    assert_eq!(nonce(&world.ctx(), &world.kv).await.unwrap(), first);
    let is_good = async |nonce: &str| {
        let ctx = world.ctx();
        let mut said = payload();
        (said["iat"], said["nonce"]) = (json!(ctx.now.seconds()), json!(nonce));
        let read = Proof::read(&ctx, &proof(&said), TARGET).unwrap();
        read.has_our_nonce(&ctx, &world.kv).await.unwrap()
    };
    assert!(is_good(&first).await);
    assert!(!is_good("made up").await);
    world.sleep(301);
    let second = nonce(&world.ctx(), &world.kv).await.unwrap();
    assert_ne!(second, first);
    assert!(is_good(&first).await && is_good(&second).await);
    world.sleep(300);
    assert!(!is_good(&first).await);
}
