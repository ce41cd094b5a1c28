//! Going on as whoever is signed in to this browser.

use std::sync::Arc;

use appconfig::flow::FlowKind;
use domain::UserId;
use expect_test::expect;
use sessions::{Credentials, Resolved, Session, browser};
use testkit::World;

use super::{cx, input, play_in};
use crate::{Browser, FlowCx, FlowRef, Refusal, Reply, Setting, create, feed};

const CHOOSE: &str = r#"{"identification": "select_account", "index": 0}"#;

async fn signed_in(world: &World, user: &UserId) -> Arc<Session> {
    let ctx = world.ctx();
    let mut tx = world.platform.store.write(&ctx.app.id).await.unwrap();
    let amr = vec!["pwd".to_owned()];
    let created = browser::create(&ctx, &mut tx, user, amr).await.unwrap();
    tx.commit().await.unwrap();
    let cookie = Some(created.cookie.reveal().as_str());
    let credentials = Credentials { idp_session: cookie, ..Credentials::default() };
    match world.platform.sessions.resolve(&ctx, credentials).await.unwrap() {
        Resolved::Session(session) => session,
        other => panic!("{other:?}"),
    }
}

fn with(session: &Session) -> Browser<'_> {
    Browser { session: Some(session), ..Browser::default() }
}

fn login() -> FlowRef {
    FlowRef::new(FlowKind::Login, "default")
}

#[tokio::test]
async fn whoever_goes_on_keeps_the_session_that_there_is() {
    let world = World::new("").await;
    let alice = world.person("email", "alice@example.com", "correct horse").await;
    let session = signed_in(&world, &alice).await;
    let flow = (login(), Setting::default());
    expect![[r#"
        ? login: identify [select_account email phone username]
        > {"identification": "select_account", "index": 0}
        = login with no session ["pwd"]
    "#]]
    .assert_eq(&play_in(&world, with(&session), flow, CHOOSE).await);
}

#[tokio::test]
async fn nobody_is_offered_where_nobody_is_signed_in_or_the_application_wants_a_sign_in() {
    let world = World::new("").await;
    let alice = world.person("email", "alice@example.com", "correct horse").await;
    let session = signed_in(&world, &alice).await;
    let again = Setting { prompt: vec!["login".to_owned()], ..Setting::default() };
    let without_cookie = Setting { suppresses_idp_session_cookie: true, ..Setting::default() };
    for (browser, setting) in [
        (Browser::default(), Setting::default()),
        (with(&session), again),
        (with(&session), without_cookie),
    ] {
        let played = play_in(&world, browser, (login(), setting), CHOOSE).await;
        assert!(played.starts_with("? login: identify [email phone username]\n"), "{played}");
        assert!(played.contains("! ValidationFailed"), "{played}");
    }
}

#[tokio::test]
async fn a_session_that_changed_meanwhile_is_noticed() {
    let world = World::new("").await;
    let alice = world.person("email", "alice@example.com", "correct horse").await;
    let bob = world.person("email", "bob@example.com", "correct horse").await;
    let (of_alice, of_bob) = (signed_in(&world, &alice).await, signed_in(&world, &bob).await);
    let ctx = world.ctx();
    let at = |browser| FlowCx { browser, ..cx(&world, &ctx) };
    let began = Box::pin(create(&at(with(&of_alice)), login(), Setting::default())).await.unwrap();
    let Reply::Asked(asked) = began else { panic!("{began:?}") };
    for browser in [with(&of_bob), Browser::default()] {
        let cx = at(browser);
        let reply = Box::pin(feed(&cx, &asked.state_token, &input(CHOOSE))).await.unwrap();
        let Reply::Refused(refusal) = reply else { panic!("{reply:?}") };
        assert_eq!(refusal, Refusal::SelectAccountSessionChanged);
        assert_eq!(refusal.reason(), "SelectAccountSessionChanged");
    }
    let cx = at(with(&of_alice));
    let reply = Box::pin(feed(&cx, &asked.state_token, &input(CHOOSE))).await.unwrap();
    assert!(matches!(reply, Reply::Finished(_)), "hers is there again: {reply:?}");
}

#[tokio::test]
async fn whom_the_application_names_nobody_else_can_be() {
    let world = World::new("").await;
    let alice = world.person("email", "alice@example.com", "correct horse").await;
    let session = signed_in(&world, &alice).await;
    let setting = Setting { user_id_hint: Some("bob".to_owned()), ..Setting::default() };
    let played = play_in(&world, with(&session), (login(), setting), CHOOSE).await;
    assert!(played.ends_with("! AuthenticationFlowDifferentUserID {}\n"), "{played}");
}
