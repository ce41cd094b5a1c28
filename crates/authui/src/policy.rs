//! The password policy as the templates show it, with the rules that a password broke.

use accounts::policy::{Rule, rules};
use appconfig::AppConfig;
use serde_json::{Value, json};

/// The variable `policy`. The order is the catalogue's: what is easy to see comes first.
pub fn shown(config: &AppConfig, broken: &[&str]) -> Value {
    let policy = &config.authenticator.password.policy;
    let shown = |rule: &Rule| {
        let (message_key, value, args) = describe(rule);
        json!({
            "name": rule.name(),
            "message_key": message_key,
            "value": value,
            "args": args,
            "violated": broken.contains(&rule.name()),
        })
    };
    json!({
        "min_level": policy.minimum_guessable_level,
        "rules": rules(policy).iter().map(shown).collect::<Vec<_>>(),
    })
}

fn describe(rule: &Rule) -> (&'static str, Value, Value) {
    const LENGTH: &str = "v2.component.new-password-field.default.password-policy-minimum-length";
    let plain = |key| (key, json!(""), json!({}));
    match rule {
        Rule::Length { minimum, .. } => (LENGTH, json!(minimum), json!({ "length": minimum })),
        Rule::Uppercase => {
            plain("v2.component.new-password-field.default.password-policy-uppercase")
        }
        Rule::Lowercase => {
            plain("v2.component.new-password-field.default.password-policy-lowercase")
        }
        Rule::Alphabet => plain("v2.component.new-password-field.default.password-policy-alphabet"),
        Rule::Digit => plain("v2.component.new-password-field.default.password-policy-digit"),
        Rule::Symbol => plain("v2.component.new-password-field.default.password-policy-symbol"),
        Rule::ExcludedKeywords => plain("v2.error.password-policy-disallowed-keywords"),
        Rule::Guessable { level_min, .. } => (
            "v2.component.new-password-field.default.password-policy-strength",
            json!(level_min),
            json!({}),
        ),
        Rule::NotReused { size, days } => {
            ("v2.error.password-policy-reuse", json!(""), json!({ "size": size, "day": days }))
        }
    }
}
