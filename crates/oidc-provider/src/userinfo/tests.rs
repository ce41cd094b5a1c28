use expect_test::expect;
use http::Request;

use crate::world::World;

#[tokio::test]
async fn an_app_of_the_project_learns_everything() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "", "").await;
    let reply = world.userinfo(tokens["access_token"].as_str().unwrap()).await;
    expect![[r#"
        200
        cache-control: no-store
        {"sub":"alice","https://authgear.com/claims/user/is_anonymous":false,"https://authgear.com/claims/user/is_verified":false,"https://authgear.com/claims/user/can_reauthenticate":false,"https://authgear.com/claims/user/roles":[],"https://authgear.com/claims/user/authenticators":[],"https://authgear.com/claims/user/identities":[],"https://authgear.com/claims/user/recovery_code_enabled":false,"email":"alice@example.com","email_verified":false,"given_name":"alice","updated_at":1767225600,"custom_attributes":{}}
    "#]]
    .assert_eq(&reply.text());
}

#[tokio::test]
async fn a_third_party_learns_what_its_scopes_open() {
    let world = World::new().await;
    let x_ref = world.get(&crate::world::authorization("third", "")).await.param("x_ref");
    let back = world.sign_in("alice", &x_ref).await;
    let code = world.post(&back, "action=consent").await.param("code");
    let secret = "client_secret=a+secret%2Fof%3Dthe%26client";
    let tokens = world.redeem("third", &code, secret).await.json();
    let reply = world.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
    let names: Vec<_> = reply.as_object().unwrap().keys().collect();
    assert_eq!(reply["email"], "alice@example.com");
    assert!(
        reply.get("given_name").is_none() && reply.get("custom_attributes").is_none(),
        "{names:?}"
    );
}

#[tokio::test]
async fn a_browser_session_is_the_project_itself() {
    let world = World::new().await;
    world.authorize("spa", "response_type=none").await;
    let reply = world.get("/oauth2/userinfo").await.json();
    assert_eq!((&reply["sub"], &reply["given_name"]), (&"alice".into(), &"alice".into()));
}

#[tokio::test]
async fn without_a_session_sdks_are_told_to_forget_theirs() {
    let world = World::new().await;
    for token in ["", "nonsense"] {
        expect![[r#"
            401
            cache-control: no-store
            www-authenticate: Bearer error="invalid_grant", error_description="invalid session"
            {"error":"invalid_grant","error_description":"invalid session"}
        "#]]
        .assert_eq(&world.userinfo(token).await.text());
    }
}

#[tokio::test]
async fn the_token_may_come_in_the_form_but_not_twice() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "", "").await;
    world.forget_cookies();
    let token = tokens["access_token"].as_str().unwrap();
    let form = format!("access_token={token}");
    assert_eq!(world.post("/oauth2/userinfo", &form).await.json()["sub"], "alice");
    let request = Request::post("/oauth2/userinfo")
        .header("authorization", format!("Bearer {token}"))
        .body(axum::body::Body::from(form));
    assert_eq!(world.send(request.unwrap()).await.status, 400);
}

#[tokio::test]
async fn a_token_of_another_project_opens_nothing() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "", "").await;
    let request = Request::get("/oauth2/userinfo")
        .header("host", "elsewhere.example.com")
        .header("authorization", format!("Bearer {}", tokens["access_token"].as_str().unwrap()))
        .body(axum::body::Body::empty());
    assert_eq!(world.send(request.unwrap()).await.status, 401);
}

#[tokio::test]
async fn scripts_of_registered_origins_may_read_answers_and_others_may_not() {
    let world = World::new().await;
    let ask = async |method: &str, origin: &str| {
        let request = Request::builder()
            .method(method)
            .uri("/oauth2/userinfo")
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization")
            .body(axum::body::Body::empty());
        world.send(request.unwrap()).await
    };
    let preflight = ask("OPTIONS", "https://spa.example.com").await;
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-origin"), "https://spa.example.com");
    assert_eq!(preflight.header("access-control-allow-headers"), "authorization");
    assert_eq!(preflight.header("access-control-allow-credentials"), "true");
    for origin in ["https://evil.example", "null", "https://spa.example.com.evil.example"] {
        for method in ["OPTIONS", "GET"] {
            assert_eq!(ask(method, origin).await.header("access-control-allow-origin"), "");
        }
    }
    let metadata = world.get("/.well-known/openid-configuration").await;
    assert_eq!(metadata.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn metadata_is_what_sdks_expect_under_both_names() {
    let world = World::new().await;
    let metadata = world.get("/.well-known/openid-configuration").await;
    let other = world.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(metadata.body, other.body);
    let metadata = metadata.json();
    for name in ["authorization", "token", "userinfo", "revocation", "end_session"] {
        let endpoint = metadata[format!("{name}_endpoint")].as_str().unwrap().to_owned();
        assert!(endpoint.starts_with("https://test.example.com/oauth2/"), "{endpoint}");
    }
    assert_eq!(metadata["issuer"], "https://test.example.com");
    let keys = world.get("/oauth2/jwks").await.json();
    assert_eq!(keys["keys"][0]["kid"], "key");
    assert!(keys["keys"][0].get("d").is_none());
}
