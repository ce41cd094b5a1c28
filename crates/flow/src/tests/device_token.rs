//! Browsers that are spared the second factor.

use appconfig::flow::FlowKind;
use domain::UserId;
use limits::{Charged, Limit, Subject};
use stdx::Secret;
use testkit::World;

use super::{cx, input, play_in};
use crate::{Browser, FlowCx, FlowRef, Reply, Setting, create, feed};

const TWO_FACTORS: &str = "authentication:
  identities: [login_id]
  primary_authenticators: [password]
  secondary_authenticators: [totp]
  secondary_authentication_mode: required
  rate_limits: { device_token: { per_user_per_ip: { enabled: true, period: 1m, burst: 3 } } }";
const PASSWORD: &str = "email bob@example.com
                        password tr0ub4dor and 3";

/// Bob has a password and an authenticator app, whose secret is given back.
async fn bob(world: &World) -> (UserId, Secret<String>) {
    let ctx = world.ctx();
    let cx = cx(world, &ctx);
    let signup = FlowRef::new(FlowKind::Signup, "default");
    let mut reply = Box::pin(create(&cx, signup, Setting::default())).await.unwrap();
    let mut secret = Secret::new(String::new());
    for line in [
        "email bob@example.com",
        "new_password tr0ub4dor and 3",
        r#"{"authentication": "secondary_totp"}"#,
        "totp",
        r#"{"confirm_recovery_code": true}"#,
    ] {
        let Reply::Asked(asked) = reply else { panic!("{reply:?}") };
        if let Some(shown) = asked.ask.data["secret"].as_str() {
            secret = Secret::new(shown.to_owned());
        }
        let typed = if line == "totp" { totp(&ctx, &secret) } else { input(line) };
        reply = Box::pin(feed(&cx, &asked.state_token, &typed)).await.unwrap();
    }
    let Reply::Finished(finished) = reply else { panic!("{reply:?}") };
    (finished.user_id, secret)
}

fn totp(ctx: &ctx::Ctx, secret: &Secret<String>) -> crate::Input {
    let code = accounts::totp::current_code(secret, ctx.now);
    input(&format!(
        r#"{{"authentication": "secondary_totp", "code": "{code}", "display_name": "",
             "request_device_token": true}}"#
    ))
}

/// Bob signs in with both factors and has this browser trusted.
async fn trusted(world: &World, secret: &Secret<String>) -> Secret<String> {
    world.sleep(30);
    let ctx = world.ctx();
    let cx = cx(world, &ctx);
    let login = FlowRef::new(FlowKind::Login, "default");
    let mut reply = Box::pin(create(&cx, login, Setting::default())).await.unwrap();
    let typed =
        [input("email bob@example.com"), input("password tr0ub4dor and 3"), totp(&ctx, secret)];
    for typed in typed {
        let Reply::Asked(asked) = reply else { panic!("{reply:?}") };
        reply = Box::pin(feed(&cx, &asked.state_token, &typed)).await.unwrap();
    }
    let Reply::Finished(finished) = reply else { panic!("{reply:?}") };
    finished.device_token.unwrap().0
}

/// Whether a browser with this token is asked for the second factor.
async fn is_asked(world: &World, token: Option<&Secret<String>>) -> bool {
    let browser = Browser { device_token: token, ..Browser::default() };
    let login = FlowRef::new(FlowKind::Login, "default");
    let played = play_in(world, browser, (login, Setting::default()), PASSWORD).await;
    let is_asked = played.ends_with("? login: authenticate [secondary_totp recovery_code]\n");
    assert!(is_asked || played.ends_with("\"x_primary_password\"]\n"), "{played}");
    is_asked
}

#[tokio::test]
async fn a_trusted_browser_is_not_asked_again_and_others_are() {
    let world = World::new(TWO_FACTORS).await;
    let (_, secret) = bob(&world).await;
    let token = trusted(&world, &secret).await;
    assert!(is_asked(&world, None).await);
    assert!(is_asked(&world, Some(&Secret::new("a guess".to_owned()))).await);
    assert!(!is_asked(&world, Some(&token)).await);
    world.sleep(30 * 86_400);
    assert!(is_asked(&world, Some(&token)).await, "trust ends");
}

#[tokio::test]
async fn trust_that_was_taken_back_is_gone() {
    let world = World::new(TWO_FACTORS).await;
    let (bob, secret) = bob(&world).await;
    let token = trusted(&world, &secret).await;
    let mut tx = world.platform.store.write(&world.app.id).await.unwrap();
    tx.device_tokens().delete_all(&bob).await.unwrap();
    tx.commit().await.unwrap();
    assert!(is_asked(&world, Some(&token)).await);
}

#[tokio::test]
async fn guessing_tokens_makes_the_right_one_worth_nothing() {
    let world = World::new(TWO_FACTORS).await;
    let (bob, secret) = bob(&world).await;
    let token = trusted(&world, &secret).await;
    for _ in 0..3 {
        assert!(is_asked(&world, Some(&Secret::new("a guess".to_owned()))).await);
    }
    assert!(is_asked(&world, Some(&token)).await);
    let ctx = world.ctx();
    let subject = Subject { user: Some(&bob), ..Subject::default() };
    let limit = Limit::VerifyDeviceToken;
    let charged = limits::charge(&ctx, &world.platform.kv, limit, subject).await.unwrap();
    assert!(matches!(charged, Charged::Exhausted(_)), "{charged:?}");
    world.sleep(60);
    assert!(!is_asked(&world, Some(&token)).await);
}

#[tokio::test]
async fn a_token_spares_its_owner_alone() {
    let world = World::new(TWO_FACTORS).await;
    let (_, secret) = bob(&world).await;
    let token = trusted(&world, &secret).await;
    world.person("email", "alice@example.com", "correct horse").await;
    let ctx = world.ctx();
    let browser = Browser { device_token: Some(&token), ..Browser::default() };
    let cx = FlowCx { browser, ..cx(&world, &ctx) };
    let login = FlowRef::new(FlowKind::Login, "default");
    let mut reply = Box::pin(create(&cx, login, Setting::default())).await.unwrap();
    for line in ["email alice@example.com", "password correct horse"] {
        let Reply::Asked(asked) = reply else { panic!("{reply:?}") };
        reply = Box::pin(feed(&cx, &asked.state_token, &input(line))).await.unwrap();
    }
    assert!(!matches!(reply, Reply::Finished(_)), "she has no second factor, and needs one");
}
