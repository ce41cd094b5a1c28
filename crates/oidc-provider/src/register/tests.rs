//! Clients that register themselves, and what they may do then.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};

use crate::world::{CHALLENGE, Reply, VERIFIER, World};

const CALLBACK: &str = "http://localhost:7777/callback";

async fn world(open: bool) -> World {
    World::with(|config| {
        config["oauth"]["x_client_registration"] = json!({ "enabled": true, "open": open });
    })
    .await
}

async fn send(
    world: &World,
    (method, path): (&str, &str),
    token: Option<&str>,
    body: &Value,
) -> Reply {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    world.send(request.body(Body::from(body.to_string())).unwrap()).await
}

fn metadata() -> Value {
    json!({
        "client_name": "An agent", "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
    })
}

async fn register(world: &World, token: Option<&str>, metadata: &Value) -> Reply {
    send(world, ("POST", "/oauth2/register"), token, metadata).await
}

fn address(client: &Value, scope: &str) -> String {
    let id = client["client_id"].as_str().unwrap();
    format!(
        "/oauth2/authorize?response_type=code&client_id={id}&redirect_uri={CALLBACK}\
         &scope={scope}&state=s&code_challenge={CHALLENGE}&code_challenge_method=S256"
    )
}

/// Alice signs in to a registered client, and allows it what it wants.
async fn tokens(world: &World, client: &Value, form: &str) -> Reply {
    let reply = world.get(&address(client, "openid+email+offline_access")).await;
    let back = world.sign_in("alice", &reply.param("x_ref")).await;
    let page = world.get(&back).await;
    // Who has consented is not asked again.
    let code = if page.status == 200 {
        assert!(page.body.contains("An agent"));
        world.post(&back, "action=consent").await.param("code")
    } else {
        page.param("code")
    };
    let id = client["client_id"].as_str().unwrap();
    let form = format!(
        "grant_type=authorization_code&client_id={id}&code={code}&redirect_uri={CALLBACK}\
         &code_verifier={VERIFIER}&{form}"
    );
    world.post("/oauth2/token", &form).await
}

#[tokio::test]
async fn a_registered_client_signs_people_in_as_a_third_party() {
    let world = world(true).await;
    let client = register(&world, None, &metadata()).await;
    assert_eq!(client.status, 201, "{}", client.body);
    let client = client.json();
    assert!(client.get("client_secret").is_none());
    let reply = tokens(&world, &client, "").await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let tokens = reply.json();
    let userinfo = world.userinfo(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(userinfo.status, 200, "{}", userinfo.body);
    assert_eq!(userinfo.json()["email"], "alice@example.com");
    assert!(userinfo.json().get("given_name").is_none(), "its scopes do not say so");
    // It rotates, as everything does that nobody proves.
    let id = client["client_id"].as_str().unwrap();
    let refreshed = world.refresh(id, tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    assert_ne!(refreshed.json()["refresh_token"], tokens["refresh_token"]);
    let token = refreshed.json()["refresh_token"].as_str().unwrap().to_owned();
    world.post("/oauth2/revoke", &format!("token={token}")).await;
    assert_eq!(world.refresh(id, &token).await.status, 400);
}

#[tokio::test]
async fn what_is_not_for_third_parties_is_not_for_registered_clients() {
    let world = world(true).await;
    let client = register(&world, None, &metadata()).await.json();
    let full = "openid+https://authgear.com/scopes/full-access";
    let reply = world.get(&address(&client, full)).await;
    assert_eq!(reply.param("error"), "invalid_scope");
    // No challenge, no code.
    let bare = address(&client, "openid").replace("code_challenge", "x");
    assert_eq!(world.get(&bare).await.param("error"), "invalid_request");
    // And nobody else's address; a program takes the port that it gets.
    let other = address(&client, "openid").replace("callback", "other");
    assert_eq!(world.get(&other).await.status, 400);
    let port = address(&client, "openid").replace("7777", "7778");
    assert_eq!(world.get(&port).await.status, 302);
}

#[tokio::test]
async fn registering_is_off_or_for_whoever_has_a_token_unless_it_is_open() {
    let off = World::new().await;
    assert_eq!(register(&off, Some("initial"), &metadata()).await.status, 401);
    let metadata_document = off.get("/.well-known/openid-configuration").await.json();
    assert!(metadata_document.get("registration_endpoint").is_none());

    let world = world(false).await;
    for token in [None, Some(""), Some("guess"), Some("initial2")] {
        let reply = register(&world, token, &metadata()).await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (401, Some("invalid_token")));
    }
    assert_eq!(register(&world, Some("initial"), &metadata()).await.status, 201);
    let document = world.get("/.well-known/openid-configuration").await.json();
    assert_eq!(document["registration_endpoint"], "https://test.example.com/oauth2/register");
}

#[tokio::test]
async fn a_secret_is_told_once_and_wanted_from_then_on() {
    let world = world(true).await;
    let mut metadata = metadata();
    metadata["token_endpoint_auth_method"] = json!("client_secret_post");
    let client = register(&world, None, &metadata).await.json();
    let secret = client["client_secret"].as_str().unwrap();
    assert_eq!(client["client_secret_expires_at"], 0);
    assert_eq!(tokens(&world, &client, "").await.status, 401);
    assert_eq!(tokens(&world, &client, "client_secret=guess").await.status, 400);
    let reply = tokens(&world, &client, &format!("client_secret={secret}")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let token = client["registration_access_token"].as_str();
    let path = format!("/oauth2/register/{}", client["client_id"].as_str().unwrap());
    let told = send(&world, ("GET", &path), token, &json!({})).await;
    assert_eq!(told.status, 200);
    assert!(told.json().get("client_secret").is_none());
}

#[tokio::test]
async fn a_client_manages_itself_and_nobody_else_does() {
    let world = world(true).await;
    let client = register(&world, None, &metadata()).await.json();
    let other = register(&world, None, &metadata()).await.json();
    let path = format!("/oauth2/register/{}", client["client_id"].as_str().unwrap());
    let own = client["registration_access_token"].as_str();
    for token in [None, Some("guess"), other["registration_access_token"].as_str()] {
        for method in ["GET", "PUT", "DELETE"] {
            assert_eq!(send(&world, (method, &path), token, &metadata()).await.status, 401);
        }
    }
    let mut changed = metadata();
    changed["client_name"] = json!("Another name");
    changed["client_id"] = json!("spa");
    let reply = send(&world, ("PUT", &path), own, &changed).await;
    assert_eq!((reply.status, reply.json()["client_name"].as_str()), (200, Some("Another name")));
    assert_eq!(reply.json()["client_id"], client["client_id"]);
    let broken = json!({ "redirect_uris": ["javascript:alert(1)"] });
    let reply = send(&world, ("PUT", &path), own, &broken).await;
    assert_eq!((reply.status, reply.json()["error"].as_str()), (400, Some("invalid_redirect_uri")));
}

#[tokio::test]
async fn what_a_deleted_client_had_is_over() {
    let world = world(true).await;
    let client = register(&world, None, &metadata()).await.json();
    let tokens = tokens(&world, &client, "").await.json();
    let id = client["client_id"].as_str().unwrap();
    let path = format!("/oauth2/register/{id}");
    let own = client["registration_access_token"].as_str();
    assert_eq!(send(&world, ("DELETE", &path), own, &json!({})).await.status, 204);
    world.sleep(2);
    assert_eq!(world.userinfo(tokens["access_token"].as_str().unwrap()).await.status, 401);
    let reply = world.refresh(id, tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(reply.error(), "invalid_client: invalid client ID");
    assert_eq!(world.get(&address(&client, "openid")).await.status, 400);
    assert_eq!(send(&world, ("GET", &path), own, &json!({})).await.status, 401);
}

/// O25: what a stranger names is called only when it is public, and proves nothing when it is not.
#[tokio::test]
async fn keys_inside_our_network_are_not_fetched() {
    let world = world(true).await;
    for address in ["https://127.0.0.1:1/jwks", "https://169.254.169.254/jwks", "https://[::1]/"] {
        let mut metadata = metadata();
        metadata["token_endpoint_auth_method"] = json!("private_key_jwt");
        metadata["jwks_uri"] = json!(address);
        let client = register(&world, None, &metadata).await.json();
        let id = client["client_id"].as_str().unwrap();
        let key = testkit::DeviceKey::ios();
        let now = world.ctx().now.seconds();
        let claims = json!({
            "iss": id, "sub": id, "aud": "https://test.example.com", "jti": "one",
            "iat": now, "exp": now + 60,
        });
        let form = format!(
            "grant_type=authorization_code&code=x&client_assertion={}&client_assertion_type=\
             urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            key.sign(&key.naming_header("JWT"), &claims)
        );
        let reply = world.post("/oauth2/token", &form).await;
        let expected = "invalid_client: the keys of the client could not be fetched";
        assert_eq!((reply.status, reply.error().as_str()), (401, expected), "{address}");
    }
}

#[tokio::test]
async fn metadata_are_json_of_moderate_size() {
    let world = world(true).await;
    for body in [json!([]), json!("x"), json!({ "x": "y".repeat(17_000) })] {
        let reply = register(&world, None, &body).await;
        let error = reply.json()["error"].clone();
        assert_eq!((reply.status, error), (400, json!("invalid_client_metadata")));
    }
}

#[tokio::test]
async fn a_flood_of_clients_comes_to_an_end() {
    let world = world(true).await;
    let mut statuses = Vec::new();
    for _ in 0..31 {
        statuses.push(register(&world, None, &metadata()).await.status);
    }
    assert_eq!((statuses[29], statuses[30]), (201, 429));
}
