use std::fmt::Write as _;

use accounts::otp::{Form, Otp, Purpose, note_message};
use appconfig::authenticator::OobChannel;
use aws_lc_rs::hmac;
use axum::body::Body;
use expect_test::expect;
use http::Method;
use kv::Kv;
use serde_json::{Value, json};
use store::Store;
use testkit::{Answer, Client, World};

use crate::router;

const PATH: &str = "/whatsapp/webhook";
const APP_SECRET: &str = "secret of the app at Meta";
const NUMBER: &str = "+85251234567";
const BY_WHATSAPP: &str = "authentication:
  identities: [login_id]
  primary_authenticators: [oob_otp_sms, password]
authenticator: { oob_otp: { sms: { phone_otp_mode: whatsapp } } }";

async fn client() -> (World, Client) {
    let credentials = json!({
        "phone_number_id": "1234",
        "access_token": "token",
        "authentication_template": {
            "type": "copy_code_button",
            "copy_code_button": { "name": "otp", "languages": ["en"] },
        },
        "webhook": { "verify_token": "the token", "app_secret": APP_SECRET },
    });
    let mut app = testkit::app(BY_WHATSAPP);
    app.secrets.whatsapp_cloud_api = Some(serde_json::from_value(credentials).unwrap());
    let world = World::of(app, Store::memory().await.unwrap(), Kv::memory());
    world.person("phone", NUMBER, "correct horse").await;
    let client = Client::new(&world, router());
    (world, client)
}

/// What Meta posts about a message.
fn status(id: &str, status: &str, errors: &Value) -> Value {
    let status = json!({
        "id": id, "status": status, "recipient_id": "85251234567", "errors": errors,
    });
    let value = json!({ "metadata": { "phone_number_id": "1234" }, "statuses": [status] });
    json!({ "entry": [{ "id": "0", "changes": [{ "field": "messages", "value": value }] }] })
}

async fn tell(client: &mut Client, secret: &str, body: &Value) -> Answer {
    let body = body.to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signature = format!("sha256={}", stdx::hex(hmac::sign(&key, body.as_bytes()).as_ref()));
    let headers = [("x-hub-signature-256", signature.as_str())];
    client.send(Method::POST, PATH, &headers, Body::from(body)).await
}

/// A sign-in that waits for a code which Meta took as `wamid.1`: the state to look at.
async fn waiting(world: &World, client: &mut Client) -> String {
    let inputs = json!([
        { "identification": "phone", "login_id": NUMBER },
        { "authentication": "primary_oob_otp_sms", "index": 0, "channel": "whatsapp" },
    ]);
    let body = json!({ "type": "login", "name": "default", "batch_input": inputs });
    let answer = client.post_json("/api/v1/authentication_flows", &body).await;
    let (ctx, kv) = (world.ctx(), &world.platform.kv);
    let (form, channel) = (Form::Code, OobChannel::Whatsapp);
    let otp = Otp { purpose: Purpose::OobOtp, form, channel, target: NUMBER };
    note_message(&ctx, kv, otp, "wamid.1").await.unwrap();
    messaging::status::expect(&ctx, kv, "wamid.1").await.unwrap();
    answer.json()["result"]["state_token"].as_str().expect("a token").to_owned()
}

/// What the flow says of the message.
async fn shown(client: &mut Client, token: &str) -> String {
    let body = json!({ "state_token": token });
    let answer = client.post_json("/api/v1/authentication_flows/states", &body).await.json();
    let data = &answer["result"]["action"]["data"];
    format!("{} {}", data["delivery_status"], data["delivery_error"])
}

async fn failures(world: &World) -> usize {
    let now = world.ctx().now;
    let mut tx = world.platform.store.write(&world.app.id).await.unwrap();
    let entries = tx.outbox().claim("audit_log", now, now, 100).await.unwrap();
    entries.iter().filter(|it| it.r#type == "whatsapp.error").count()
}

#[tokio::test]
async fn meta_is_answered_when_it_knows_the_token() {
    let (_world, mut client) = Box::pin(client()).await;
    let ask = |token: &str| {
        format!("{PATH}?hub.mode=subscribe&hub.challenge=17&hub.verify_token={token}")
    };
    let answer = client.get(&ask("the%20token")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "17"));
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    let refused = client.get(&ask("a%20guess")).await;
    assert_eq!(refused.status.as_u16(), 400);
    assert!(!refused.body.contains("17"));
    let long = format!("{PATH}?hub.verify_token=the%20token&hub.challenge={}", "1".repeat(300));
    assert_eq!(client.get(&long).await.status.as_u16(), 400);
}

#[tokio::test]
async fn a_project_without_a_webhook_has_no_such_address() {
    let world = World::new("").await;
    let mut client = Client::new(&world, router());
    assert_eq!(client.get(&format!("{PATH}?hub.challenge=17")).await.status.as_u16(), 404);
    let told = tell(&mut client, APP_SECRET, &json!({})).await;
    assert_eq!(told.status.as_u16(), 404);
}

#[tokio::test]
async fn what_meta_did_not_sign_is_not_believed() {
    let (world, mut client) = Box::pin(client()).await;
    let token = waiting(&world, &mut client).await;
    let body = status("wamid.1", "delivered", &json!([]));
    assert_eq!(tell(&mut client, "another secret", &body).await.status.as_u16(), 401);
    let unsigned = client.post_json(PATH, &body).await;
    assert_eq!(unsigned.status.as_u16(), 400);
    assert_eq!(shown(&mut client, &token).await, r#""sending" null"#);
    assert_eq!(tell(&mut client, APP_SECRET, &json!(17)).await.status.as_u16(), 400);
}

#[tokio::test]
async fn a_flow_says_whether_its_message_arrived() {
    let (world, mut client) = Box::pin(client()).await;
    let token = waiting(&world, &mut client).await;
    let mut transcript = format!("{}\n", shown(&mut client, &token).await);
    for state in ["accepted", "sent", "delivered", "sent", "something new"] {
        let told = tell(&mut client, APP_SECRET, &status("wamid.1", state, &json!([]))).await;
        assert_eq!(told.status.as_u16(), 200);
        let shown = shown(&mut client, &token).await;
        writeln!(transcript, "{state}: {shown}").unwrap();
    }
    expect![[r#"
        "sending" null
        accepted: "sending" null
        sent: "sent" null
        delivered: "sent" null
        sent: "sent" null
        something new: "sent" null
    "#]]
    .assert_eq(&transcript);
    assert_eq!(failures(&world).await, 0);
}

#[tokio::test]
async fn a_message_that_does_not_arrive_is_told_and_is_one_event() {
    let (world, mut client) = Box::pin(client()).await;
    let token = waiting(&world, &mut client).await;
    let failed = status("wamid.1", "failed", &json!([{ "code": 131_026 }]));
    for _ in 0..2 {
        assert_eq!(tell(&mut client, APP_SECRET, &failed).await.status.as_u16(), 200);
    }
    let late = status("wamid.1", "sent", &json!([]));
    assert_eq!(tell(&mut client, APP_SECRET, &late).await.status.as_u16(), 200);
    expect![[r#""failed" {"name":"BadRequest","reason":"WhatsappUndeliverable","message":"whatsapp undeliverable","code":400}"#]]
        .assert_eq(&shown(&mut client, &token).await);
    assert_eq!(failures(&world).await, 1);
}

#[tokio::test]
async fn what_is_told_of_others_messages_changes_nothing() {
    let (world, mut client) = Box::pin(client()).await;
    let token = waiting(&world, &mut client).await;
    let failed = status("wamid.2", "failed", &json!([{ "code": 1 }]));
    assert_eq!(tell(&mut client, APP_SECRET, &failed).await.status.as_u16(), 200);
    assert_eq!(shown(&mut client, &token).await, r#""sending" null"#);
    assert_eq!(failures(&world).await, 0, "another installation may share the number");
}

#[tokio::test]
async fn silence_is_a_failure_after_a_while_and_an_answer_ends_it() {
    let (world, mut client) = Box::pin(client()).await;
    let token = waiting(&world, &mut client).await;
    world.sleep(5);
    let silent = shown(&mut client, &token).await;
    assert!(silent.contains("WhatsappMessageStatusCallbackTimeout"), "{silent}");
    tell(&mut client, APP_SECRET, &status("wamid.1", "read", &json!([]))).await;
    assert_eq!(shown(&mut client, &token).await, r#""sent" null"#);
    let unexpected = status("wamid.1", "failed", &json!([{ "code": 131_053 }]));
    tell(&mut client, APP_SECRET, &unexpected).await;
    let failed = shown(&mut client, &token).await;
    assert!(failed.contains("UnexpectedWhatsappMessageStatusError"), "{failed}");
}
