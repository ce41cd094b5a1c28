use super::*;

fn config(more: &str) -> AppConfig {
    AppConfig::parse(&format!("id: test\nhttp:\n  public_origin: http://test\n{more}")).unwrap()
}

const SECRETS: &str = "
secrets:
- key: oauth
  data: { keys: [{ kid: a, kty: RSA, d: topsecret }] }
- key: csrf
  data: { keys: [{ kid: b, kty: oct, k: aGVsbG8 }] }
- key: admin-api.auth
  data: { keys: [{ kid: c, kty: RSA }] }
- key: mail.smtp
  data: { host: localhost, port: 2525, username: u, password: topsecret }
";

fn check(text: &str, config: &AppConfig, expected: &expect_test::Expect) {
    let errors = Secrets::parse(text, config).unwrap_err();
    expected.assert_eq(&errors.to_string());
}

#[test]
fn secrets_are_typed_and_never_print() {
    let secrets = Secrets::parse(SECRETS, &config("")).unwrap();
    assert_eq!(secrets.oauth_keys()[0]["kid"], "a");
    assert_eq!(secrets.csrf.as_ref().unwrap().octets()[0].reveal(), b"hello");
    assert_eq!(secrets.smtp.as_ref().unwrap().port, 2525);
    assert!(!format!("{secrets:?}").contains("topsecret"));
}

#[test]
fn what_is_malformed_and_what_is_missing_are_reported_together_and_not_quoted() {
    check(
        "secrets: [{ key: mail.smtp, data: { host: h, port: 0, username: u, password: 777 } }]",
        &config(""),
        &expect_test::expect![[r#"
            invalid configuration
              /secrets/0/data/port: the value is less than the minimum of 1
              /secrets/0/data/password: the value is not of type "string"
              (root): the secret 'admin-api.auth' is required
              (root): the secret 'oauth' is required
              (root): the secret 'csrf' is required"#]],
    );
}

#[test]
fn a_confidential_client_needs_a_secret() {
    let config = config(
        "oauth:
  clients:
  - { client_id: back, name: Back, client_name: Back, x_application_type: m2m }
",
    );
    check(
        SECRETS,
        &config,
        &expect_test::expect![[r"
        invalid configuration
          (root): the secret 'oauth.client_secrets' is required"]],
    );
    let more = "
- key: oauth.client_secrets
  data: { items: [{ client_id: back, keys: [{ kid: d, kty: oct, k: aGVsbG8 }] }] }
";
    let secrets = Secrets::parse(&format!("{SECRETS}{more}"), &config).unwrap();
    assert_eq!(secrets.client_secrets("back")[0].reveal(), b"hello");
    assert!(secrets.client_secrets("front").is_empty());
}

#[test]
fn broken_yaml_is_located_and_not_quoted() {
    check(
        "secrets: [topsecret",
        &config(""),
        &expect_test::expect![[r"
        invalid configuration
          (root): this is not valid YAML: line 1, column 10"]],
    );
}
