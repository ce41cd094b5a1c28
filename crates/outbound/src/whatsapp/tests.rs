use appconfig::Secrets;
use expect_test::expect;

use super::delivery::{DeliveryError, answer_challenge, read};
use super::*;
use crate::fake::{Fake, ctx};

fn secrets() -> Value {
    json!({ "whatsapp.cloud-api": {
        "phone_number_id": "555", "access_token": "hush",
        "authentication_template": {
            "type": "copy_code_button",
            "copy_code_button": { "name": "otp", "languages": ["en", "zh_CN", "zh_HK"] },
        },
        "webhook": { "verify_token": "agreed", "app_secret": "app" },
    } })
}

async fn send(status: u16, body: Value) -> (Fake, Result<WhatsappOutcome, WhatsappError>) {
    let fake = Fake::json(status, body).await;
    let code = Secret::new("123456".to_owned());
    let message = WhatsappCode { to: "+85298765432".into(), code, language: "zh-Hant-HK".into() };
    let outcome = fake.outbound().send_whatsapp(&ctx("", secrets()), &message).await;
    (fake, outcome)
}

#[tokio::test]
async fn the_code_goes_out_in_the_template() {
    let (fake, outcome) = send(200, json!({ "messages": [{ "id": "wamid.1" }] })).await;
    assert_eq!(outcome.unwrap(), WhatsappOutcome::Taken { message_id: Some("wamid.1".into()) });
    let seen = fake.only();
    assert_eq!(seen.path, "/whatsapp/v22.0/555/messages");
    assert_eq!(seen.header("authorization"), "Bearer hush");
    expect![[r#"{"messaging_product":"whatsapp","recipient_type":"individual","to":"+85298765432","type":"template","template":{"name":"otp","language":{"policy":"deterministic","code":"zh_HK"},"components":[{"type":"body","parameters":[{"type":"text","text":"123456"}]},{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"123456"}]}]}}"#]]
    .assert_eq(&seen.body);
}

#[tokio::test]
async fn a_number_without_whatsapp_is_told_apart() {
    let (_, outcome) = send(400, json!({ "error": { "code": 131_026 } })).await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome, WhatsappOutcome::Refused(WhatsappRefusal::InvalidUser));
    let (_, outcome) = send(400, json!({ "error": { "code": 7 } })).await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome, WhatsappOutcome::Refused(WhatsappRefusal::Other { code: 7 }));
    let (_, outcome) = send(200, json!({ "messages": [] })).await;
    assert!(matches!(outcome, Err(WhatsappError::Http(HttpError::Unreadable(200)))), "{outcome:?}");
}

#[tokio::test]
async fn without_credentials_nothing_leaves() {
    let fake = Fake::json(200, json!({})).await;
    let code = Secret::new("123456".to_owned());
    let message = WhatsappCode { to: "+85298765432".into(), code, language: "en".into() };
    let outcome = fake.outbound().send_whatsapp(&ctx("", json!({})), &message).await;
    assert!(matches!(outcome, Err(WhatsappError::NotConfigured)), "{outcome:?}");
    let on_premises = "messaging: { whatsapp: { api_type: on-premises } }";
    let outcome = fake.outbound().send_whatsapp(&ctx(on_premises, secrets()), &message).await;
    assert!(matches!(outcome, Err(WhatsappError::NotConfigured)), "{outcome:?}");
    assert!(fake.seen().is_empty());
}

#[test]
fn the_nearest_language_of_the_template_is_taken() {
    let languages = ["en", "zh_CN", "zh_HK"].map(str::to_owned);
    for (wanted, expected) in [
        ("zh-HK", "zh_HK"),
        ("zh-Hant-HK", "zh_HK"),
        ("zh", "zh_CN"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("", "en"),
    ] {
        assert_eq!(nearest(&languages, wanted), expected, "{wanted}");
    }
}

/// What a signed request of Meta's says.
fn said(status: &Value) -> String {
    let body = json!({ "entry": [{ "changes": [
        { "field": "messages", "value": { "metadata": { "phone_number_id": "555" }, "statuses": [status] } },
        { "field": "messages", "value": { "metadata": { "phone_number_id": "666" }, "statuses": [status] } },
        { "field": "other" },
    ] }] });
    let body = body.to_string();
    let signature = format!("sha256={}", crate::webhook::sign(b"app", body.as_bytes()));
    let ctx = ctx("", secrets());
    let read = read(&ctx.app.secrets, Some(&signature), body.as_bytes()).unwrap();
    let lines =
        read.iter().map(|it| format!("{} {:?} {:?}", it.message_id, it.state, it.state.reason()));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_signed_status_of_our_number_is_read() {
    assert_eq!(said(&json!({ "id": "m1", "status": "delivered" })), "m1 Delivered None");
    let failed = json!({ "id": "m1", "status": "failed", "errors": [{ "code": 131_026 }] });
    assert_eq!(said(&failed), "m1 Undeliverable Some(\"WhatsappUndeliverable\")");
    let failed = json!({ "id": "m1", "status": "failed", "errors": [{ "code": 7 }] });
    assert_eq!(
        said(&failed),
        "m1 Failed { code: 7 } Some(\"UnexpectedWhatsappMessageStatusError\")"
    );
    assert_eq!(said(&json!({ "id": "m1", "status": "teleported" })), "");
}

#[test]
fn what_meta_did_not_sign_is_not_believed() {
    let secrets = ctx("", secrets()).app.clone();
    let secrets = &secrets.secrets;
    let signed = format!("sha256={}", crate::webhook::sign(b"other", b"{}"));
    for (signature, expected) in [
        (None, DeliveryError::NoSignature),
        (Some("md5=1"), DeliveryError::NoSignature),
        (Some(signed.as_str()), DeliveryError::BadSignature),
    ] {
        assert_eq!(read(secrets, signature, b"{}"), Err(expected));
    }
    let right = format!("sha256={}", crate::webhook::sign(b"app", b"hello"));
    assert_eq!(read(secrets, Some(&right), b"hello"), Err(DeliveryError::Malformed));
}

#[test]
fn the_challenge_is_given_back_for_the_agreed_token_only() {
    let ctx = ctx("", secrets());
    assert_eq!(answer_challenge(&ctx.app.secrets, "agreed", "42"), Ok("42".to_owned()));
    assert_eq!(answer_challenge(&ctx.app.secrets, "guess", "42"), Err(DeliveryError::BadToken));
    let none = Secrets::default();
    assert_eq!(answer_challenge(&none, "agreed", "42"), Err(DeliveryError::NotConfigured));
}
