//! Signing in with a device's key, and one test for each way to cheat.

use serde_json::{Value, json};
use testkit::DeviceKey;

use crate::world::{Reply, World};

const JWT_TYPE: &str = "vnd.authgear.anonymous-request";
const REFUSED: &str = "invalid_grant: InvalidCredentials";

/// A project that lets people in without a name.
async fn world() -> World {
    World::with(allow).await
}

fn allow(config: &mut Value) {
    config["authentication"]["identities"] = json!(["login_id", "anonymous"]);
}

async fn challenge(world: &World, purpose: &str) -> String {
    let reply = world.post_json("/oauth2/challenge", &json!({ "purpose": purpose })).await;
    reply.json()["result"]["token"].as_str().unwrap().to_owned()
}

fn payload(world: &World, challenge: &str) -> Value {
    let now = world.ctx().now.seconds();
    json!({ "iat": now, "exp": now + 60, "challenge": challenge, "action": "auth" })
}

async fn jwt(world: &World, device: &DeviceKey) -> String {
    let challenge = challenge(world, "anonymous_request").await;
    device.sign(&device.header(JWT_TYPE), &payload(world, &challenge))
}

async fn present(world: &World, client: &str, jwt: &str) -> Reply {
    let form = format!(
        "grant_type=urn:authgear:params:oauth:grant-type:anonymous-request&client_id={client}\
         &jwt={jwt}"
    );
    world.post("/oauth2/token", &form).await
}

/// Signs in with the key of `device`; who that is.
async fn signed_in(world: &World, device: &DeviceKey) -> String {
    let reply = present(world, "native", &jwt(world, device).await).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    subject(world, reply.json()["access_token"].as_str().unwrap()).await
}

async fn subject(world: &World, access_token: &str) -> String {
    let claims = world.userinfo(access_token).await.json();
    assert_eq!(claims["https://authgear.com/claims/user/is_anonymous"], true, "{claims}");
    claims["sub"].as_str().unwrap().to_owned()
}

#[track_caller]
fn refused(reply: &Reply, expected: &str) {
    assert_eq!((reply.status, reply.error().as_str()), (400, expected));
}

#[tokio::test]
async fn a_new_key_is_a_new_account_and_the_same_key_the_same_account() {
    let world = world().await;
    let (ios, android) = (DeviceKey::ios(), DeviceKey::android());
    let first = signed_in(&world, &ios).await;
    assert_eq!(signed_in(&world, &ios).await, first);
    assert_ne!(signed_in(&world, &android).await, first);
}

#[tokio::test]
async fn a_known_key_need_only_be_named() {
    let world = world().await;
    let device = DeviceKey::ios();
    let first = signed_in(&world, &device).await;
    let challenge = challenge(&world, "anonymous_request").await;
    let named = device.sign(&device.naming_header(JWT_TYPE), &payload(&world, &challenge));
    let reply = present(&world, "native", &named).await;
    assert_eq!(subject(&world, reply.json()["access_token"].as_str().unwrap()).await, first);
}

#[tokio::test]
async fn an_unknown_key_must_be_carried() {
    let world = world().await;
    let device = DeviceKey::ios();
    let challenge = challenge(&world, "anonymous_request").await;
    let named = device.sign(&device.naming_header(JWT_TYPE), &payload(&world, &challenge));
    refused(&present(&world, "native", &named).await, REFUSED);
}

#[tokio::test]
async fn the_tokens_are_those_of_an_app_that_is_trusted_with_accounts() {
    let world = world().await;
    let jwt = jwt(&world, &DeviceKey::ios()).await;
    let tokens = present(&world, "native", &jwt).await.json();
    assert_eq!(tokens["token_type"], "Bearer");
    let id_token = world.ctx().app.keys.verify(tokens["id_token"].as_str().unwrap()).unwrap();
    assert_eq!(id_token.audiences(), ["native"]);
    assert_eq!(id_token.claims["https://authgear.com/claims/user/is_anonymous"], true);
    let again = world.refresh("native", tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(again.status, 200, "{}", again.body);
}

#[tokio::test]
async fn a_key_with_the_id_of_somebody_elses_is_refused_and_that_is_written_down() {
    let world = world().await;
    let (own, stolen) = (DeviceKey::ios(), DeviceKey::stolen());
    let first = signed_in(&world, &own).await;
    // The thief's key under the owner's id, the owner's key signed by the thief, and only the id.
    for header in [stolen.header(JWT_TYPE), own.header(JWT_TYPE), own.naming_header(JWT_TYPE)] {
        let challenge = challenge(&world, "anonymous_request").await;
        let forged = stolen.sign(&header, &payload(&world, &challenge));
        refused(&present(&world, "native", &forged).await, REFUSED);
    }
    assert_eq!(signed_in(&world, &own).await, first, "the owner comes in as before");
    assert_eq!(world.events("authentication.identity.anonymous.failed").await, 3);
}

#[tokio::test]
async fn a_new_key_that_did_not_sign_is_refused() {
    let world = world().await;
    let challenge = challenge(&world, "anonymous_request").await;
    let header = DeviceKey::ios().header(JWT_TYPE);
    let forged = DeviceKey::stolen().sign(&header, &payload(&world, &challenge));
    refused(&present(&world, "native", &forged).await, REFUSED);
    assert_eq!(world.events("user.created").await, 0);
}

#[tokio::test]
async fn a_challenge_is_good_once_in_its_time_for_its_purpose_in_its_project() {
    let world = world().await;
    let device = DeviceKey::ios();
    let once = jwt(&world, &device).await;
    assert_eq!(present(&world, "native", &once).await.status, 200);
    refused(&present(&world, "native", &once).await, REFUSED);

    let sign = |it: &str| device.sign(&device.header(JWT_TYPE), &payload(&world, it));
    for purpose in ["biometric_request", "app2app_request"] {
        let challenge = challenge(&world, purpose).await;
        refused(&present(&world, "native", &sign(&challenge)).await, REFUSED);
    }
    refused(&present(&world, "native", &sign("made up")).await, REFUSED);

    let elsewhere = world.challenge_elsewhere("anonymous_request").await;
    refused(&present(&world, "native", &sign(&elsewhere)).await, REFUSED);

    let late = challenge(&world, "anonymous_request").await;
    world.sleep(5 * 60);
    refused(&present(&world, "native", &sign(&late)).await, REFUSED);
}

#[tokio::test]
async fn a_failed_attempt_uses_the_challenge_up() {
    let world = world().await;
    let (own, stolen) = (DeviceKey::ios(), DeviceKey::stolen());
    signed_in(&world, &own).await;
    let challenge = challenge(&world, "anonymous_request").await;
    let payload = payload(&world, &challenge);
    refused(
        &present(&world, "native", &stolen.sign(&own.header(JWT_TYPE), &payload)).await,
        REFUSED,
    );
    refused(&present(&world, "native", &own.sign(&own.header(JWT_TYPE), &payload)).await, REFUSED);
}

#[tokio::test]
async fn tricks_with_headers_and_claims_are_refused() {
    let world = world().await;
    let device = DeviceKey::ios();
    let header = |name: &str, value: Value| {
        let mut header = device.header(JWT_TYPE);
        header[name] = value;
        header
    };
    let now = world.ctx().now.seconds();
    let claim = |name: &'static str, value: Value| (name, value);
    let honest = || device.header(JWT_TYPE);
    let cases = [
        ("no signature", header("alg", json!("none")), None),
        ("a symmetric signature", header("alg", json!("HS256")), None),
        ("another type", header("typ", json!("vnd.authgear.app2app-request")), None),
        ("two ids", header("kid", json!("another-key-id")), None),
        ("a symmetric key", header("jwk", json!({ "kty": "oct", "k": "AAAA" })), None),
        ("an id that is none", header("jwk", json!({ "kid": "short" })), None),
        ("another action", honest(), Some(claim("action", json!("promote")))),
        ("no action", honest(), Some(claim("action", Value::Null))),
        ("an end in the past", honest(), Some(claim("exp", json!(now - 301)))),
        ("no end", honest(), Some(claim("exp", Value::Null))),
        ("no challenge", honest(), Some(claim("challenge", Value::Null))),
    ];
    for (what, header, changed) in cases {
        let challenge = challenge(&world, "anonymous_request").await;
        let mut payload = payload(&world, &challenge);
        if let Some((name, value)) = changed {
            payload[name] = value;
        }
        let reply = present(&world, "native", &device.sign(&header, &payload)).await;
        assert_eq!(reply.error(), REFUSED, "{what}");
    }
    for jwt in ["", "a.b", "a.b.c"] {
        assert_eq!(present(&world, "native", jwt).await.status, 400);
    }
    assert_eq!(world.events("user.created").await, 0);
}

#[tokio::test]
async fn only_clients_and_projects_that_may_can_let_people_in() {
    let world = world().await;
    let fitting = "unauthorized_client: Anonymous user is not supported by the client application \
                   type. Try using SPA, Traditional Web App, or Native App client types if \
                   applicable.";
    let form = "client_secret=a+secret%2Fof%3Dthe%26client";
    for client in ["third", "confidential"] {
        let jwt = jwt(&world, &DeviceKey::ios()).await;
        let reply = present(&world, client, &format!("{jwt}&{form}")).await;
        refused(&reply, fitting);
    }
    let closed = World::new().await;
    let jwt = jwt(&closed, &DeviceKey::ios()).await;
    let reply = present(&closed, "native", &jwt).await;
    refused(&reply, "unauthorized_client: AnonymousUserDisallowed");
}

#[tokio::test]
async fn a_project_that_is_closed_lets_only_known_people_in() {
    let world = World::with(|config| {
        allow(config);
        config["authentication"]["public_signup_disabled"] = json!(true);
    })
    .await;
    let reply = present(&world, "native", &jwt(&world, &DeviceKey::ios()).await).await;
    refused(&reply, "invalid_request: public signup is disabled");
}

#[tokio::test]
async fn new_people_are_counted_and_known_ones_are_not() {
    let world = World::with(|config| {
        allow(config);
        config["authentication"]["rate_limits"] = json!({
            "signup_anonymous": { "per_ip": { "enabled": true, "period": "1m", "burst": 1 } },
        });
    })
    .await;
    let (ios, android) = (DeviceKey::ios(), DeviceKey::android());
    let first = signed_in(&world, &ios).await;
    assert_eq!(signed_in(&world, &ios).await, first);
    let reply = present(&world, "native", &jwt(&world, &android).await).await;
    assert_eq!(reply.status, 429, "{}", reply.body);
    assert_eq!(world.events("rate_limit.blocked").await, 1);
    world.sleep(60);
    assert_ne!(signed_in(&world, &android).await, first);
}

#[tokio::test]
async fn whoever_may_not_sign_in_does_not() {
    let world = world().await;
    let device = DeviceKey::ios();
    let user = signed_in(&world, &device).await;
    world.disable(&user).await;
    let reply = present(&world, "native", &jwt(&world, &device).await).await;
    refused(&reply, "invalid_request: user is disabled");
}
