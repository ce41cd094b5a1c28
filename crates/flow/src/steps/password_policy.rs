//! The password policy as clients are told it, so that they can help people meet it.

use ctx::Ctx;
use serde_json::{Value, json};

/// `password_policy` of the action data: only the rules that apply.
pub fn describe(ctx: &Ctx) -> Value {
    let policy = &ctx.app.config.authenticator.password.policy;
    let mut data = json!({ "minimum_length": policy.min_length });
    let flags = [
        ("uppercase_required", policy.uppercase_required),
        ("lowercase_required", policy.lowercase_required),
        ("alphabet_required", policy.alphabet_required),
        ("digit_required", policy.digit_required),
        ("symbol_required", policy.symbol_required),
    ];
    for (name, is_required) in flags {
        if is_required {
            data[name] = json!(true);
        }
    }
    if policy.minimum_guessable_level > 0 {
        data["minimum_zxcvbn_score"] = json!(policy.minimum_guessable_level - 1);
    }
    data["history"] = json!({ "enabled": policy.keeps_history() });
    if policy.history_size > 0 {
        data["history"]["size"] = json!(policy.history_size);
    }
    let days = policy.history_days;
    if days > 0 {
        data["history"]["days"] = json!(days);
    }
    if !policy.excluded_keywords.is_empty() {
        data["excluded_keywords"] = json!(policy.excluded_keywords);
    }
    data
}
