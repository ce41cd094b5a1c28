use appconfig::flow::FlowKind;
use testkit::World;

use super::{FlowRef, load};
use crate::refusal::Refusal;

const DECLARED: &str = "
authentication_flow:
  login_flows:
  - name: default
    steps: [{ type: identify, one_of: [{ identification: phone }] }]
";

#[tokio::test]
async fn a_flow_is_generated_once_for_a_snapshot() {
    let ctx = World::new("").await.ctx();
    let wanted = FlowRef::new(FlowKind::Signup, "default");
    let first = load(&ctx.app, &wanted).expect("generated");
    let second = load(&ctx.app, &wanted).expect("found");
    assert!(std::ptr::eq(first, second));
    let login = load(&ctx.app, &FlowRef::new(FlowKind::Login, "default")).expect("generated");
    assert_ne!(first, login, "each kind has one of its own");
}

#[tokio::test]
async fn a_declared_flow_takes_the_place_of_the_generated_one() {
    let ctx = World::new(DECLARED).await.ctx();
    let flow = load(&ctx.app, &FlowRef::new(FlowKind::Login, "default")).expect("declared");
    assert_eq!(flow.steps.len(), 1);
    let unknown = load(&ctx.app, &FlowRef::new(FlowKind::Login, "other"));
    assert_eq!(unknown, Err(Refusal::UnknownFlow));
}
