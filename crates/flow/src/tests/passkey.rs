//! Passkeys made in one flow and used in another, and what must not count as one.

use accounts::passkey::challenge::{self, Ceremony};
use appconfig::flow::FlowKind;
use serde_json::{Value, json};
use testkit::{Device, World};

use super::{cx, input};
use crate::{Answer, FlowRef, Input, Refusal, Reply, Setting, create, feed};

const PASSKEYS: &str = "authentication:
  identities: [login_id, passkey]
  primary_authenticators: [password, passkey]";
const ORIGIN: &str = "http://localhost:3000";

fn asked(reply: Reply) -> Answer {
    match reply {
        Reply::Asked(answer) => *answer,
        other => panic!("not a question: {other:?}"),
    }
}

fn object(value: Value) -> Input {
    let Value::Object(input) = value else { panic!("not an object: {value}") };
    input
}

/// Bob signs up and keeps a passkey on his device.
async fn signed_up(world: &World, device: &Device) -> Reply {
    let ctx = world.ctx();
    let cx = cx(world, &ctx);
    let flow = FlowRef::new(FlowKind::Signup, "default");
    let at = asked(Box::pin(create(&cx, flow, Setting::default())).await.unwrap());
    let known = input("email bob@example.com");
    let at = asked(Box::pin(feed(&cx, &at.state_token, &known)).await.unwrap());
    let password = input("new_password tr0ub4dor and 3");
    let at = asked(Box::pin(feed(&cx, &at.state_token, &password)).await.unwrap());
    assert_eq!(at.ask.step.to_string(), "prompt_create_passkey");
    let response = device.create(&at.ask.data["creation_options"]);
    let made = object(json!({ "creation_response": response }));
    Box::pin(feed(&cx, &at.state_token, &made)).await.unwrap()
}

/// Somebody signs in by what `device` answers.
async fn signs_in(world: &World, device: &mut Device) -> Reply {
    let ctx = world.ctx();
    let cx = cx(world, &ctx);
    let flow = FlowRef::new(FlowKind::Login, "default");
    let at = asked(Box::pin(create(&cx, flow, Setting::default())).await.unwrap());
    let options = at.ask.data["options"].as_array().unwrap();
    let offer = options.iter().find(|it| it["identification"] == "passkey").unwrap();
    let response = device.get(&offer["request_options"]);
    let used = object(json!({ "identification": "passkey", "assertion_response": response }));
    Box::pin(feed(&cx, &at.state_token, &used)).await.unwrap()
}

fn is_refused(reply: &Reply) -> bool {
    matches!(reply, Reply::Refused(Refusal::InvalidPasskey))
}

#[tokio::test]
async fn a_passkey_signs_in_without_a_word() {
    let (world, mut device) = (World::new(PASSKEYS).await, Device::new(ORIGIN));
    assert!(matches!(signed_up(&world, &device).await, Reply::Finished(_)));
    let Reply::Finished(finished) = signs_in(&world, &mut device).await else { panic!() };
    assert!(finished.session_cookie.is_some());
    assert_eq!(finished.amr, ["x_passkey", "x_primary_passkey"]);
}

#[tokio::test]
async fn a_passkey_of_another_site_is_refused() {
    let (world, device) = (World::new(PASSKEYS).await, Device::new("https://evil.example"));
    assert!(is_refused(&signed_up(&world, &device).await));
    let mut device = Device::new(ORIGIN);
    assert!(matches!(signed_up(&world, &device).await, Reply::Finished(_)));
    device.origin = "https://evil.example".to_owned();
    assert!(is_refused(&signs_in(&world, &mut device).await));
}

#[tokio::test]
async fn a_device_that_does_not_check_its_holder_is_refused() {
    let (world, mut device) = (World::new(PASSKEYS).await, Device::new(ORIGIN));
    assert!(matches!(signed_up(&world, &device).await, Reply::Finished(_)));
    device.verifies_user = false;
    assert!(is_refused(&signs_in(&world, &mut device).await));
}

#[tokio::test]
async fn another_device_is_refused() {
    let (world, device) = (World::new(PASSKEYS).await, Device::new(ORIGIN));
    assert!(matches!(signed_up(&world, &device).await, Reply::Finished(_)));
    assert!(is_refused(&signs_in(&world, &mut Device::new(ORIGIN)).await));
}

#[tokio::test]
async fn a_counter_that_runs_backwards_is_a_copy() {
    let (world, mut device) = (World::new(PASSKEYS).await, Device::new(ORIGIN));
    assert!(matches!(signed_up(&world, &device).await, Reply::Finished(_)));
    device.sign_count = 7;
    assert!(matches!(signs_in(&world, &mut device).await, Reply::Finished(_)));
    device.sign_count = 6;
    assert!(is_refused(&signs_in(&world, &mut device).await));
}

/// The options of a flow with a challenge in them that was issued beside it.
async fn with_issued(world: &World, options: &Value, ceremony: &Ceremony) -> Value {
    let issued = challenge::issue(&world.ctx(), &world.platform.kv, ceremony).await.unwrap();
    let mut options = options.clone();
    options["publicKey"]["challenge"] = json!(issued);
    options
}

async fn shows(world: &World, response: &Value) -> Reply {
    let ctx = world.ctx();
    let cx = cx(world, &ctx);
    let flow = FlowRef::new(FlowKind::Login, "default");
    let at = asked(Box::pin(create(&cx, flow, Setting::default())).await.unwrap());
    let used = object(json!({ "identification": "passkey", "assertion_response": response }));
    Box::pin(feed(&cx, &at.state_token, &used)).await.unwrap()
}

#[tokio::test]
async fn an_answer_to_a_challenge_beside_the_flow_counts_once() {
    let (world, mut device) = (World::new(PASSKEYS).await, Device::new(ORIGIN));
    assert!(matches!(signed_up(&world, &device).await, Reply::Finished(_)));
    let options = json!({ "publicKey": { "rpId": "localhost" } });
    let response = device.get(&with_issued(&world, &options, &Ceremony::Request).await);
    assert!(matches!(shows(&world, &response).await, Reply::Finished(_)));
    assert!(is_refused(&shows(&world, &response).await), "it was used up");
    let late = device.get(&with_issued(&world, &options, &Ceremony::Request).await);
    world.sleep(300);
    assert!(is_refused(&shows(&world, &late).await), "nobody takes that long");
    let made_up = json!({ "publicKey": { "rpId": "localhost", "challenge": "made-up" } });
    assert!(is_refused(&shows(&world, &device.get(&made_up)).await));
    let creation = Ceremony::Creation { user_id: "bob".to_owned() };
    let for_making = device.get(&with_issued(&world, &options, &creation).await);
    assert!(is_refused(&shows(&world, &for_making).await), "it was made for something else");
}

#[tokio::test]
async fn a_challenge_for_making_a_passkey_is_for_one_person() {
    let world = World::new(PASSKEYS).await;
    let alice = world.person("email", "alice@example.com", "correct horse").await;
    let ctx = world.ctx();
    let cx = cx(&world, &ctx);
    let flow = FlowRef::new(FlowKind::Login, "default");
    let at = asked(Box::pin(create(&cx, flow, Setting::default())).await.unwrap());
    let known = input("email alice@example.com");
    let at = asked(Box::pin(feed(&cx, &at.state_token, &known)).await.unwrap());
    let proved = input("password correct horse");
    let at = asked(Box::pin(feed(&cx, &at.state_token, &proved)).await.unwrap());
    let options = &at.ask.data["creation_options"];
    let mut device = Device::new(ORIGIN);
    for (ceremony, is_good) in [
        (Ceremony::Request, false),
        (Ceremony::Creation { user_id: "bob".to_owned() }, false),
        (Ceremony::creation(&alice), true),
    ] {
        let response = device.create(&with_issued(&world, options, &ceremony).await);
        let made = object(json!({ "creation_response": response }));
        let reply = Box::pin(feed(&cx, &at.state_token, &made)).await.unwrap();
        assert_eq!(matches!(reply, Reply::Finished(_)), is_good, "{ceremony:?}: {reply:?}");
    }
    // What was kept can be read again: the passkey is of use.
    assert!(matches!(signs_in(&world, &mut device).await, Reply::Finished(_)));
}

#[tokio::test]
async fn a_passkey_is_used_on_a_project_s_own_sign_in_page() {
    let yaml = format!(
        "{PASSKEYS}
oauth:
  clients:
  - {{ client_id: app, name: App, x_application_type: spa, \
       x_custom_ui_uri: \"https://login.example.com/start\", \
       redirect_uris: [\"https://app.example.com/\"] }}"
    );
    let (world, device) = (World::new(&yaml).await, Device::new("https://login.example.com"));
    assert_eq!(accounts::passkey::related_origins(&world.app), ["https://login.example.com"]);
    assert!(matches!(signed_up(&world, &device).await, Reply::Finished(_)));
    let other = Device::new("https://app.example.com");
    let world = World::new(&yaml).await;
    assert!(is_refused(&signed_up(&world, &other).await), "an application is no sign-in page");
}
