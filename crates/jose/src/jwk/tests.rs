use serde_json::{Map, Value, json};

use super::{JwkError, thumbprint};
use crate::{PrivateKey, PublicKey};

/// RFC 7638 §3.1.
const N: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
/// RFC 7515 §A.3.1.
const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const D: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else { panic!("not an object: {value}") };
    object
}

#[track_caller]
fn check(jwk: Value, expected: Result<&str, JwkError>) {
    let key = PublicKey::from_jwk(&object(jwk));
    assert_eq!(key.map(|key| key.algorithm().name()), expected);
}

#[test]
fn each_key_type_has_one_algorithm() {
    check(json!({"kty":"RSA","n":N,"e":"AQAB"}), Ok("RS256"));
    check(json!({"kty":"RSA","n":N,"e":"AQAB","alg":"RS256","use":"sig"}), Ok("RS256"));
    check(json!({"kty":"EC","crv":"P-256","x":X,"y":Y}), Ok("ES256"));
    check(
        json!({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
        Ok("EdDSA"),
    );
}

#[test]
fn a_key_for_another_algorithm_or_use_is_refused() {
    check(json!({"kty":"RSA","n":N,"e":"AQAB","alg":"HS256"}), Err(JwkError::OtherUse));
    check(json!({"kty":"RSA","n":N,"e":"AQAB","alg":"none"}), Err(JwkError::OtherUse));
    check(json!({"kty":"RSA","n":N,"e":"AQAB","alg":null}), Err(JwkError::OtherUse));
    check(json!({"kty":"RSA","n":N,"e":"AQAB","use":"enc"}), Err(JwkError::OtherUse));
}

#[test]
fn symmetric_and_private_keys_are_not_public_keys() {
    check(json!({"kty":"oct","k":"AAAA"}), Err(JwkError::NotPublic));
    check(json!({"kty":"oct"}), Err(JwkError::Unsupported));
    check(json!({"kty":"RSA","n":N,"e":"AQAB","d":"AQAB"}), Err(JwkError::NotPublic));
    check(json!({"kty":"EC","crv":"P-256","x":X,"y":Y,"d":D}), Err(JwkError::NotPublic));
}

#[test]
fn weak_and_oversized_rsa_keys_are_refused() {
    let modulus = |bytes: usize| {
        let mut n = vec![0xff; bytes];
        n[0] = 0x80;
        stdx::base64url(&n)
    };
    check(json!({"kty":"RSA","n":modulus(128),"e":"AQAB"}), Err(JwkError::Invalid));
    check(json!({"kty":"RSA","n":modulus(255),"e":"AQAB"}), Err(JwkError::Invalid));
    check(json!({"kty":"RSA","n":modulus(1024),"e":"AQAB"}), Err(JwkError::Invalid));
    check(json!({"kty":"RSA","n":N,"e":"AQ"}), Err(JwkError::Invalid));
    check(json!({"kty":"RSA","n":N,"e":"Ag"}), Err(JwkError::Invalid));
    check(json!({"kty":"RSA","n":N,"e":""}), Err(JwkError::Invalid));
    check(json!({"kty":"RSA","n":N,"e":"_______9"}), Err(JwkError::Invalid));
}

#[test]
fn a_point_off_the_curve_is_refused() {
    check(json!({"kty":"EC","crv":"P-256","x":X,"y":X}), Err(JwkError::Invalid));
    check(json!({"kty":"EC","crv":"P-256","x":X,"y":"AA"}), Err(JwkError::Member("y")));
    check(json!({"kty":"EC","crv":"P-384","x":X,"y":Y}), Err(JwkError::Unsupported));
    check(json!({"kty":"EC","crv":"P-256","x":X}), Err(JwkError::Member("y")));
    check(json!({"kty":"EC","crv":"P-256","x":format!("{X}="),"y":Y}), Err(JwkError::Member("x")));
}

#[test]
fn a_private_key_must_belong_to_its_public_half() {
    let own = json!({"kty":"EC","crv":"P-256","x":X,"y":Y,"d":D});
    assert!(PrivateKey::from_jwk(&object(own)).is_ok());
    let foreign = json!({"kty":"EC","crv":"P-256","x":X,"y":Y,"d":X});
    assert_eq!(PrivateKey::from_jwk(&object(foreign)).err(), Some(JwkError::Invalid));
}

#[test]
fn thumbprints_are_those_of_the_rfc() {
    let jwk = object(json!({"kid":"2011-04-29","alg":"RS256","n":N,"kty":"RSA","e":"AQAB"}));
    assert_eq!(thumbprint(&jwk).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    // RFC 8037 §A.3.
    let okp =
        json!({"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    assert_eq!(thumbprint(&object(okp)).unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(thumbprint(&object(json!({"kty":"oct","k":"AA"}))), None);
}
