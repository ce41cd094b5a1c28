//! Keys behind a biometric lock, and one test for each way to cheat.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};
use testkit::DeviceKey;

use crate::world::{CHALLENGE, Reply, World, redirect_uri};

const JWT_TYPE: &str = "vnd.authgear.biometric-request";
const REFUSED: &str = "invalid_grant: InvalidCredentials";
const GRANT: &str = "grant_type=urn:authgear:params:oauth:grant-type:biometric-request";

async fn world() -> World {
    World::with(allow).await
}

fn allow(config: &mut Value) {
    config["authentication"]["identities"] = json!(["login_id", "biometric", "anonymous"]);
}

async fn challenge(world: &World, purpose: &str) -> String {
    let reply = world.post_json("/oauth2/challenge", &json!({ "purpose": purpose })).await;
    reply.json()["result"]["token"].as_str().unwrap().to_owned()
}

fn payload(world: &World, challenge: &str, action: &str) -> Value {
    let now = world.ctx().now.seconds();
    json!({
        "iat": now, "exp": now + 60, "challenge": challenge, "action": action,
        "device_info": { "ios": { "uname": { "machine": "iPhone17,1" } } },
    })
}

async fn jwt(world: &World, device: &DeviceKey, action: &str) -> String {
    let challenge = challenge(world, "biometric_request").await;
    device.sign(&device.header(JWT_TYPE), &payload(world, &challenge, action))
}

/// As somebody who holds an access token.
async fn present_as(world: &World, client: &str, token: &str, jwt: &str) -> Reply {
    let request = Request::post("/oauth2/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Body::from(format!("{GRANT}&client_id={client}&jwt={jwt}")));
    world.send(request.unwrap()).await
}

async fn present(world: &World, client: &str, jwt: &str) -> Reply {
    world.post("/oauth2/token", &format!("{GRANT}&client_id={client}&jwt={jwt}")).await
}

/// Alice signs in with a password, and lets her device do it from now on; her access token.
async fn enabled(world: &World, device: &DeviceKey) -> String {
    let tokens = world.tokens("native", "", "").await;
    world.forget_cookies();
    let token = tokens["access_token"].as_str().unwrap().to_owned();
    let reply = present_as(world, "native", &token, &jwt(world, device, "setup").await).await;
    assert_eq!((reply.status, reply.body.as_str()), (200, ""), "an empty answer");
    token
}

async fn signed_in(world: &World, device: &DeviceKey) -> Value {
    let reply = present(world, "native", &jwt(world, device, "authenticate").await).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()
}

#[track_caller]
fn refused(reply: &Reply, expected: &str) {
    assert_eq!((reply.status, reply.error().as_str()), (400, expected));
}

#[tokio::test]
async fn a_device_that_was_set_up_signs_its_person_in() {
    for device in [DeviceKey::ios(), DeviceKey::android()] {
        let world = world().await;
        enabled(&world, &device).await;
        world.sleep(3600);
        let tokens = signed_in(&world, &device).await;
        let id_token = world.ctx().app.keys.verify(tokens["id_token"].as_str().unwrap()).unwrap();
        assert_eq!(id_token.text("sub"), Some("alice"));
        assert_eq!(id_token.claims["amr"], json!(["x_biometric"]));
        assert_eq!(id_token.claims["auth_time"], world.ctx().now.seconds());
        let refreshed = world.refresh("native", tokens["refresh_token"].as_str().unwrap()).await;
        assert_eq!(refreshed.status, 200, "{}", refreshed.body);
        let told = world.logged("identity.biometric.enabled").await;
        let claims = &told["identity"]["claims"];
        assert_eq!(claims["https://authgear.com/claims/biometric/key_id"], device.jwk["kid"]);
        assert!(!told.to_string().contains("\"crv\""), "{told}");
        assert_eq!(
            world.logged("user.authenticated").await["session"]["amr"],
            json!(["x_biometric"])
        );
    }
}

#[tokio::test]
async fn signing_in_again_ends_what_the_key_had_before() {
    let world = world().await;
    let device = DeviceKey::ios();
    let before = enabled(&world, &device).await;
    let first = signed_in(&world, &device).await;
    let second = signed_in(&world, &device).await;
    let alive = |it: &Value| it["access_token"].as_str().unwrap().to_owned();
    assert_eq!(world.userinfo(&alive(&first)).await.status, 401);
    assert_eq!(world.userinfo(&alive(&second)).await.status, 200);
    assert_eq!(world.userinfo(&before).await.status, 200, "the session that set it up is another");
}

#[tokio::test]
async fn a_key_is_only_given_to_whoever_is_signed_in_to_the_app_by_its_token() {
    let world = world().await;
    let needs = "invalid_grant: biometric setup requires authenticated user";
    // The cookie of the browser goes along with every form, and says nothing.
    let tokens = world.tokens("spa", "", "").await;
    for (client, token) in [
        ("native", "nonsense"),
        ("native", tokens["access_token"].as_str().unwrap()),
        ("native", tokens["id_token"].as_str().unwrap()),
    ] {
        let jwt = jwt(&world, &DeviceKey::ios(), "setup").await;
        let reply = present_as(&world, client, token, &jwt).await;
        assert_eq!((reply.status, reply.error().as_str()), (401, needs));
        assert!(reply.header("www-authenticate").starts_with("Bearer"), "SDKs forget the session");
    }
    let reply = present(&world, "native", &jwt(&world, &DeviceKey::ios(), "setup").await).await;
    assert_eq!((reply.status, reply.error().as_str()), (401, needs));
    assert_eq!(world.events("identity.biometric.enabled").await, 0);
}

#[tokio::test]
async fn a_key_that_did_not_sign_or_does_not_say_what_it_is_on_is_not_set_up() {
    let world = world().await;
    let (own, stolen) = (DeviceKey::ios(), DeviceKey::stolen());
    let tokens = world.tokens("native", "", "").await;
    let token = tokens["access_token"].as_str().unwrap();
    let fresh = || challenge(&world, "biometric_request");
    let mut nameless = payload(&world, &fresh().await, "setup");
    nameless["device_info"] = json!({ "ios": {} });
    let mut huge = payload(&world, &fresh().await, "setup");
    huge["device_info"]["more"] = json!("x".repeat(9000));
    let honest = payload(&world, &fresh().await, "setup");
    let named = payload(&world, &fresh().await, "setup");
    for (what, jwt) in [
        ("signed by another", stolen.sign(&own.header(JWT_TYPE), &honest)),
        ("only named", own.sign(&own.naming_header(JWT_TYPE), &named)),
        ("no model", own.sign(&own.header(JWT_TYPE), &nameless)),
        ("too much to say", own.sign(&own.header(JWT_TYPE), &huge)),
    ] {
        let reply = present_as(&world, "native", token, &jwt).await;
        assert_eq!(reply.error(), REFUSED, "{what}");
    }
    // Somebody's key cannot become another's.
    enabled(&world, &own).await;
    let again = jwt(&world, &stolen, "setup").await;
    refused(&present_as(&world, "native", token, &again).await, REFUSED);
    assert_eq!(world.events("identity.biometric.enabled").await, 1);
}

#[tokio::test]
async fn a_biometric_challenge_is_good_once_for_its_purpose_and_a_key_for_its_own_person() {
    let world = world().await;
    let (own, stolen) = (DeviceKey::ios(), DeviceKey::stolen());
    enabled(&world, &own).await;
    let once = jwt(&world, &own, "authenticate").await;
    assert_eq!(present(&world, "native", &once).await.status, 200);
    refused(&present(&world, "native", &once).await, REFUSED);

    let sign = |it: &str| own.sign(&own.header(JWT_TYPE), &payload(&world, it, "authenticate"));
    for purpose in ["anonymous_request", "app2app_request"] {
        refused(
            &present(&world, "native", &sign(&challenge(&world, purpose).await)).await,
            REFUSED,
        );
    }
    let elsewhere = world.challenge_elsewhere("biometric_request").await;
    refused(&present(&world, "native", &sign(&elsewhere)).await, REFUSED);
    let late = challenge(&world, "biometric_request").await;
    world.sleep(5 * 60);
    refused(&present(&world, "native", &sign(&late)).await, REFUSED);

    // The thief's key under the owner's id, the owner's key signed by the thief, and only the id.
    for header in [stolen.header(JWT_TYPE), own.header(JWT_TYPE), own.naming_header(JWT_TYPE)] {
        let challenge = challenge(&world, "biometric_request").await;
        let payload = payload(&world, &challenge, "authenticate");
        refused(&present(&world, "native", &stolen.sign(&header, &payload)).await, REFUSED);
        // The attempt has used the challenge up.
        let honest = own.sign(&own.header(JWT_TYPE), &payload);
        refused(&present(&world, "native", &honest).await, REFUSED);
    }
    assert_eq!(world.events("authentication.identity.biometric.failed").await, 3);
    signed_in(&world, &own).await;
}

#[tokio::test]
async fn what_a_key_says_is_judged_as_a_whole() {
    let world = world().await;
    let device = DeviceKey::ios();
    enabled(&world, &device).await;
    let now = world.ctx().now.seconds();
    let header = |name: &str, value: Value| {
        let mut header = device.header(JWT_TYPE);
        header[name] = value;
        header
    };
    let honest = || device.header(JWT_TYPE);
    let action = "invalid_request: invalid action";
    for (what, header, claim, expected) in [
        ("no signature", header("alg", json!("none")), None, REFUSED),
        ("another type", header("typ", json!("vnd.authgear.app2app-request")), None, REFUSED),
        ("two ids", header("kid", json!("another-key-id")), None, REFUSED),
        ("no end", honest(), Some(("exp", Value::Null)), REFUSED),
        ("an end in the past", honest(), Some(("exp", json!(now - 301))), REFUSED),
        ("no challenge", honest(), Some(("challenge", Value::Null)), REFUSED),
        ("no action", honest(), Some(("action", Value::Null)), action),
        ("another action", honest(), Some(("action", json!("auth"))), action),
    ] {
        let challenge = challenge(&world, "biometric_request").await;
        let mut payload = payload(&world, &challenge, "authenticate");
        if let Some((name, value)) = claim {
            payload[name] = value;
        }
        let reply = present(&world, "native", &device.sign(&header, &payload)).await;
        assert_eq!(reply.error(), expected, "{what}");
    }
}

#[tokio::test]
async fn only_projects_and_clients_that_may_use_keys_of_devices() {
    let closed = World::new().await;
    let device = DeviceKey::ios();
    let disallowed = "unauthorized_client: BiometricDisallowed";
    refused(
        &present(&closed, "native", &jwt(&closed, &device, "authenticate").await).await,
        disallowed,
    );
    let tokens = closed.tokens("native", "", "").await;
    let token = tokens["access_token"].as_str().unwrap();
    let setup = jwt(&closed, &device, "setup").await;
    refused(&present_as(&closed, "native", token, &setup).await, disallowed);

    let world = world().await;
    let secret = "client_secret=a+secret%2Fof%3Dthe%26client";
    for client in ["third", "confidential"] {
        let jwt = jwt(&world, &device, "authenticate").await;
        let reply = present(&world, client, &format!("{jwt}&{secret}")).await;
        let unfit = "unauthorized_client: this client may not use biometric authentication";
        refused(&reply, unfit);
    }
}

#[tokio::test]
async fn whoever_has_no_name_or_may_not_sign_in_is_refused() {
    let world = world().await;
    let device = DeviceKey::ios();
    let body = json!({ "client_id": "native", "session_type": "refresh_token" });
    let anonymous = world.post_json("/api/anonymous_user/signup", &body).await.json();
    let token = anonymous["result"]["access_token"].as_str().unwrap();
    let setup = jwt(&world, &device, "setup").await;
    let reply = present_as(&world, "native", token, &setup).await;
    refused(&reply, "unauthorized_client: AnonymousUserAddIdentity");

    enabled(&world, &device).await;
    world.set_disabled(true).await;
    let reply = present(&world, "native", &jwt(&world, &device, "authenticate").await).await;
    refused(&reply, "invalid_request: user is disabled");
}

#[tokio::test]
async fn an_app_may_ask_for_scopes_if_it_asks_for_enough() {
    let world = world().await;
    let device = DeviceKey::ios();
    enabled(&world, &device).await;
    for (scope, expected) in [
        ("openid+offline_access+https://authgear.com/scopes/full-access", ""),
        (
            "openid+offline_access",
            "invalid_scope: offline_access and full-access must be requested",
        ),
        ("openid+fly", "invalid_scope: specified scope is not allowed: fly"),
    ] {
        let jwt = jwt(&world, &device, "authenticate").await;
        let reply = present(&world, "native", &format!("{jwt}&scope={scope}")).await;
        let error = if reply.status == 200 { String::new() } else { reply.error() };
        assert_eq!(error, expected, "{scope}");
    }
}

async fn approve(world: &World, device: &DeviceKey, receiver: &str) -> Reply {
    let challenge = challenge(world, "biometric_request").await;
    let mut payload = payload(world, &challenge, "authenticate_app2app");
    payload["client_id"] = json!(receiver);
    let jwt = device.sign(&device.header(JWT_TYPE), &payload);
    let form = format!(
        "{GRANT}&client_id=app-a&jwt={jwt}&redirect_uri={}&code_challenge={CHALLENGE}\
         &code_challenge_method=S256",
        redirect_uri("app-b")
    );
    world.post("/oauth2/token", &form).await
}

/// Alice has a key that app A uses.
async fn protected(world: &World, device: &DeviceKey) -> Value {
    let tokens = world.tokens("app-a", "", "").await;
    world.forget_cookies();
    let token = tokens["access_token"].as_str().unwrap();
    let reply = present_as(world, "app-a", token, &jwt(world, device, "setup").await).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    tokens
}

#[tokio::test]
async fn an_app_that_requires_biometric_protection_signs_another_in_by_its_key() {
    let world = World::with(|config| {
        allow(config);
        config["oauth"]["clients"][4]["x_app2app_biometric_protection_required"] = json!(true);
    })
    .await;
    let device = DeviceKey::ios();
    let tokens = protected(&world, &device).await;
    let form = format!(
        "grant_type=urn:authgear:params:oauth:grant-type:app2app-request&client_id=app-b\
         &redirect_uri={}&code_challenge={CHALLENGE}&code_challenge_method=S256&jwt=x\
         &refresh_token={}",
        redirect_uri("app-b"),
        tokens["refresh_token"].as_str().unwrap()
    );
    let without = world.post("/oauth2/token", &form).await;
    let needed = "unauthorized_client: this client may only use app2app authentication with \
                  biometric protection";
    refused(&without, needed);

    world.sleep(600);
    let reply = approve(&world, &device, "app-b").await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let answer = reply.json();
    assert!(answer["refresh_token"].is_string(), "app A is signed in by its key");
    let of_b = world.redeem("app-b", answer["code"].as_str().unwrap(), "").await;
    assert_eq!(of_b.status, 200, "{}", of_b.body);
    let of_b = of_b.json();
    let id_token = world.ctx().app.keys.verify(of_b["id_token"].as_str().unwrap()).unwrap();
    assert_eq!(id_token.audiences(), ["app-b"]);
    assert_eq!(id_token.claims["amr"], json!(["x_biometric"]));
    assert_eq!(id_token.claims["auth_time"], world.ctx().now.seconds());
}

#[tokio::test]
async fn a_key_signs_in_no_app_that_may_not_be_signed_in_by_others() {
    let world = world().await;
    let device = DeviceKey::ios();
    protected(&world, &device).await;
    for (receiver, expected) in [
        ("native", "unauthorized_client: this client may not use app2app authentication"),
        ("nobody", "invalid_client: invalid client ID"),
        ("app-a", "invalid_request: redirect URI is not allowed"),
    ] {
        refused(&approve(&world, &device, receiver).await, expected);
    }
}

#[tokio::test]
async fn of_many_who_present_a_biometric_signature_at_once_one_is_signed_in() {
    let world = world().await;
    let device = DeviceKey::ios();
    enabled(&world, &device).await;
    let jwt = jwt(&world, &device, "authenticate").await;
    let once = || present(&world, "native", &jwt);
    let (first, second, third, fourth) = tokio::join!(once(), once(), once(), once());
    let replies = [first, second, third, fourth];
    assert_eq!(replies.iter().filter(|it| it.status == 200).count(), 1);
    for reply in replies.iter().filter(|it| it.status != 200) {
        refused(reply, REFUSED);
    }
}
