//! Tokens for machines, and what a machine cannot get.

use domain::Scopes;
use expect_test::expect;
use limits::Limit;
use serde_json::Value;
use sessions::resources;

use super::masked;
use crate::world::{ORIGIN, Reply, World};

const SHOP: &str = "https://shop.example.com";
const STOCK: &str = "https://stock.example.com";
const SECRET: &str = "client_secret=a+secret%2Fof%3Dthe%26client";

/// Two resources with the same scopes. The machine has some of the first, and none of the second.
async fn world() -> World {
    let world = World::new().await;
    let ctx = world.ctx();
    let mut tx = world.platform.store.write(&ctx.app.id).await.unwrap();
    for uri in [SHOP, STOCK] {
        resources::create(&ctx, &mut tx, uri, None).await.unwrap().unwrap();
        for scope in ["read:orders", "write:orders", "delete:orders"] {
            let made = resources::create_scope(&ctx, &mut tx, uri, (scope, None)).await.unwrap();
            made.unwrap();
        }
    }
    for client in ["machine", "confidential", "third", "native"] {
        resources::open_to(&ctx, &mut tx, SHOP, client).await.unwrap().unwrap();
        let scopes = Scopes::parse("read:orders write:orders");
        let given = resources::replace_scopes(&ctx, &mut tx, (SHOP, client), &scopes).await;
        given.unwrap().unwrap();
    }
    tx.commit().await.unwrap();
    world
}

async fn ask(world: &World, client: &str, more: &str) -> Reply {
    let form = format!("grant_type=client_credentials&client_id={client}&{SECRET}&{more}");
    world.post("/oauth2/token", &form).await
}

fn for_shop(more: &str) -> String {
    format!("resource=https%3A%2F%2Fshop.example.com&{more}")
}

#[track_caller]
fn refused(reply: &Reply, status: u16, expected: &str) {
    assert_eq!((reply.status, reply.error().as_str()), (status, expected));
}

#[tokio::test]
async fn a_machine_gets_a_token_for_a_resource_that_says_what_it_may_do_there() {
    let world = world().await;
    let reply = ask(&world, "machine", &for_shop("")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("cache-control"), "no-store");
    let answer = reply.json();
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 1800);
    assert_eq!(answer["scope"], "read:orders write:orders");
    for absent in ["refresh_token", "id_token"] {
        assert_eq!(answer[absent], Value::Null, "RFC 6749 §4.4.3: no refresh token");
    }
    let token = world.ctx().app.keys.verify(answer["access_token"].as_str().unwrap()).unwrap();
    assert!(token.header.is_type("at+jwt"), "RFC 9068 §2.1");
    let mut claims = Value::Object(token.claims.clone());
    assert_eq!(claims["jti"].take().as_str().unwrap().len(), 64);
    expect![[r#"
        {
          "iss": "https://test.example.com",
          "aud": [
            "https://shop.example.com"
          ],
          "sub": "client_id_machine",
          "iat": 1767225600,
          "exp": 1767227400,
          "jti": null,
          "client_id": "machine",
          "scope": "read:orders write:orders",
          "https://authgear.com/claims/scope_by_aud": [
            {
              "aud": "https://shop.example.com",
              "scope": "read:orders write:orders"
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&claims).unwrap());
    assert_eq!(world.events("m2m.token.created").await, 1);
}

#[tokio::test]
async fn the_event_says_how_the_secret_begins_and_no_more() {
    let world = world().await;
    ask(&world, "machine", &for_shop("")).await;
    let logged = world.logged("m2m.token.created").await;
    assert_eq!(logged["client_id"], "machine");
    assert_eq!(logged["client_secret"], "a se******");
    assert!(!logged.to_string().contains("secret/of"));
    for (secret, expected) in
        [("", "******"), ("a", "******"), ("abcdefg", "abc******"), ("abcdefgh", "abcd******")]
    {
        assert_eq!(masked(secret), expected);
    }
}

#[tokio::test]
async fn a_client_that_wants_opaque_tokens_gets_them() {
    let world = world().await;
    let answer = ask(&world, "confidential", &for_shop("")).await.json();
    let token = answer["access_token"].as_str().unwrap();
    assert!(!token.contains('.'), "{token}");
    assert_eq!(world.userinfo(token).await.status, 401);
}

#[tokio::test]
async fn a_machine_may_ask_for_less_than_it_has_and_never_for_more() {
    let world = world().await;
    let less = ask(&world, "machine", &for_shop("scope=write%3Aorders")).await;
    assert_eq!(less.json()["scope"], "write:orders");
    let denied = "invalid_scope: specified scope is not allowed";
    for scope in [
        "delete:orders",
        "read:orders+delete:orders",
        "openid",
        "offline_access",
        "https://authgear.com/scopes/full-access",
    ] {
        refused(&ask(&world, "machine", &for_shop(&format!("scope={scope}"))).await, 400, denied);
        world.sleep(60);
    }
}

#[tokio::test]
async fn a_resource_must_be_named_known_and_open_to_the_client() {
    let world = world().await;
    for (more, expected) in [
        ("", "invalid_target: resource is required"),
        ("resource=https://nowhere.example.com", "invalid_target: resource not found"),
        (
            "resource=https://stock.example.com",
            "invalid_target: client is not associated with the resource",
        ),
        (
            "resource=https://shop.example.com&resource=https://stock.example.com",
            "invalid_request: the parameter resource is repeated",
        ),
    ] {
        refused(&ask(&world, "machine", more).await, 400, expected);
        world.sleep(60);
    }
    let ours = "invalid_target: resource URI must not be a prefixed by authgear endpoint";
    for resource in [ORIGIN.to_owned(), format!("{ORIGIN}/_api/admin")] {
        refused(&ask(&world, "machine", &format!("resource={resource}")).await, 400, ours);
    }
    assert_eq!(world.events("m2m.token.created").await, 0);
}

#[tokio::test]
async fn a_machine_must_prove_itself() {
    let world = world().await;
    let shop = for_shop("");
    for secret in ["client_secret=wrong", ""] {
        let form = format!("grant_type=client_credentials&client_id=machine&{secret}&{shop}");
        let reply = world.post("/oauth2/token", &form).await;
        assert!(matches!(reply.status, 400 | 401), "{}", reply.body);
        assert_eq!(reply.json()["access_token"], Value::Null);
    }
    assert_eq!(world.events("m2m.token.created").await, 0);
}

#[tokio::test]
async fn only_machines_and_confidential_clients_act_for_themselves() {
    let world = world().await;
    assert_eq!(ask(&world, "confidential", &for_shop("")).await.status, 200);
    let denied = "unauthorized_client: grant type is not allowed for this client";
    for client in ["third", "native"] {
        refused(&ask(&world, client, &for_shop("")).await, 400, denied);
    }
    let form = format!("grant_type=refresh_token&refresh_token=x&client_id=machine&{SECRET}");
    refused(&world.post("/oauth2/token", &form).await, 400, denied);
}

#[tokio::test]
async fn the_token_of_a_machine_opens_nothing_here() {
    let world = world().await;
    for client in ["machine", "confidential"] {
        let answer = ask(&world, client, &for_shop("")).await.json();
        let token = answer["access_token"].as_str().unwrap();
        assert_eq!(world.userinfo(token).await.status, 401, "{client}");
    }
}

#[tokio::test]
async fn what_is_taken_away_is_not_handed_out_again() {
    let world = world().await;
    let ctx = world.ctx();
    let mut tx = world.platform.store.write(&ctx.app.id).await.unwrap();
    resources::delete(&mut tx, SHOP).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let gone = "invalid_target: resource not found";
    refused(&ask(&world, "machine", &for_shop("")).await, 400, gone);
}

/// `Limit::RequestClientCredentialsToken` counts for each client.
#[tokio::test]
async fn a_machine_that_asks_too_often_is_told_to_wait_and_others_are_not() {
    let world = world().await;
    for _ in 0..5 {
        assert_eq!(ask(&world, "machine", &for_shop("")).await.status, 200);
    }
    // Whoever does not have the secret uses nothing up.
    for _ in 0..3 {
        let form = "grant_type=client_credentials&client_id=confidential&client_secret=x";
        assert_ne!(world.post("/oauth2/token", form).await.status, 429);
    }
    let full = ask(&world, "machine", &for_shop("")).await;
    refused(&full, 429, "x_rate_limited: rate limit exceeded, please try again later.");
    assert_eq!(ask(&world, "confidential", &for_shop("")).await.status, 200);
    let name = Limit::RequestClientCredentialsToken.group();
    assert_eq!(world.logged("rate_limit.blocked").await["rate_limit"]["group"], name);
    world.sleep(60);
    assert_eq!(ask(&world, "machine", &for_shop("")).await.status, 200);
}
