//! Somebody anonymous says who they are, and keeps their account; and what must not count.

use accounts::anonymous::{self, NewAnonymous, NewKey};
use appconfig::flow::FlowKind;
use domain::{Identity, UserId};
use events::Source;
use expect_test::expect;
use limits::Limit;
use serde_json::{Value, json};
use sessions::challenge::{self, Purpose};
use testkit::{DeviceKey, World};

use super::{cx, input, play};
use crate::{FlowRef, Refusal, Reply, Setting, create, feed};

const ANONYMOUS: &str =
    "authentication: { identities: [login_id, anonymous], primary_authenticators: [password] }";
const JWT_TYPE: &str = "vnd.authgear.anonymous-request";
const SCRIPT: &str = "email bob@example.com
                      new_password tr0ub4dor and 3";

fn promote() -> FlowRef {
    FlowRef::new(FlowKind::Promote, "default")
}

/// Somebody who came in without a word, with the key of `device` if there is one.
async fn somebody(world: &World, device: Option<&DeviceKey>) -> UserId {
    let ctx = world.ctx();
    let mut tx = world.platform.store.write(&ctx.app.id).await.unwrap();
    let key = device.map(|device| NewKey {
        id: device.jwk["kid"].as_str().unwrap().to_owned(),
        jwk: device.jwk.clone(),
    });
    let new = NewAnonymous::new(UserId::new(ctx.rng.uuid()), key);
    let signed_up = anonymous::sign_up(&ctx, &mut tx, new, &Source::default()).await.unwrap();
    let user = signed_up.user_id().unwrap();
    tx.commit().await.unwrap();
    user
}

async fn code(world: &World, user: &UserId) -> String {
    let ctx = world.ctx();
    let mut tx = world.platform.store.read(&ctx.app.id).await.unwrap();
    let identity = anonymous::find(&mut tx, user).await.unwrap().unwrap();
    let kv = &world.platform.kv;
    let issued = sessions::promotion_code::issue(&ctx, kv, &identity).await.unwrap();
    issued.code.reveal().clone()
}

async fn payload(world: &World) -> Value {
    let ctx = world.ctx();
    let purpose = Purpose::AnonymousRequest;
    let challenge = challenge::issue(&ctx, &world.platform.kv, purpose).await.unwrap().token;
    let now = ctx.now.seconds();
    json!({ "iat": now, "exp": now + 60, "challenge": challenge, "action": "promote" })
}

async fn jwt(world: &World, device: &DeviceKey) -> String {
    device.sign(&device.naming_header(JWT_TYPE), &payload(world).await)
}

fn setting(hint: &str) -> Setting {
    let login_hint = Some(format!("https://authgear.com/login_hint?type=anonymous&{hint}"));
    Setting { login_hint, ..Setting::default() }
}

/// The same in a visit to the pages.
fn visit(x_ref: &str, hint: &str) -> Setting {
    Setting { oauth_session_id: Some(x_ref.to_owned()), ..setting(hint) }
}

async fn begin(world: &World, setting: Setting) -> Result<String, Refusal> {
    let ctx = world.ctx();
    match Box::pin(create(&cx(world, &ctx), promote(), setting)).await.unwrap() {
        Reply::Asked(answer) => Ok(answer.state_token),
        Reply::Refused(refusal) => Err(refusal),
        Reply::Finished(_) => panic!("finished"),
    }
}

async fn finish(world: &World, token: &str, login_id: &str) -> Reply {
    let ctx = world.ctx();
    let cx = cx(world, &ctx);
    let asked = Box::pin(feed(&cx, token, &input(login_id))).await.unwrap();
    let Reply::Asked(asked) = asked else { return asked };
    let password = input("new_password tr0ub4dor and 3");
    Box::pin(feed(&cx, &asked.state_token, &password)).await.unwrap()
}

async fn identities(world: &World, user: &UserId) -> Vec<&'static str> {
    let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
    let identities = tx.identities().list(user).await.unwrap();
    identities.iter().map(|it: &Identity| it.r#type().as_str()).collect()
}

async fn last_event(world: &World, kind: &str) -> Option<Value> {
    let (store, now) = (&world.platform.store, world.ctx().now);
    while events::deliver(store, now).await.unwrap().is_more {}
    let mut tx = store.read(&world.app.id).await.unwrap();
    let entries = tx.audit_log().list(None, 100).await.unwrap();
    entries.into_iter().find(|it| it.activity_type == kind).map(|it| Value::Object(it.data))
}

#[tokio::test]
async fn whoever_is_promoted_keeps_their_account() {
    let world = World::new(ANONYMOUS).await;
    let user = somebody(&world, None).await;
    let hint = format!("promotion_code={}", code(&world, &user).await);
    expect![[r#"
        ? promote: identify [email phone username]
        > email bob@example.com
        ? promote: create_authenticator [primary_password]
        > new_password tr0ub4dor and 3
        = promote with a session ["pwd", "x_primary_password"]
    "#]]
    .assert_eq(&play(&world, promote(), setting(&hint), SCRIPT).await);
    assert_eq!(identities(&world, &user).await, ["login_id"], "they are anonymous no more");

    let event = last_event(&world, "user.anonymous.promoted").await.unwrap();
    let payload = &event["payload"];
    assert_eq!(payload["anonymous_user"]["is_anonymous"], true);
    assert_eq!(payload["user"]["is_anonymous"], false);
    assert_eq!(payload["user"]["standard_attributes"]["email"], "bob@example.com");
    for it in ["user", "anonymous_user"] {
        assert_eq!(payload[it]["id"], user.as_str());
    }

    let login = FlowRef::new(FlowKind::Login, "default");
    let script = "email bob@example.com
                  password tr0ub4dor and 3";
    let signed_in = play(&world, login, Setting::default(), script).await;
    assert!(signed_in.contains("= login with a session"), "{signed_in}");
}

#[tokio::test]
async fn a_device_promotes_by_its_key() {
    let world = World::new(ANONYMOUS).await;
    let device = DeviceKey::ios();
    let user = somebody(&world, Some(&device)).await;
    let hint = format!("jwt={}", jwt(&world, &device).await);
    let played = play(&world, promote(), setting(&hint), SCRIPT).await;
    assert!(played.contains("= promote with a session"), "{played}");
    assert_eq!(identities(&world, &user).await, ["login_id"]);
    let again = format!("jwt={}", jwt(&world, &device).await);
    let refused = begin(&world, setting(&again)).await;
    assert_eq!(refused, Err(Refusal::InvalidCredentials), "the key stands for nobody any more");
}

#[tokio::test]
async fn somebody_must_be_named() {
    let world = World::new(ANONYMOUS).await;
    let login_id = "https://authgear.com/login_hint?type=login_id&email=a@example.com";
    let other = Setting { login_hint: Some(login_id.to_owned()), ..Setting::default() };
    for setting in [Setting::default(), other, setting("")] {
        let refused = begin(&world, setting).await;
        assert!(matches!(refused, Err(Refusal::ValidationFailed(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn what_proves_it_is_good_for_one_visit() {
    let world = World::new(ANONYMOUS).await;
    let device = DeviceKey::ios();
    let with_key = somebody(&world, Some(&device)).await;
    let without = somebody(&world, None).await;
    let by_jwt = format!("jwt={}", jwt(&world, &device).await);
    let by_code = format!("promotion_code={}", code(&world, &without).await);
    for (user, hint) in [(with_key, by_jwt), (without, by_code)] {
        let first = begin(&world, visit("one", &hint)).await.unwrap();
        let again = begin(&world, visit("one", &hint)).await.unwrap();
        for stranger in [visit("another", &hint), setting(&hint)] {
            assert_eq!(begin(&world, stranger).await, Err(Refusal::InvalidCredentials));
        }
        let name = format!("username {}", &user.as_str()[..8]);
        assert!(matches!(finish(&world, &first, &name).await, Reply::Finished(_)));
        let late = finish(&world, &again, "username late").await;
        assert!(matches!(late, Reply::Refused(Refusal::InvalidCredentials)), "{late:?}");
        assert_eq!(identities(&world, &user).await, ["login_id"]);
    }
}

#[tokio::test]
async fn a_code_has_its_time_and_is_not_for_people_with_a_key() {
    let world = World::new(ANONYMOUS).await;
    let user = somebody(&world, None).await;
    let late = format!("promotion_code={}", code(&world, &user).await);
    world.sleep(5 * 60);
    assert_eq!(begin(&world, setting(&late)).await, Err(Refusal::InvalidCredentials));
    let with_key = somebody(&world, Some(&DeviceKey::ios())).await;
    for hint in [code(&world, &with_key).await, "made-up".to_owned()] {
        let hint = format!("promotion_code={hint}");
        assert_eq!(begin(&world, setting(&hint)).await, Err(Refusal::InvalidCredentials));
    }
}

#[tokio::test]
async fn proofs_that_are_none_are_refused() {
    let world = World::new(ANONYMOUS).await;
    let (own, stolen) = (DeviceKey::ios(), DeviceKey::stolen());
    let user = somebody(&world, Some(&own)).await;
    let mut signs_in = payload(&world).await;
    signs_in["action"] = json!("auth");
    let mut made_up = payload(&world).await;
    made_up["challenge"] = json!("made up");
    let mut unsigned = own.naming_header(JWT_TYPE);
    unsigned["alg"] = json!("none");
    let naming = own.naming_header(JWT_TYPE);
    let cases = [
        ("another key of the same name", stolen.sign(&naming, &payload(&world).await)),
        ("another key, carried", stolen.sign(&stolen.header(JWT_TYPE), &payload(&world).await)),
        ("no signature", own.sign(&unsigned, &payload(&world).await)),
        ("a proof for signing in", own.sign(&naming, &signs_in)),
        ("a challenge that is none", own.sign(&naming, &made_up)),
        ("a key that nobody has", jwt(&world, &DeviceKey::android()).await),
    ];
    for (what, jwt) in cases {
        let refused = begin(&world, setting(&format!("jwt={jwt}"))).await;
        assert_eq!(refused, Err(Refusal::InvalidCredentials), "{what}");
    }
    assert!(last_event(&world, "authentication.identity.anonymous.failed").await.is_some());
    assert_eq!(identities(&world, &user).await, ["anonymous"]);
}

#[tokio::test]
async fn an_identity_of_somebody_else_is_refused() {
    let world = World::new(ANONYMOUS).await;
    world.person("email", "alice@example.com", "correct horse").await;
    let user = somebody(&world, None).await;
    let hint = format!("promotion_code={}", code(&world, &user).await);
    let token = begin(&world, setting(&hint)).await.unwrap();
    let refused = finish(&world, &token, "email alice@example.com").await;
    assert!(matches!(refused, Reply::Refused(Refusal::DuplicatedIdentity(_))), "{refused:?}");
    assert!(matches!(finish(&world, &token, "email bob@example.com").await, Reply::Finished(_)));
}

#[tokio::test]
async fn promoting_to_the_address_of_somebody_else_takes_over_neither_account() {
    let world = World::new(ANONYMOUS).await;
    let owner = world.person("email", "alice@example.com", "correct horse").await;
    let user = somebody(&world, None).await;
    let hint = format!("promotion_code={}", code(&world, &user).await);
    let token = begin(&world, setting(&hint)).await.unwrap();
    finish(&world, &token, "email alice@example.com").await;
    assert_eq!(identities(&world, &user).await, ["anonymous"]);
    assert_eq!(identities(&world, &owner).await, ["login_id"]);
    assert_eq!(last_event(&world, "user.anonymous.promoted").await, None);
}

#[tokio::test]
async fn or_its_owner_signs_in_where_the_project_wants_that() {
    let keys = "keys: [{ type: email }, { type: phone }, { type: username }]";
    let yaml = format!(
        "{ANONYMOUS}\nidentity: {{ login_id: {{ {keys} }}, on_conflict: {{ promotion: login }} }}"
    );
    let world = World::new(&yaml).await;
    world.person("email", "alice@example.com", "correct horse").await;
    let user = somebody(&world, None).await;
    let hint = format!("promotion_code={}", code(&world, &user).await);
    let script = "email alice@example.com
                  password correct horse";
    expect![[r#"
        ? promote: identify [email phone username]
        > email alice@example.com
        ? login: authenticate [primary_password]
        > password correct horse
        = login with a session ["pwd", "x_primary_password"]
    "#]]
    .assert_eq(&play(&world, promote(), setting(&hint), script).await);
    assert_eq!(identities(&world, &user).await, ["anonymous"], "nothing was merged");
}

#[tokio::test]
async fn promotions_are_counted_with_the_people_who_come_in_without_a_name() {
    let world = World::new(
        "authentication:
  identities: [login_id, anonymous]
  primary_authenticators: [password]
  rate_limits:
    signup_anonymous: { per_ip: { enabled: true, period: 1m, burst: 1 } }",
    )
    .await;
    for (number, is_finished) in [(1, true), (2, false)] {
        let user = somebody(&world, None).await;
        let hint = format!("promotion_code={}", code(&world, &user).await);
        let token = begin(&world, setting(&hint)).await.unwrap();
        let reply = finish(&world, &token, &format!("username bob{number}")).await;
        match reply {
            Reply::Finished(_) => assert!(is_finished),
            Reply::Refused(Refusal::RateLimited(exhausted)) => {
                assert!(!is_finished && exhausted.limit == Limit::SignUpAnonymous);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(identities(&world, &user).await.len(), 1);
    }
}

#[tokio::test]
async fn a_promotion_that_is_not_finished_changes_nothing() {
    let world = World::new(ANONYMOUS).await;
    let user = somebody(&world, None).await;
    let hint = format!("promotion_code={}", code(&world, &user).await);
    play(&world, promote(), setting(&hint), "email bob@example.com").await;
    assert_eq!(identities(&world, &user).await, ["anonymous"]);
}
