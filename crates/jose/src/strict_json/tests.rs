use super::{StrictJsonError, parse_object};

#[track_caller]
fn check(text: &str, expected: Result<&str, StrictJsonError>) {
    let parsed =
        parse_object(text.as_bytes()).map(|object| serde_json::to_string(&object).unwrap());
    assert_eq!(parsed, expected.map(str::to_owned));
}

#[test]
fn an_object_keeps_its_values() {
    check(
        r#"{"a":[1,-2,0.5,null,true,"x"],"b":{}}"#,
        Ok(r#"{"a":[1,-2,0.5,null,true,"x"],"b":{}}"#),
    );
}

#[test]
fn a_repeated_member_is_refused_at_any_level() {
    check(r#"{"alg":"RS256","alg":"none"}"#, Err(StrictJsonError::Malformed));
    check(r#"{"jwk":{"kty":"RSA","kty":"oct"}}"#, Err(StrictJsonError::Malformed));
    check(r#"{"a":1,"\u0061":2}"#, Err(StrictJsonError::Malformed));
}

#[test]
fn only_one_object_is_accepted() {
    for text in ["", "null", "[]", "1", "{} {}", "{}x", "{", "\u{feff}{}"] {
        check(text, Err(StrictJsonError::Malformed));
    }
}

#[test]
fn depth_and_size_have_limits() {
    let nested = |depth: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(parse_object(nested(15).as_bytes()).is_ok());
    check(&nested(16), Err(StrictJsonError::Malformed));
    check(&nested(5_000), Err(StrictJsonError::Malformed));
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(16 * 1024));
    check(&large, Err(StrictJsonError::TooLarge));
}

#[test]
fn numbers_beyond_the_finite_are_refused() {
    check(r#"{"exp":1e999}"#, Err(StrictJsonError::Malformed));
    check(r#"{"exp":NaN}"#, Err(StrictJsonError::Malformed));
}
