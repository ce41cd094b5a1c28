use serde_json::json;

use super::*;
use crate::fake::{Fake, ctx};

async fn check(provider: &str, reply: serde_json::Value, expected: &str) {
    let fake = Fake::json(200, reply).await;
    let verdict = ask(&fake, provider).await;
    let said = match verdict {
        Verdict::Passed => "passed".to_owned(),
        Verdict::Failed { codes } => format!("failed: {}", codes.join(", ")),
        Verdict::Unavailable { why } => format!("unavailable: {why}"),
    };
    assert_eq!(said, expected);
}

async fn ask(fake: &Fake, provider: &str) -> Verdict {
    let yaml = format!(
        "bot_protection: {{ enabled: true, provider: {{ type: {provider}, site_key: s }} }}"
    );
    let secrets = json!({ "bot_protection.provider": { "type": provider, "secret_key": "hush" } });
    fake.outbound().verify_bot_protection(&ctx(&yaml, secrets), "token").await.unwrap()
}

#[tokio::test]
async fn the_provider_is_told_the_secret_the_token_and_the_address() {
    let fake = Fake::json(200, json!({ "success": true })).await;
    assert_eq!(ask(&fake, "cloudflare").await, Verdict::Passed);
    let seen = fake.only();
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/cloudflare"));
    assert_eq!(seen.field("secret"), "hush");
    assert_eq!(seen.field("response"), "token");
    assert_eq!(seen.field("remoteip"), "192.0.2.1");
}

#[tokio::test]
async fn each_provider_has_its_endpoint() {
    let fake = Fake::json(200, json!({ "success": true })).await;
    ask(&fake, "recaptchav2").await;
    assert_eq!(fake.only().path, "/recaptcha_v2");
}

#[tokio::test]
async fn a_token_that_shows_nothing_fails_with_the_providers_words() {
    let no = json!({ "success": false, "error-codes": ["invalid-input-response"] });
    check("cloudflare", no.clone(), "failed: invalid-input-response").await;
    check("recaptchav2", no, "failed: invalid-input-response").await;
}

#[tokio::test]
async fn turnstiles_own_trouble_is_not_the_persons() {
    let trouble = json!({ "success": false, "error-codes": ["internal-error"] });
    check("cloudflare", trouble.clone(), "unavailable: internal-error").await;
    check("recaptchav2", trouble, "failed: internal-error").await;
}

#[tokio::test]
async fn what_is_no_verdict_is_never_a_pass() {
    check("cloudflare", json!({}), "unavailable: the answer is no verdict").await;
    check("cloudflare", json!({ "success": false }), "unavailable: the answer is no verdict").await;
    let odd = "unavailable: the answer (status 200) is not what was expected";
    check("cloudflare", json!(["success"]), odd).await;
    check("cloudflare", json!({ "success": "true" }), odd).await;
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_unavailable() {
    let fake = Fake::json(200, json!({})).await;
    let mut settings = fake.settings();
    settings.endpoints = crate::Endpoints::nowhere();
    let outbound = Outbound::new(settings).unwrap();
    let yaml = "bot_protection: { enabled: true, provider: { type: cloudflare, site_key: s } }";
    let secrets = json!({ "bot_protection.provider": { "type": "cloudflare", "secret_key": "h" } });
    let verdict = outbound.verify_bot_protection(&ctx(yaml, secrets), "token").await.unwrap();
    assert!(matches!(verdict, Verdict::Unavailable { .. }), "{verdict:?}");
}

#[tokio::test]
async fn without_a_secret_nobody_is_asked() {
    let fake = Fake::json(200, json!({ "success": true })).await;
    let ctx = ctx("", json!({}));
    let asked = fake.outbound().verify_bot_protection(&ctx, "token").await;
    assert!(matches!(asked, Err(BotProtectionError::NotConfigured)));
    assert!(fake.seen().is_empty());
}
