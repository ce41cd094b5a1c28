use expect_test::{Expect, expect};

use super::*;

mod conformance;

const BASE: &str = "id: test\nhttp:\n  public_origin: http://test\n";

fn check(more: &str, expected: &Expect) {
    let errors = AppConfig::parse(&format!("{BASE}{more}")).unwrap_err();
    expected.assert_eq(&errors.to_string());
}

#[test]
fn two_keys_are_enough() {
    let config = AppConfig::parse(BASE).unwrap();
    assert_eq!(config.id, "test");
    assert_eq!(config.session.lifetime_seconds, 52 * 7 * 86_400);
    assert_eq!(config.identity.login_id.keys[0].key, "email");
}

#[test]
fn everything_wrong_is_found_at_once() {
    check(
        "
ui: { no_such_key: 1, default_client_uri: javascript }
oauth: { clients: [{ name: a }] }
authentication: { identities: [passkey], primary_authenticators: [password] }
",
        &expect![[r#"
            invalid configuration
              /ui/default_client_uri: the value is not a "uri"
              /ui/no_such_key: this key is not known
              /oauth/clients/0: "client_id" is a required property
              /authentication/primary_authenticators/0: an element that is needed is missing
              /authentication/identities/0: an element that is needed is missing"#]],
    );
}

#[test]
fn redirect_uris_that_run_scripts_are_refused() {
    check(
        "
oauth:
  clients:
  - client_id: a
    name: a
    redirect_uris: ['javascript://app.example/%0aalert(1)', 'https://app.example/']
    post_logout_redirect_uris: ['data://text/html']
",
        &expect![[r#"
            invalid configuration
              /oauth/clients/0/redirect_uris/0: the value is not a "uri"
              /oauth/clients/0/post_logout_redirect_uris/0: the value is not a "uri""#]],
    );
}

#[test]
fn the_grace_after_a_rotation_is_ten_seconds_and_at_most_five_minutes() {
    let client = |more: &str| {
        format!(
            "oauth: {{ clients: [{{ client_id: a, name: a, x_application_type: m2m{more} }}] }}\n"
        )
    };
    let key = "x_refresh_token_rotation_grace_period_seconds";
    for (more, expected) in
        [(String::new(), 10), (format!(", {key}: 0"), 0), (format!(", {key}: 300"), 300)]
    {
        let config = AppConfig::parse(&format!("{BASE}{}", client(&more))).unwrap();
        assert_eq!(config.oauth.clients[0].rotation_grace_seconds(), expected, "{more}");
        let written = serde_json::to_value(&config.oauth.clients[0]).unwrap();
        assert_eq!(written.get(key).is_none(), more.is_empty(), "written only when it was");
    }
    check(
        &client(&format!(", {key}: 301")),
        &expect![[r#"
        invalid configuration
          /oauth/clients/0/x_refresh_token_rotation_grace_period_seconds: the value is greater than the maximum of 300"#]],
    );
    check(
        &client(&format!(", {key}: -1")),
        &expect![[r#"
        invalid configuration
          /oauth/clients/0/x_refresh_token_rotation_grace_period_seconds: the value is less than the minimum of 0"#]],
    );
}

#[test]
fn rules_across_sections_are_checked() {
    check(
        "
oauth:
  clients:
  - { client_id: a, name: a, access_token_lifetime_seconds: 600, refresh_token_lifetime_seconds: 300 }
identity:
  oauth:
    providers:
    - { alias: g, type: google, client_id: a }
    - { alias: g, type: facebook, client_id: b }
localization: { fallback_language: de, supported_languages: [en] }
ui:
  phone_input: { allowlist: [HK], pinned_list: [DE] }
  authentication_flow: { groups: [{ name: g, flows: [{ type: signup, name: nowhere }] }] }
",
        &expect![[r"
            invalid configuration
              /oauth/clients/0/refresh_token_lifetime_seconds: a refresh token must live at least as long as an access token
              /identity/oauth/providers/1: another provider has this alias
              /ui/phone_input/pinned_list: a pinned country is not in the allowlist
              /localization/supported_languages: the fallback language must be among the supported languages
              /ui/authentication_flow/groups/0/flows/0: there is no such flow
              /ui/authentication_flow/groups/0: a group needs a login flow"]],
    );
}

#[test]
fn yaml_that_plays_tricks_is_refused() {
    check(
        "id: again\n",
        &expect![[r"
        invalid configuration
          (root): this is not valid YAML: line 4, column 1"]],
    );
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (before, name) in ('a'..'m').zip('b'..='m') {
        let aliases = vec![format!("*{before}"); 9].join(",");
        bomb += &[&name.to_string(), ": &", &name.to_string(), " [", &aliases, "]\n"].concat();
    }
    check(
        &bomb,
        &expect![[r"
        invalid configuration
          (root): this is not valid YAML: line 9, column 14"]],
    );
    check(
        &"#".repeat(yaml::SIZE_BYTES_MAX),
        &expect![[r"
        invalid configuration
          (root): the document is longer than 1048576 bytes"]],
    );
}

#[test]
fn spans_stay_within_what_an_instant_can_be() {
    check(
        "session: { lifetime_seconds: 9223372036854775807, idle_timeout_seconds: -1 }",
        &expect![[r"
            invalid configuration
              /session/lifetime_seconds: the value is greater than the maximum of 3153600000
              /session/idle_timeout_seconds: the value is less than the minimum of 0"]],
    );
}

#[test]
fn a_resolved_document_is_a_document_that_resolves_to_itself() {
    let config = AppConfig::parse(BASE).unwrap();
    let again = AppConfig::from_value(serde_json::to_value(&config).unwrap()).unwrap();
    assert_eq!(again, config);
}

#[test]
fn the_plan_takes_countries_and_fraud_protection_away() {
    let mut config = AppConfig::parse(&format!(
        "{BASE}fraud_protection: {{ enabled: false }}\nui: {{ phone_input: {{ pinned_list: [DE] }} }}\n"
    ))
    .unwrap();
    config.constrain(&FeatureConfig::parse("ui: { phone_input: { allowlist: [HK] } }").unwrap());
    assert_eq!(config.ui.phone_input.allowlist, ["HK"]);
    assert!(config.ui.phone_input.pinned_list.is_empty());
    assert!(config.fraud_protection.enabled);
}

#[test]
fn test_rules_fix_codes_and_hold_messages_back() {
    let config = AppConfig::parse(&format!(
        "{BASE}test_mode:
  oob_otp: {{ enabled: true, rules: [{{ regex: '^\\+4', fixed_code: '000000' }}] }}
  sms: {{ enabled: true, rules: [{{ regex: '^\\+4', suppressed: true }}] }}
"
    ))
    .unwrap();
    let rules = &config.test_mode.oob_otp;
    let fixed_code = |target| rules.matching(target).and_then(|rule| rule.fixed_code.as_deref());
    assert_eq!(fixed_code("+491234"), Some("000000"));
    assert_eq!(fixed_code("+851234"), None);
    assert!(config.test_mode.sms.is_suppressed("+491234"));
    assert!(!config.test_mode.email.is_suppressed("+491234"));
}

#[test]
fn the_schema_forbids_null_and_unknown_keys() {
    let text = schema().to_string();
    assert!(!text.contains("null"), "what is absent is absent");
    assert_eq!(schema()["additionalProperties"], false);
}

#[test]
fn providers_of_ones_own_say_where_they_are() {
    check(
        "
identity: { oauth: { providers: [
  { alias: a, type: x_oidc, client_id: c },
  { alias: b, type: x_oauth2, client_id: c, x_token_endpoint: nowhere, x_subject_pointer: id },
] } }
",
        &expect![[r#"
            invalid configuration
              /identity/oauth/providers/0: "discovery_document_endpoint" is a required property
              /identity/oauth/providers/1/x_token_endpoint: the value is not a "uri"
              /identity/oauth/providers/1/x_subject_pointer: the value is not a "json-pointer"
              /identity/oauth/providers/1: "x_authorization_endpoint" is a required property
              /identity/oauth/providers/1: "x_userinfo_endpoint" is a required property"#]],
    );
    let endpoints = "x_authorization_endpoint: \"https://a/1\", x_token_endpoint: \"https://a/2\", x_userinfo_endpoint: \"https://a/3\"";
    let more = format!(
        "identity: {{ oauth: {{ providers: [{{ alias: b, type: x_oauth2, client_id: c, {endpoints} }}] }} }}"
    );
    let config = AppConfig::parse(&format!("{BASE}{more}")).unwrap();
    assert_eq!(config.identity.oauth.providers[0].kind, Some(identity::ProviderType::AnyOAuth2));
}
