use std::collections::HashMap;
use std::sync::LazyLock;

use jose::SigningKeys;
use serde_json::json;
use stdx::{Rng, Timestamp};

use super::*;

static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| {
    let key = jose::generate_rs256_jwk("key", Timestamp::EPOCH);
    SigningKeys::from_jwk_set(&json!({ "keys": [key] })).unwrap()
});

fn made(source: &str, delimiters: (&str, &str)) -> Result<String, TemplateError> {
    let data = json!({
        "AppID": "a1",
        "prev": { "result": { "rows": [{ "id": "u1" }], "count": 2.0, "url": "http://h:1/p?code=c" } },
        "steps": { "two words": { "result": { "state_token": "st" } } },
    });
    let link_codes = [(("email".to_owned(), "a@b.c".to_owned()), "code".to_owned())];
    let outside = Outside {
        rng: &Rng::seeded(0),
        now: Timestamp::from_seconds(59),
        keys: &KEYS,
        link_codes: &HashMap::from(link_codes),
    };
    render(source, delimiters, &data, &outside)
}

#[track_caller]
fn check(source: &str, expected: &str) {
    assert_eq!(made(source, BRACES).as_deref(), Ok(expected), "{source}");
}

#[track_caller]
fn check_error(source: &str, expected: &str) {
    assert_eq!(made(source, BRACES).unwrap_err().to_string(), expected, "{source}");
}

#[test]
fn fields_are_followed() {
    check("/{{.AppID}}/{{ .prev.result.count }}", "/a1/2");
    check("{{ (index .prev.result.rows 0).id }}", "u1");
    check(r#"{{ index .steps "two words" "result" "state_token" }}"#, "st");
}

#[test]
fn a_missing_key_says_so_and_a_field_of_nothing_fails() {
    check("{{ .prev.result.other }}", "<no value>");
    check_error(
        "{{ .prev.error.code }}",
        "template: there is no .code in something that is not an object",
    );
}

#[test]
fn addresses_are_taken_apart() {
    check("{{ (urlParse .prev.result.url).query }}", "code=c");
    check("{{ (urlParse .prev.result.url).host }}", "h:1");
    check(r#"{{ .prev.result.url | regexFind "code=.*" | trimPrefix "code=" }}"#, "c");
}

#[test]
fn texts_are_put_together() {
    check(r#"{{ printf "%s:%s" .AppID "b" | b64enc }}"#, "YTE6Yg==");
    check(r#"{{ nodeID "User" "u1" }}"#, "VXNlcjp1MQ");
    check(r#"{{ $x := (printf "%s-%d" .AppID 3) }}{{ $x }}"#, "a1-3");
}

#[test]
fn fixtures_repeat_rows() {
    check(
        "{{- range $i, $v := until 3 }}\n({{ $v }}, {{ $.AppID }})\n{{- end }}",
        "\n(0, a1)\n(1, a1)\n(2, a1)",
    );
}

#[test]
fn codes_are_made_and_looked_up() {
    check(r#"{{ generateTOTPCode "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" }}"#, "287082");
    check(r#"{{ linkOTPCode "email" "a@b.c" }}"#, "code");
    let missing = made(r#"{{ linkOTPCode "email" "x@y.z" }}"#, BRACES);
    let (claim, value) = ("email".to_owned(), "x@y.z".to_owned());
    assert_eq!(missing, Err(TemplateError::LinkCode { claim, value }));
}

#[test]
fn an_id_token_says_who_somebody_is() {
    let token = made(r#"{{ generateIDToken "u1" }}"#, BRACES).unwrap();
    let claims = KEYS.verify(&token).unwrap().claims;
    assert_eq!(json!(claims), json!({ "sub": "u1" }));
}

#[test]
fn brackets_leave_braces_alone() {
    let made = made("(uid={{.Username}}) [[ .AppID ]]", BRACKETS);
    assert_eq!(made.as_deref(), Ok("(uid={{.Username}}) a1"));
}

#[test]
fn what_the_format_does_not_have_is_an_error() {
    check_error("{{ upper .AppID }}", "template: upper is not a function of the case format");
    check_error("{{ if .AppID }}x{{ end }}", "template: if is not a function of the case format");
    check_error("{{ $y }}", "template: $y is not defined");
    check_error("{{ .AppID", "template: an action has no }}");
    check_error("{{ range $i, $v := until 2 }}x", "template: a range has no end");
    check_error("{{ index .prev.result.rows 4 }}", "template: index 4 is out of range");
    check_error("{{ nodeID .AppID }}", "template: nodeID does not take 1 arguments like these");
}
