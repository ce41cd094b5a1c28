//! Which flows a client may start, and flows that refer to what is not there.

use appconfig::flow::FlowKind;
use expect_test::{Expect, expect};
use testkit::World;

use super::play;
use crate::{FlowRef, Setting};

const GROUPS: &str = "
authentication_flow:
  login_flows:
  - { name: f1, steps: [{ type: identify, one_of: [{ identification: email }] }] }
ui:
  authentication_flow:
    groups: [{ name: by_group, flows: [{ type: login, name: f1 }, { type: signup, name: default }] }]
oauth:
  clients:
  - client_id: narrow
    name: Narrow
    x_application_type: spa
    redirect_uris: [https://narrow.example/]
    x_authentication_flow_allowlist:
      groups: [{ name: by_group }]
      flows: [{ type: login, name: default }]
";

async fn begin(client: &str, kind: FlowKind) -> String {
    let world = World::new(GROUPS).await;
    let setting = Setting { client_id: Some(client.to_owned()), ..Setting::default() };
    let played = play(&world, FlowRef::new(kind, "default"), setting, "").await;
    played.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_client_may_be_held_to_flows_and_to_groups_of_them() {
    assert_eq!(begin("narrow", FlowKind::Login).await, "? login:");
    assert_eq!(begin("narrow", FlowKind::Signup).await, "? signup:");
    assert_eq!(begin("narrow", FlowKind::SignupLogin).await, "! AuthenticationFlowNotAllowed");
    assert_eq!(begin("another", FlowKind::SignupLogin).await, "? signup_login:");
}

async fn check(yaml: &str, script: &str, expected: Expect) {
    let world = World::new(yaml).await;
    let flow = FlowRef::new(FlowKind::Signup, "default");
    expected.assert_eq(&play(&world, flow, Setting::default(), script).await);
}

#[tokio::test]
async fn a_flow_that_nobody_declared_is_unknown() {
    let world = World::new("").await;
    let flow = FlowRef::new(FlowKind::Signup, "nowhere");
    let played = play(&world, flow, Setting::default(), "").await;
    assert_eq!(played, "! AuthenticationFlowUnknownFlow {}\n");
}

#[tokio::test]
async fn a_step_that_proves_an_address_must_say_which() {
    check(
        "
authentication_flow:
  signup_flows:
  - name: default
    steps:
    - type: identify
      one_of: [{ identification: email }]
    - type: verify
      target_step: identify_misspelt
",
        "email bob@example.com",
        expect![[r#"
            ? signup: identify [email]
            > email bob@example.com
            ! AuthenticationFlowInvalidTargetStep {"target_step":"identify_misspelt"}
        "#]],
    )
    .await;
}
