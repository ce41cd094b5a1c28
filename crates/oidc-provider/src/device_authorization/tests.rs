use serde_json::{Value, json};

use crate::world::{Reply, World};

const CODE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const SCOPE: &str = "scope=openid+offline_access";

async fn world() -> World {
    World::with(|config| {
        for client in config["oauth"]["clients"].as_array_mut().unwrap() {
            if ["native", "third"].contains(&client["client_id"].as_str().unwrap()) {
                client["grant_types"] = json!(["authorization_code", "refresh_token", CODE_GRANT]);
            }
        }
    })
    .await
}

async fn ask(world: &World, client: &str) -> Value {
    let form = format!("client_id={client}&{SCOPE}");
    let reply = world.post("/oauth2/device_authorization", &form).await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"));
    reply.json()
}

async fn poll(world: &World, asked: &Value, client: &str) -> Reply {
    let code = asked["device_code"].as_str().unwrap();
    let form = format!("grant_type={CODE_GRANT}&client_id={client}&device_code={code}");
    world.post("/oauth2/token", &form).await
}

/// Alice types the code and signs in; the address at which she is asked.
async fn typed(world: &World, asked: &Value) -> String {
    let form = format!("user_code={}", asked["user_code"].as_str().unwrap());
    let handed_over = world.post("/device", &form).await;
    assert_eq!(handed_over.status, 303, "{}", handed_over.body);
    world.sign_in("alice", &handed_over.param("x_ref")).await
}

#[tokio::test]
async fn a_device_without_a_browser_signs_in() {
    let world = world().await;
    let asked = ask(&world, "native").await;
    assert_eq!(asked["verification_uri"], "https://test.example.com/device");
    assert_eq!((&asked["expires_in"], &asked["interval"]), (&json!(600), &json!(5)));
    let waits = poll(&world, &asked, "native").await;
    assert_eq!(waits.status, 400);
    assert_eq!(waits.error(), "authorization_pending: nobody has answered yet");
    assert!(poll(&world, &asked, "native").await.error().starts_with("slow_down"));

    let complete = asked["verification_uri_complete"].as_str().unwrap();
    let page = world.get(complete.strip_prefix("https://test.example.com").unwrap()).await;
    assert!(page.body.contains(asked["user_code"].as_str().unwrap()), "{}", page.body);

    let question = typed(&world, &asked).await;
    let page = world.get(&question).await;
    assert!(page.body.contains("native app asks for access"), "{}", page.body);
    assert!(page.body.contains("somebody sent you the code"), "phishing is warned of");
    assert!(poll(&world, &asked, "native").await.error().starts_with("slow_down"), "not yet");

    let done = world.post(&question, "action=consent").await;
    assert_eq!(done.location(), "https://test.example.com/device?outcome=connected");
    let page = world.get("/device?outcome=connected").await;
    assert!(page.body.contains("Your device is connected"));

    let tokens = poll(&world, &asked, "native").await.json();
    let userinfo = world.userinfo(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(userinfo.json()["sub"], "alice");
    assert!(tokens["id_token"].is_string() && tokens["refresh_token"].is_string());
    assert_eq!(world.events("user.authenticated").await, 1, "another device is news");
    assert!(poll(&world, &asked, "native").await.error().starts_with("expired_token"));
}

#[tokio::test]
async fn what_the_person_refuses_the_device_hears() {
    let world = world().await;
    let asked = ask(&world, "native").await;
    let question = typed(&world, &asked).await;
    let done = world.post(&question, "action=cancel").await;
    assert_eq!(done.location(), "https://test.example.com/device?outcome=refused");
    assert_eq!(poll(&world, &asked, "native").await.error(), "access_denied: authorization denied");
    let again =
        world.post("/device", &format!("user_code={}", asked["user_code"].as_str().unwrap())).await;
    assert_eq!(again.status, 400, "an answered code is over");
}

#[tokio::test]
async fn a_device_code_is_for_the_client_that_asked() {
    let world = world().await;
    let asked = ask(&world, "native").await;
    let question = typed(&world, &asked).await;
    world.post(&question, "action=consent").await;
    let secret = crate::world::SECRET.replace('/', "%2F").replace('=', "%3D").replace('&', "%26");
    let code = asked["device_code"].as_str().unwrap();
    let form = format!(
        "grant_type={CODE_GRANT}&client_id=third&client_secret={}&device_code={code}",
        secret.replace(' ', "+")
    );
    let stolen = world.post("/oauth2/token", &form).await;
    assert!(stolen.error().starts_with("expired_token"), "{}", stolen.error());
    assert_eq!(poll(&world, &asked, "native").await.status, 200, "and is still its own's");
}

#[tokio::test]
async fn a_device_code_is_no_authorization_code_and_the_other_way_round() {
    let world = world().await;
    let asked = ask(&world, "native").await;
    let question = typed(&world, &asked).await;
    world.post(&question, "action=consent").await;
    let code = asked["device_code"].as_str().unwrap();
    assert_eq!(world.redeem("native", code, "").await.status, 400);
    let code = world.authorize("native", "").await.param("code");
    let form = format!("grant_type={CODE_GRANT}&client_id=native&device_code={code}");
    assert!(world.post("/oauth2/token", &form).await.error().starts_with("expired_token"));
}

#[tokio::test]
async fn only_clients_that_have_the_grant_may_ask() {
    let world = world().await;
    let path = "/oauth2/device_authorization";
    let reply = world.post(path, &format!("client_id=spa&{SCOPE}")).await;
    assert_eq!(reply.error(), "unauthorized_client: grant type is not allowed for this client");
    assert_eq!(world.post(path, &format!("client_id=who&{SCOPE}")).await.status, 400);
    let reply = world.post(path, &format!("client_id=third&{SCOPE}")).await;
    assert_eq!(reply.status, 401, "a confidential client proves itself");
    let reply = world.post(path, "client_id=native&scope=openid+root").await;
    assert!(reply.error().starts_with("invalid_scope"), "{}", reply.error());
    let reply = world.post(path, &format!("client_id=native&client_id=spa&{SCOPE}")).await;
    assert_eq!(reply.status, 400, "twice");
}

#[tokio::test]
async fn a_code_that_another_site_sends_begins_nothing() {
    let world = world().await;
    let asked = ask(&world, "native").await;
    let request = http::Request::post("/device")
        .header("origin", "https://evil.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(format!(
            "user_code={}",
            asked["user_code"].as_str().unwrap()
        )));
    let reply = world.send(request.unwrap()).await;
    assert_eq!((reply.status, reply.location()), (400, ""));
}

#[tokio::test]
async fn guessing_codes_is_slow() {
    let world = world().await;
    // `Limit::EnterDeviceCode`: ten a minute for an address.
    for _ in 0..10 {
        assert_eq!(world.post("/device", "user_code=BBBB-BBBB").await.status, 400);
    }
    let asked = ask(&world, "native").await;
    let form = format!("user_code={}", asked["user_code"].as_str().unwrap());
    assert_eq!(world.post("/device", &form).await.status, 429);
    world.sleep(60);
    assert_eq!(world.post("/device", &form).await.status, 303);
}

#[tokio::test]
async fn an_account_that_was_disabled_meanwhile_gets_nothing() {
    let world = world().await;
    let asked = ask(&world, "native").await;
    let question = typed(&world, &asked).await;
    world.post(&question, "action=consent").await;
    world.disable("alice").await;
    let reply = poll(&world, &asked, "native").await;
    assert_eq!(reply.error(), "invalid_grant: invalid authorization code");
}
