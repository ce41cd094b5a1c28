//! Passkeys made in one flow and used in another, and what must not count as one.

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
