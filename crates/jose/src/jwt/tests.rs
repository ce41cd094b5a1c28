use serde_json::{Map, Value, json};
use stdx::Timestamp;

use super::{ClaimsError, Expected, Jwt};
use crate::Header;

const NOW: i64 = 1_767_225_600;

fn jwt(claims: Value) -> Jwt {
    let Value::Object(claims) = claims else { panic!("not an object: {claims}") };
    Jwt { header: Header { alg: "RS256".into(), typ: None, kid: None, jwk: None }, claims }
}

#[track_caller]
fn check(claims: Value, expected: Result<(), ClaimsError>) {
    let wanted = Expected {
        now: Timestamp::from_seconds(NOW),
        skew_seconds: 60,
        issuer: Some("https://a.example"),
        audience: Some("client"),
        expired_is_fine: false,
    };
    let mut all: Map<String, Value> = Map::new();
    all.insert("iss".into(), "https://a.example".into());
    all.insert("aud".into(), "client".into());
    all.insert("exp".into(), (NOW + 100).into());
    for (name, value) in jwt(claims).claims {
        all.insert(name, value);
    }
    assert_eq!(jwt(Value::Object(all)).check(&wanted), expected);
}

#[test]
fn a_current_token_of_ours_passes() {
    check(json!({}), Ok(()));
    check(json!({"aud":["other","client"]}), Ok(()));
    check(json!({"nbf":NOW,"iat":NOW}), Ok(()));
}

#[test]
fn time_is_checked_with_a_minute_of_tolerance() {
    check(json!({"exp":NOW - 59}), Ok(()));
    check(json!({"exp":NOW - 60}), Err(ClaimsError::Expired));
    check(json!({"nbf":NOW + 60}), Ok(()));
    check(json!({"nbf":NOW + 61}), Err(ClaimsError::NotYetValid));
    check(json!({"iat":NOW + 3600}), Err(ClaimsError::NotYetValid));
}

#[test]
fn an_end_is_required_and_must_be_a_number() {
    check(json!({"exp":null}), Err(ClaimsError::Malformed("exp")));
    check(json!({"exp":"1767225700"}), Err(ClaimsError::Malformed("exp")));
    check(json!({"exp":1e300}), Err(ClaimsError::Malformed("exp")));
    check(json!({"exp":-1}), Err(ClaimsError::Malformed("exp")));
    check(json!({"nbf":"soon"}), Err(ClaimsError::Malformed("nbf")));
    check(json!({"exp":1_767_225_700.5}), Ok(()));
}

#[test]
fn issuer_and_audience_are_exact() {
    check(json!({"iss":"https://a.example/"}), Err(ClaimsError::OtherIssuer));
    check(json!({"iss":null}), Err(ClaimsError::OtherIssuer));
    check(json!({"aud":"Client"}), Err(ClaimsError::OtherAudience));
    check(json!({"aud":[]}), Err(ClaimsError::OtherAudience));
    check(json!({"aud":{"client":true}}), Err(ClaimsError::OtherAudience));
}

#[test]
fn a_hint_may_have_expired() {
    let wanted = Expected {
        now: Timestamp::from_seconds(NOW),
        skew_seconds: 0,
        issuer: None,
        audience: None,
        expired_is_fine: true,
    };
    assert_eq!(jwt(json!({"exp":1})).check(&wanted), Ok(()));
    assert_eq!(jwt(json!({})).check(&wanted), Err(ClaimsError::Malformed("exp")));
}
