use super::{GrantType, TokenRequest, TokenResponse};
use crate::Params;

fn parse(form: &str) -> Result<TokenRequest, String> {
    TokenRequest::parse(Params::parse(form).unwrap()).map_err(|error| error.to_string())
}

#[test]
fn grants_go_by_the_names_that_sdks_send() {
    let grant = |name: &str| parse(&format!("grant_type={name}")).unwrap().grant_type;
    assert_eq!(grant("authorization_code"), GrantType::AuthorizationCode);
    assert_eq!(
        grant("urn%3Aauthgear%3Aparams%3Aoauth%3Agrant-type%3Aapp2app-request"),
        GrantType::App2AppRequest
    );
}

#[test]
fn passwords_are_not_a_grant() {
    assert_eq!(
        parse("grant_type=password").unwrap_err(),
        "unsupported_grant_type: grant type password is not supported"
    );
    assert_eq!(parse("").unwrap_err(), "invalid_request: grant_type is required");
}

#[test]
fn a_missing_field_is_named() {
    let request = parse("grant_type=refresh_token").unwrap();
    assert_eq!(
        request.require("refresh_token").unwrap_err().to_string(),
        "invalid_request: refresh token is required"
    );
}

#[test]
fn absent_fields_are_left_out_of_the_answer() {
    let answer = TokenResponse { code: Some("c".into()), ..TokenResponse::default() };
    assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"code":"c"}"#);
}
