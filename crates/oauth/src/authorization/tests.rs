use super::{AuthorizationRequest, Prompt, ResponseMode, ResponseType};
use crate::Params;

const BASE: &str = "response_type=code&client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb\
    &scope=openid";

fn parse(extra: &str) -> Result<AuthorizationRequest, String> {
    let params = Params::parse(&format!("{BASE}&{extra}")).unwrap();
    AuthorizationRequest::parse(&params).map_err(|error| error.to_string())
}

#[track_caller]
fn refused(query: &str, expected: &str) {
    let params = Params::parse(query).unwrap();
    let error = AuthorizationRequest::parse(&params).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_minimal_request_has_the_defaults_of_the_standard() {
    let request = parse("").unwrap();
    assert_eq!(request.response_type, ResponseType::Code);
    assert_eq!(request.response_mode, ResponseMode::Query);
    assert_eq!(request.prompt, Prompt::default());
    assert!(!request.suppresses_idp_session_cookie());
    assert!(!request.sso_enabled());
}

#[test]
fn a_request_survives_being_kept() {
    let request = parse(
        "state=s&nonce=n&prompt=login%20consent&max_age=0&x_page=signup&x_sso_enabled=true\
         &response_mode=form_post&ui_locales=en%20de",
    )
    .unwrap();
    let kept = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<AuthorizationRequest>(&kept).unwrap(), request);
    assert!(request.prompt.login && request.prompt.consent);
}

#[test]
fn the_newer_sso_parameter_wins() {
    let suppresses = |extra| parse(extra).unwrap().suppresses_idp_session_cookie();
    assert!(suppresses("x_sso_enabled=false"));
    assert!(!suppresses("x_sso_enabled=true&x_suppress_idp_session_cookie=true"));
    assert!(suppresses("x_suppress_idp_session_cookie=true"));
    assert!(!suppresses("x_suppress_idp_session_cookie=false"));
}

#[test]
fn what_is_required_is_named() {
    refused("", "invalid_request: client_id is required");
    refused("client_id=a", "invalid_request: redirect_uri is required");
    refused("client_id=a&redirect_uri=b", "invalid_request: response_type is required");
    refused("client_id=a&redirect_uri=b&response_type=code", "invalid_request: scope is required");
}

#[test]
fn implicit_and_hybrid_flows_do_not_exist() {
    for response_type in ["token", "id_token", "code%20token", "code%20id_token", "CODE"] {
        let query =
            format!("client_id=a&redirect_uri=b&response_type={response_type}&scope=openid");
        let error = AuthorizationRequest::parse(&Params::parse(&query).unwrap()).unwrap_err();
        assert_eq!(error.code.as_str(), "unsupported_response_type", "{response_type}");
    }
}

#[test]
fn request_objects_are_refused_and_never_fetched() {
    let code = |extra| parse(extra).unwrap_err().split(':').next().unwrap().to_owned();
    assert_eq!(code("request=eyJhbGciOiJub25lIn0.e30."), "request_not_supported");
    assert_eq!(code("request_uri=http%3A%2F%2F169.254.169.254"), "request_uri_not_supported");
    assert_eq!(code("registration=%7B%7D"), "registration_not_supported");
}

#[test]
fn prompt_none_stands_alone() {
    assert!(parse("prompt=none").unwrap().prompt.none);
    assert!(parse("prompt=none%20login").is_err());
    assert!(parse("prompt=create").is_ok());
}

#[test]
fn max_age_is_a_number_of_seconds() {
    assert_eq!(parse("max_age=0").unwrap().max_age_seconds, Some(0));
    for text in ["-1", "soon", "1.5", "9999999999999999999999"] {
        assert!(parse(&format!("max_age={text}")).is_err(), "{text}");
    }
}

#[test]
fn only_s256_protects_a_code() {
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    assert!(parse(&format!("code_challenge={CHALLENGE}&code_challenge_method=S256")).is_ok());
    for extra in [
        format!("code_challenge={CHALLENGE}"),
        format!("code_challenge={CHALLENGE}&code_challenge_method=plain"),
        format!("code_challenge={CHALLENGE}&code_challenge_method=s256"),
        "code_challenge=short&code_challenge_method=S256".to_owned(),
        "code_challenge_method=S256".to_owned(),
    ] {
        assert!(parse(&extra).is_err(), "{extra}");
    }
}

#[test]
fn nothing_that_comes_in_brings_it_down() {
    const PIECES: [&str; 16] = [
        "client_id=a",
        "redirect_uri=b",
        "response_type=code",
        "scope=openid",
        "prompt=none",
        "max_age=",
        "%",
        "%zz",
        "=",
        "&",
        "code_challenge=\u{0}",
        "login_hint=https://authgear.com/login_hint?",
        "x_sso_enabled=\u{fffd}",
        "+",
        "request_uri",
        "state=%F0%28%8C%28",
    ];
    let rng = stdx::Rng::seeded(11);
    for _ in 0..2_000 {
        let pieces = rng.bytes::<12>().map(|it| PIECES[usize::from(it) % PIECES.len()]);
        if let Ok(params) = Params::parse(&pieces.join("&")) {
            let _ = AuthorizationRequest::parse(&params);
            let _ = crate::LoginHint::parse(params.get("login_hint").unwrap_or_default());
            let _ = crate::TokenRequest::parse(params);
        }
    }
}
