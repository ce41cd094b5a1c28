//! Both kinds of sessions of apps in browsers, and the codes that they promote people with.

use http::{Request, header};
use serde_json::{Value, json};

use crate::world::{Reply, World};

const SIGN_UP: &str = "/api/anonymous_user/signup";
const PROMOTE: &str = "/api/anonymous_user/promotion_code";

async fn world() -> World {
    World::with(|config| {
        config["authentication"]["identities"] = json!(["login_id", "anonymous"]);
    })
    .await
}

async fn by_cookie(world: &World) -> Reply {
    world.post_json(SIGN_UP, &json!({ "session_type": "cookie", "client_id": "spa" })).await
}

async fn by_token(world: &World, refresh_token: Option<&str>) -> Reply {
    let mut body = json!({ "session_type": "refresh_token", "client_id": "spa" });
    if let Some(token) = refresh_token {
        body["refresh_token"] = json!(token);
    }
    world.post_json(SIGN_UP, &body).await
}

fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[track_caller]
fn refused(reply: &Reply, status: u16, reason: &str, message: &str) {
    let error = &reply.json()["error"];
    assert_eq!(
        (reply.status, &error["reason"], &error["message"]),
        (status, &json!(reason), &json!(message))
    );
}

#[tokio::test]
async fn a_browser_gets_a_session_once() {
    let world = world().await;
    let first = by_cookie(&world).await;
    assert_eq!((first.status, first.json()), (200, json!({ "result": {} })));
    assert!(first.headers.contains_key(header::SET_COOKIE));
    let again = by_cookie(&world).await;
    assert_eq!((again.status, again.json()), (200, json!({ "result": {} })));
    assert!(!again.headers.contains_key(header::SET_COOKIE), "whoever has one keeps it");
    assert_eq!(world.events("user.created").await, 1);
    assert_eq!(world.events("user.authenticated").await, 1);
}

#[tokio::test]
async fn an_app_gets_tokens_and_later_only_an_access_token() {
    let world = world().await;
    let tokens = by_token(&world, None).await.json()["result"].clone();
    assert_eq!(names(&tokens), ["access_token", "expires_in", "refresh_token", "token_type"]);
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let again = by_token(&world, Some(refresh_token)).await.json()["result"].clone();
    assert_eq!(names(&again), ["access_token", "expires_in", "token_type"]);
    let subject = async |tokens: &Value| {
        let claims = world.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
        claims["sub"].as_str().unwrap().to_owned()
    };
    assert_eq!(subject(&tokens).await, subject(&again).await);
    assert_eq!(world.refresh("spa", refresh_token).await.status, 200, "it was not rotated");
}

#[tokio::test]
async fn whoever_has_a_name_is_told_so() {
    let world = world().await;
    let tokens = world.tokens("spa", "", "").await;
    let has_a_name = "user logged in as normal user";
    refused(&by_cookie(&world).await, 400, "Invalid", has_a_name);
    let reply = by_token(&world, tokens["refresh_token"].as_str()).await;
    refused(&reply, 400, "Invalid", has_a_name);
    let reply = world.post_json(PROMOTE, &json!({ "session_type": "cookie" })).await;
    refused(&reply, 400, "Invalid", has_a_name);
}

#[tokio::test]
async fn the_project_and_the_client_must_allow_it() {
    let closed = World::new().await;
    refused(&by_cookie(&closed).await, 400, "Invalid", "anonymous user disallowed");
    let world = world().await;
    let body = json!({ "session_type": "refresh_token", "client_id": "nobody" });
    refused(&world.post_json(SIGN_UP, &body).await, 400, "Invalid", "invalid client ID");
    let body = json!({ "session_type": "refresh_token", "client_id": "third" });
    assert_eq!(world.post_json(SIGN_UP, &body).await.status, 400);
    refused(&by_token(&world, Some("made up")).await, 400, "Invalid", "invalid refresh token");
}

#[tokio::test]
async fn a_form_of_another_site_is_no_request() {
    let world = world().await;
    let request = Request::post(SIGN_UP)
        .header(header::CONTENT_TYPE, "text/plain")
        .body(r#"{"session_type":"cookie"}"#.into());
    let reply = world.send(request.unwrap()).await;
    refused(&reply, 400, "BadRequest", "request content type is not JSON");
    for body in [
        json!({}),
        json!({ "session_type": "other" }),
        json!({ "session_type": "refresh_token" }),
        json!({ "session_type": "cookie", "more": 1 }),
    ] {
        let reply = world.post_json(SIGN_UP, &body).await;
        refused(&reply, 400, "ValidationFailed", "invalid request body");
    }
}

#[tokio::test]
async fn new_people_are_counted() {
    let world = World::with(|config| {
        config["authentication"] = json!({
            "identities": ["login_id", "anonymous"],
            "rate_limits": {
                "signup_anonymous": { "per_ip": { "enabled": true, "period": "1m", "burst": 1 } },
            },
        });
    })
    .await;
    assert_eq!(by_token(&world, None).await.status, 200);
    let reply = by_cookie(&world).await;
    refused(&reply, 429, "RateLimited", "request rate limited");
    let info = &reply.json()["error"]["info"];
    assert_eq!(info["rate_limit"]["name"], "authentication.signup_anonymous.per_ip");
}

#[tokio::test]
async fn a_code_to_promote_somebody_needs_their_session() {
    let world = world().await;
    let reply = world.post_json(PROMOTE, &json!({ "session_type": "cookie" })).await;
    refused(&reply, 401, "Unauthorized", "authentication required");
    by_cookie(&world).await;
    let reply = world.post_json(PROMOTE, &json!({ "session_type": "cookie" })).await;
    assert_eq!(names(&reply.json()["result"]), ["expire_at", "promotion_code"]);

    let token = by_token(&world, None).await.json()["result"]["refresh_token"].clone();
    let body = json!({ "session_type": "refresh_token", "refresh_token": token });
    assert_eq!(world.post_json(PROMOTE, &body).await.status, 200);
    let body = json!({ "session_type": "refresh_token" });
    assert_eq!(world.post_json(PROMOTE, &body).await.status, 401);
    let body = json!({ "session_type": "refresh_token", "refresh_token": "made up" });
    assert_eq!(world.post_json(PROMOTE, &body).await.status, 403);
}
