use axum::body::Body;
use http::{Request, header};

use crate::world::{Reply, World};

/// What a browser shows for an address.
async fn browse(world: &World, path: &str) -> Reply {
    let request = Request::get(path).header(header::ACCEPT, "text/html,*/*;q=0.8");
    world.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_browser_is_shown_what_the_application_did_wrong() {
    let world = World::new().await;
    let reply = browse(&world, "/oauth2/authorize?client_id=nobody").await;
    assert_eq!(reply.status, 400);
    assert!(reply.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(reply.headers.contains_key("content-security-policy"));
    assert!(reply.body.contains("invalid client ID"), "{}", reply.body);
}

#[tokio::test]
async fn who_comes_too_late_is_told_so() {
    let world = World::new().await;
    let reply = browse(&world, "/oauth2/consent?code=made-up").await;
    assert_eq!(reply.status, 400);
    assert!(reply.body.contains("open for too long"), "{}", reply.body);
}

#[tokio::test]
async fn a_program_gets_a_text() {
    let world = World::new().await;
    let reply = world.get("/oauth2/authorize?client_id=nobody").await;
    assert_eq!(reply.status, 400);
    assert!(reply.body.starts_with("Invalid OAuth authorization request:\nerror: "));
}
