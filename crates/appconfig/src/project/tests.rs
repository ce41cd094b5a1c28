use expect_test::expect;

use super::*;
use crate::Secrets;

#[test]
fn a_new_project_has_a_demo_application() {
    let text = first_config("acme", "http://localhost:3000", true).unwrap();
    expect![[r#"
        id: acme
        http:
          public_origin: http://localhost:3000
        localization:
          supported_languages:
          - en
          - zh-HK
        authentication:
          identities:
          - login_id
          primary_authenticators:
          - password
          secondary_authentication_mode: disabled
        identity:
          login_id:
            keys:
            - type: email
            - type: username
        verification:
          claims:
            email:
              enabled: false
              required: false
            phone_number:
              enabled: false
              required: false
        oauth:
          clients:
          - client_id: demo
            name: Demo
            x_application_type: spa
            redirect_uris:
            - http://localhost:3000/demo
            post_logout_redirect_uris:
            - http://localhost:3000/demo
            issue_jwt_access_token: true
    "#]]
    .assert_eq(&text);
    let config = AppConfig::parse(&text).unwrap();
    assert!(config.oauth.find_client(DEMO_CLIENT_ID).unwrap().is_public());
}

#[test]
fn words_that_yaml_reads_as_something_else_stay_words() {
    let text = first_config("no", "http://localhost:3000", true).unwrap();
    assert_eq!(AppConfig::parse(&text).unwrap().id, "no");
    let text = first_config("0x10: [", "http://localhost:3000", true).unwrap();
    assert_eq!(AppConfig::parse(&text).unwrap().id, "0x10: [");
}

#[test]
fn a_project_must_live_at_an_origin() {
    let errors = first_config("acme", "localhost", false).unwrap_err();
    assert_eq!(errors.errors()[0].pointer, "/http/public_origin");
}

#[test]
fn written_secrets_are_read_again() {
    let key = |kid: &str| json!({ "keys": [{ "kid": kid, "kty": "oct", "k": "1e3" }] });
    let text =
        first_secrets([("oauth", key("1")), ("csrf", key("null")), ("admin-api.auth", key("c"))]);
    let config = first_config("acme", "http://localhost:3000", true).unwrap();
    let secrets = Secrets::parse(&text, &AppConfig::parse(&config).unwrap()).unwrap();
    assert_eq!(secrets.oauth_keys()[0], key("1")["keys"][0]);
    assert_eq!(secrets.csrf.unwrap().keys()[0]["kid"], "null");
}
