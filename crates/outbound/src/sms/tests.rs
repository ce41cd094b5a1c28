use serde_json::{Value, json};

use super::*;
use crate::fake::{Fake, ctx};
use crate::{EnvironmentSms, Settings};

fn sms() -> Sms {
    Sms {
        to: "+85298765432".into(),
        sender: "Shop".into(),
        text: "123456 is your code".into(),
        template_name: "verification_sms.txt".into(),
        language: "en".into(),
        variables: TemplateVariables { code: "123456".into(), ..TemplateVariables::default() },
    }
}

async fn send(fake: &Fake, secrets: Value) -> Result<SmsOutcome, SmsError> {
    fake.outbound().send_sms(&ctx("", secrets), &sms()).await
}

/// What became of a message, in a word or two.
fn word(outcome: Result<SmsOutcome, SmsError>) -> String {
    match outcome {
        Ok(SmsOutcome::Sent) => "sent".to_owned(),
        Ok(SmsOutcome::Refused(it)) => {
            format!("{} {} {}", it.kind.reason().unwrap_or("unknown"), it.code, it.description)
                .trim()
                .to_owned()
        }
        Ok(SmsOutcome::Script(call)) => format!("script {}", call.path),
        Err(error) => format!("error: {error}"),
    }
}

fn twilio() -> Value {
    json!({ "sms.twilio": { "account_sid": "AC1", "auth_token": "hush" } })
}

fn nexmo() -> Value {
    json!({ "sms.nexmo": { "api_key": "key", "api_secret": "hush" } })
}

fn custom(url: &str) -> Value {
    json!({ "sms.custom": { "url": url, "timeout": 2 } })
}

#[tokio::test]
async fn twilio_is_given_number_sender_and_text() {
    let fake = Fake::json(201, json!({ "sid": "SM1", "error_code": null })).await;
    assert_eq!(word(send(&fake, twilio()).await), "sent");
    let seen = fake.only();
    assert_eq!(seen.path, "/twilio/2010-04-01/Accounts/AC1/Messages.json");
    assert_eq!(seen.header("authorization"), "Basic QUMxOmh1c2g=");
    assert_eq!(seen.field("To"), "+85298765432");
    assert_eq!(seen.field("From"), "Shop");
    assert_eq!(seen.field("Body"), "123456 is your code");
}

#[tokio::test]
async fn twilios_messaging_service_and_number_win_over_our_sender() {
    let fake = Fake::json(201, json!({})).await;
    let service = json!({ "account_sid": "AC1", "auth_token": "t", "message_service_sid": "MG1", "from": "+1" });
    let _ = send(&fake, json!({ "sms.twilio": service })).await.unwrap();
    let number = json!({ "account_sid": "AC1", "auth_token": "t", "from": "+1" });
    let _ = send(&fake, json!({ "sms.twilio": number })).await.unwrap();
    let seen = fake.seen();
    assert_eq!(
        (seen[0].field("MessagingServiceSid"), seen[0].field("From")),
        ("MG1".into(), String::new())
    );
    assert_eq!(seen[1].field("From"), "+1");
}

#[tokio::test]
async fn twilio_is_spoken_to_with_an_api_key_too() {
    let fake = Fake::json(201, json!({})).await;
    let key = json!({
        "credential_type": "api_key", "account_sid": "AC1",
        "api_key_sid": "SK1", "api_key_secret": "hush",
    });
    let _ = send(&fake, json!({ "sms.twilio": key })).await.unwrap();
    assert_eq!(fake.only().header("authorization"), "Basic U0sxOmh1c2g=");
}

#[tokio::test]
async fn twilios_errors_have_kinds() {
    for (code, expected) in [
        (21211, "SMSGatewayInvalidPhoneNumber 21211"),
        (20003, "SMSGatewayAuthenticationFailed 20003"),
        (30022, "SMSGatewayRateLimited 30022"),
        (21606, "SMSGatewayDeliveryRejected 21606"),
        (1, "unknown 1"),
    ] {
        let fake = Fake::json(400, json!({ "code": code, "status": 400, "message": "no" })).await;
        assert_eq!(word(send(&fake, twilio()).await), expected);
    }
    let fake = Fake::json(200, json!({ "error_code": 21211 })).await;
    assert_eq!(word(send(&fake, twilio()).await), "SMSGatewayInvalidPhoneNumber 21211");
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_an_error() {
    let odd = "error: the gateway gave no answer";
    let fake = Fake::json(500, json!({})).await;
    assert_eq!(word(send(&fake, twilio()).await), odd);
    let fake = Fake::json(200, json!({ "messages": [] })).await;
    assert_eq!(word(send(&fake, nexmo()).await), odd);
}

#[tokio::test]
async fn vonage_is_given_a_number_without_plus_and_the_right_alphabet() {
    let fake = Fake::json(200, json!({ "messages": [{ "status": "0" }] })).await;
    assert_eq!(word(send(&fake, nexmo()).await), "sent");
    let mut chinese = sms();
    chinese.text = "您的驗證碼是 123456".into();
    let _ = fake.outbound().send_sms(&ctx("", nexmo()), &chinese).await.unwrap();
    let seen = fake.seen();
    assert_eq!(seen[0].path, "/nexmo/sms/json");
    for (field, value) in
        [("to", "85298765432"), ("api_key", "key"), ("api_secret", "hush"), ("type", "text")]
    {
        assert_eq!(seen[0].field(field), value);
    }
    assert_eq!(seen[1].field("type"), "unicode");
}

#[tokio::test]
async fn one_refused_part_refuses_the_message() {
    let parts = json!({ "messages": [{ "status": "0" }, { "status": "1" }] });
    let fake = Fake::json(200, parts).await;
    assert_eq!(word(send(&fake, nexmo()).await), "SMSGatewayRateLimited 1");
}

#[tokio::test]
async fn a_custom_gateway_gets_the_message_and_what_it_was_made_of() {
    let fake = Fake::json(200, json!({ "code": "ok" })).await;
    assert_eq!(word(send(&fake, custom(&format!("{}/sms", fake.url))).await), "sent");
    let seen = fake.only();
    assert_eq!(seen.path, "/sms");
    assert_eq!(seen.header("x-authgear-body-signature").len(), 64);
    let expected = json!({
        "to": "+85298765432", "body": "123456 is your code", "app_id": "test",
        "template_name": "verification_sms.txt", "language_tag": "en",
        "template_variables": { "code": "123456" },
    });
    assert_eq!(serde_json::from_str::<Value>(&seen.body).unwrap(), expected);
}

#[tokio::test]
async fn a_custom_gateway_answers_in_words() {
    for (reply, expected) in [
        (json!({ "code": "invalid_phone_number" }), "SMSGatewayInvalidPhoneNumber"),
        (json!({ "code": "rate_limited", "description": "later" }), "SMSGatewayRateLimited  later"),
        (json!({ "code": "unsupported_request" }), "SMSGatewayUnsupportedRequest"),
        (json!({ "code": "timeout" }), "SMSGatewayTimeout"),
        (json!({ "code": "what" }), "unknown"),
        (
            json!({ "code": "authentication_failed", "info": { "provider_error_code": "9" } }),
            "SMSGatewayAuthenticationFailed 9",
        ),
    ] {
        let fake = Fake::json(200, reply).await;
        assert_eq!(word(send(&fake, custom(&fake.url)).await), expected);
    }
}

#[tokio::test]
async fn a_custom_gateway_of_old_answers_by_its_status() {
    let fake = Fake::new(|_| axum::response::Response::new("done".into())).await;
    assert_eq!(word(send(&fake, custom(&fake.url)).await), "sent");
    let fake = Fake::json(500, json!("oh no")).await;
    assert_eq!(word(send(&fake, custom(&fake.url)).await), "unknown 500");
}

#[tokio::test]
async fn a_script_is_for_the_caller_to_run() {
    let fake = Fake::json(200, json!({})).await;
    let outcome = send(&fake, custom("authgeardeno:///deno/sms.ts")).await.unwrap();
    let SmsOutcome::Script(call) = outcome else { panic!("{outcome:?}") };
    assert_eq!((call.path.as_str(), call.timeout.as_secs()), ("deno/sms.ts", 2));
    assert_eq!(call.input["to"], "+85298765432");
    assert!(fake.seen().is_empty());
    assert_eq!(judge(&Value::Null), SmsOutcome::Sent);
    assert_eq!(judge(&json!([])), SmsOutcome::Sent);
    assert_eq!(judge(&json!({ "code": "ok" })), SmsOutcome::Sent);
    assert_eq!(word(Ok(judge(&json!({ "code": "timeout" })))), "SMSGatewayTimeout");
}

#[tokio::test]
async fn a_kept_message_is_not_sent() {
    let fake = Fake::json(200, json!({})).await;
    let outbound = Outbound::new(Settings { keeps_messages: true, ..fake.settings() }).unwrap();
    let ctx = ctx("", json!({}));
    let outcome = outbound.send_sms(&ctx, &sms()).await;
    assert_eq!(word(outcome), "sent");
    assert!(fake.seen().is_empty());
    let kept = outbound.kept(&ctx.app.id);
    assert_eq!((kept[0].to.as_str(), kept[0].channel), ("+85298765432", Channel::Sms));
    assert!(outbound.kept(&domain::AppId::new("other".to_owned())).is_empty());
}

#[tokio::test]
async fn nothing_leaves_without_a_gateway() {
    let fake = Fake::json(200, json!({})).await;
    let none = EnvironmentSms::default();
    let outbound = Outbound::new(Settings { sms: none, ..fake.settings() }).unwrap();
    let outcome = outbound.send_sms(&ctx("", json!({})), &sms()).await;
    assert_eq!(word(outcome), "error: there is no gateway for text messages");
}

#[test]
fn what_a_message_says_is_not_printed() {
    let printed = format!("{:?} {:?}", sms(), sms().variables);
    assert!(printed.contains("+85298765432") && !printed.contains("123456"), "{printed}");
}
