use http::{HeaderMap, StatusCode};
use store::StoreError;

use crate::{ApiError, ErrorName, Fields, SameSite, SetCookie, cookie};

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name: http::HeaderName = name.parse().expect("header name");
        headers.append(name, value.parse().expect("header value"));
    }
    headers
}

#[test]
fn a_cookie_that_came_twice_is_none() {
    let once = headers(&[("cookie", "a=1; session=x.y"), ("cookie", "b=2")]);
    assert_eq!(cookie(&once, "session"), Some("x.y"));
    assert_eq!(cookie(&once, "b"), Some("2"));
    let twice = headers(&[("cookie", "session=x.y; session=evil")]);
    assert_eq!(cookie(&twice, "session"), None);
    assert_eq!(cookie(&twice, "essio"), None);
}

#[test]
fn a_cookie_says_everything_that_it_needs() {
    let cookie = SetCookie {
        name: "session".to_owned(),
        value: "x.y".to_owned(),
        max_age_seconds: Some(60),
        same_site: SameSite::Lax,
        domain: Some("example.com".to_owned()),
        secure: true,
    };
    assert_eq!(
        cookie.to_header(),
        "session=x.y; Path=/; HttpOnly; Max-Age=60; Domain=example.com; Secure; SameSite=Lax"
    );
    assert_eq!(
        SetCookie { max_age_seconds: None, ..cookie }.host_only().to_header(),
        "session=x.y; Path=/; HttpOnly; Secure; SameSite=Lax"
    );
}

#[test]
fn a_repeated_field_is_named() {
    let fields = Fields::parse(b"a=1&b=x%20y&a=2&c=");
    assert_eq!(fields.repeated(), Some("a"));
    assert_eq!(fields.get("b"), Some("x y"));
    assert_eq!((fields.get("c"), fields.raw("c")), (None, Some("")));
    assert_eq!(Fields::parse(b"&&=&a=1&").repeated(), None);
}

#[test]
fn the_number_of_fields_is_bounded() {
    let many = "a=1&".repeat(1_000);
    assert_eq!(Fields::parse(many.as_bytes()).0.len(), 100);
}

#[test]
fn the_envelope_has_what_sdks_read() {
    let error = ApiError::new(ErrorName::Unauthorized, "InvalidCredentials", "invalid credentials");
    assert_eq!(
        serde_json::to_string(&error).expect("json"),
        r#"{"name":"Unauthorized","reason":"InvalidCredentials","message":"invalid credentials","code":401}"#
    );
}

/// How the crates below wrap what the database says.
#[derive(Debug, thiserror::Error)]
#[error("the flow cannot go on")]
struct Wrapped(#[source] StoreError);

#[test]
fn a_database_that_is_away_is_no_bug() {
    let status = |error: StoreError| ApiError::internal(&Wrapped(error)).status();
    assert_eq!(status(StoreError::Busy), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status(StoreError::BatchLost), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status(StoreError::Corrupt("scopes")), StatusCode::INTERNAL_SERVER_ERROR);
}

#[test]
fn each_name_of_an_error_has_one_status() {
    let names = [
        (ErrorName::BadRequest, "BadRequest", 400),
        (ErrorName::Invalid, "Invalid", 400),
        (ErrorName::Unauthorized, "Unauthorized", 401),
        (ErrorName::Forbidden, "Forbidden", 403),
        (ErrorName::NotFound, "NotFound", 404),
        (ErrorName::AlreadyExists, "AlreadyExists", 409),
        (ErrorName::DataRace, "DataRace", 409),
        (ErrorName::TooManyRequest, "TooManyRequest", 429),
        (ErrorName::InternalError, "InternalError", 500),
        (ErrorName::ServiceUnavailable, "ServiceUnavailable", 503),
    ];
    for (name, word, status) in names {
        let error = serde_json::to_value(ApiError::new(name, "Reason", "message")).expect("JSON");
        assert_eq!((&error["name"], &error["code"]), (&word.into(), &status.into()));
        assert_eq!(name.status().as_u16(), status);
    }
}
