use serde_json::{Map, Value, json};
use stdx::base64url;

use super::{JwsError, Unverified, sign};
use crate::{PrivateKey, PublicKey};

/// RFC 8037 §A.1.
const OKP: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// RFC 7515 §A.3.1.
const EC: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;

fn pair(jwk: &str) -> (PrivateKey, PublicKey) {
    let mut jwk: Map<String, Value> = serde_json::from_str(jwk).unwrap();
    let private = PrivateKey::from_jwk(&jwk).unwrap();
    jwk.remove("d");
    (private, PublicKey::from_jwk(&jwk).unwrap())
}

/// A token with this header, signed by the EC key whatever the header says.
fn with_header(header: &Value) -> String {
    let signed = format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(b"{}"));
    format!("{signed}.{}", base64url(&pair(EC).0.sign(signed.as_bytes())))
}

#[track_caller]
fn refused(token: &str, expected: JwsError) {
    let seen = Unverified::parse(token).and_then(|token| token.verify(&pair(EC).1));
    assert_eq!(seen, Err(expected));
}

#[test]
fn a_signed_payload_comes_back() {
    for jwk in [OKP, EC] {
        let (private, public) = pair(jwk);
        let token = sign(&private, "key", "JWT", b"hello");
        let token = Unverified::parse(&token).unwrap();
        assert_eq!(token.header.kid.as_deref(), Some("key"));
        assert!(token.header.is_type("jwt"));
        assert_eq!(token.verify(&public).unwrap(), b"hello");
    }
}

#[test]
fn the_tokens_of_the_rfcs_verify() {
    let ed25519 = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let payload = Unverified::parse(ed25519).unwrap().verify(&pair(OKP).1).unwrap();
    assert_eq!(payload, b"Example of Ed25519 signing");
    let es256 = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    assert!(Unverified::parse(es256).unwrap().verify(&pair(EC).1).is_ok());
}

#[test]
fn the_header_cannot_choose_the_algorithm() {
    for alg in ["none", "nOnE", "HS256", "RS256", "EdDSA", "ES384", "es256", ""] {
        refused(&with_header(&json!({"alg":alg})), JwsError::OtherAlgorithm);
    }
    refused(&with_header(&json!({})), JwsError::Malformed);
    refused(&with_header(&json!({"alg":null})), JwsError::Malformed);
    refused(&with_header(&json!({"alg":["ES256"]})), JwsError::Malformed);
}

#[test]
fn an_unsigned_token_is_refused() {
    let (header, payload) = (base64url(br#"{"alg":"ES256"}"#), base64url(b"{}"));
    refused(&format!("{header}.{payload}."), JwsError::BadSignature);
    refused(&format!("{header}.{payload}.{}", base64url(&[0; 64])), JwsError::BadSignature);
    refused(&format!("{header}.{payload}"), JwsError::Malformed);
}

#[test]
fn a_der_signature_is_not_a_jws_signature() {
    let (header, payload) = (base64url(br#"{"alg":"ES256"}"#), base64url(b"{}"));
    let der = [0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01];
    refused(&format!("{header}.{payload}.{}", base64url(&der)), JwsError::BadSignature);
}

#[test]
fn critical_extensions_stop_us() {
    refused(&with_header(&json!({"alg":"ES256","crit":["exp"]})), JwsError::CriticalExtension);
    refused(&with_header(&json!({"alg":"ES256","crit":[]})), JwsError::CriticalExtension);
    refused(&with_header(&json!({"alg":"ES256","b64":false})), JwsError::CriticalExtension);
}

#[test]
fn a_header_with_two_meanings_is_refused() {
    let header = base64url(br#"{"alg":"none","alg":"ES256"}"#);
    let signed = format!("{header}.{}", base64url(b"{}"));
    let token = format!("{signed}.{}", base64url(&pair(EC).0.sign(signed.as_bytes())));
    refused(&token, JwsError::Malformed);
    refused(&with_header(&json!({"alg":"ES256","kid":"k".repeat(257)})), JwsError::Malformed);
    refused(&with_header(&json!({"alg":"ES256","kid":7})), JwsError::Malformed);
    refused(&with_header(&json!({"alg":"ES256","jwk":"x"})), JwsError::Malformed);
}

#[test]
fn other_shapes_and_sizes_are_refused() {
    for token in ["", ".", "..", "...", "a.b.c", "e30.e30.e30.e30.e30", "e30=.e30.AA"] {
        refused(token, JwsError::Malformed);
    }
    refused(&"a".repeat(16 * 1024 + 1), JwsError::TooLarge);
}

#[test]
fn a_changed_payload_is_noticed() {
    let (private, _) = pair(EC);
    let token = sign(&private, "key", "JWT", b"{}");
    let changed = token.replace(&base64url(b"{}"), &base64url(b"[]"));
    refused(&changed, JwsError::BadSignature);
}
