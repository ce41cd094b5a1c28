//! Tokens for servers of the project's.

use serde_json::{Value, json};

use crate::world::{ORIGIN, World, authorization};

const MCP: &str = "https://mcp.example.com/server";

async fn world() -> World {
    World::with(|config| {
        let resources = json!([MCP, "https://other.example.com/"]);
        config["oauth"]["x_user_token_resources"] = resources;
    })
    .await
}

fn claims(world: &World, tokens: &Value) -> serde_json::Map<String, Value> {
    let token = tokens["access_token"].as_str().unwrap();
    world.ctx().app.keys.verify(token).unwrap().claims
}

#[tokio::test]
async fn a_token_for_a_resource_is_for_that_resource_alone() {
    let world = world().await;
    // The client's tokens are opaque otherwise.
    let tokens = world.tokens("spa", &format!("resource={MCP}"), "").await;
    assert_eq!(claims(&world, &tokens)["aud"], MCP);
    assert_eq!(claims(&world, &tokens)["client_id"], "spa");
    assert_eq!(world.userinfo(tokens["access_token"].as_str().unwrap()).await.status, 401);
    // And the next is for whatever the client says.
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let again = world.refresh("spa", &format!("{refresh}&resource={MCP}")).await.json();
    assert_eq!(claims(&world, &again)["aud"], MCP);
    let refresh = again["refresh_token"].as_str().unwrap();
    let ours = world.refresh("spa", refresh).await.json();
    assert_eq!(world.userinfo(ours["access_token"].as_str().unwrap()).await.status, 200);
}

#[tokio::test]
async fn a_resource_that_is_named_with_the_code_is_for_that_token() {
    let world = world().await;
    let tokens = world.tokens("spa", "", &format!("resource={MCP}")).await;
    assert_eq!(claims(&world, &tokens)["aud"], MCP);
}

#[tokio::test]
async fn a_resource_that_nobody_listed_or_that_was_not_authorized_is_refused() {
    let world = world().await;
    for resource in ["https://evil.example.com", "https://mcp.example.com/server/", ORIGIN, "x"] {
        let reply = world.get(&authorization("spa", &format!("resource={resource}"))).await;
        assert_eq!(reply.param("error"), "invalid_target", "{resource}");
    }
    let code = world.authorize("spa", &format!("resource={MCP}")).await.param("code");
    let reply = world.redeem("spa", &code, "resource=https://other.example.com/").await;
    let expected = "invalid_target: resource is not the one that was authorized";
    assert_eq!((reply.status, reply.error().as_str()), (400, expected));
    let tokens = world.tokens("spa", "", "").await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let reply = world.refresh("spa", &format!("{refresh}&resource=https://evil.example.com")).await;
    assert_eq!(reply.error(), "invalid_target: resource is not known");
    // That was no use of the refresh token.
    assert_eq!(world.refresh("spa", refresh).await.status, 200);
}

#[tokio::test]
async fn what_we_are_ourselves_is_told_as_a_resource() {
    let world = world().await;
    let document = world.get("/.well-known/oauth-protected-resource").await.json();
    assert_eq!(document["resource"], ORIGIN);
    assert_eq!(document["authorization_servers"], json!([ORIGIN]));
    let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["protected_resources"], json!([MCP, "https://other.example.com/"]));
}
