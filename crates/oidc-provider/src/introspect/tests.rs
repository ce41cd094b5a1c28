//! What is told about a token, to whom, and for how long.

use domain::Scopes;
use serde_json::{Value, json};
use sessions::resources;

use crate::world::{ORIGIN, Reply, World};

const SHOP: &str = "https://shop.example.com";
const SECRET: &str = "client_secret=a+secret%2Fof%3Dthe%26client";

async fn ask(world: &World, client: &str, token: &str) -> Reply {
    let form = format!("client_id={client}&{SECRET}&token={token}");
    world.post("/oauth2/introspect", &form).await
}

async fn told(world: &World, client: &str, token: &str) -> Value {
    let reply = ask(world, client, token).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("cache-control"), "no-store");
    reply.json()
}

#[track_caller]
fn nothing(answer: &Value) {
    assert_eq!(*answer, json!({ "active": false }));
}

/// Alice's tokens of a client that has a secret, opaque or as a JWT.
async fn tokens(world: &World) -> (String, String) {
    let tokens = world.tokens("confidential", "", SECRET).await;
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

fn with_jwts(config: &mut Value) {
    config["oauth"]["clients"][1]["issue_jwt_access_token"] = json!(true);
}

#[tokio::test]
async fn a_client_is_told_about_its_own_tokens() {
    for world in [World::new().await, World::with(with_jwts).await] {
        let (access, refresh) = tokens(&world).await;
        let answer = told(&world, "confidential", &access).await;
        assert_eq!(answer["active"], true);
        assert_eq!(answer["sub"], "alice");
        assert_eq!(answer["client_id"], "confidential");
        assert_eq!(answer["scope"], "openid email offline_access");
        assert_eq!(answer["token_type"], "Bearer");
        assert_eq!((&answer["iss"], &answer["aud"]), (&json!(ORIGIN), &json!(ORIGIN)));
        let now = world.ctx().now.seconds();
        assert_eq!((&answer["iat"], &answer["exp"]), (&json!(now), &json!(now + 1800)));
        let answer = told(&world, "confidential", &refresh).await;
        assert_eq!((&answer["active"], &answer["sub"]), (&json!(true), &json!("alice")));
        assert_eq!(answer["token_type"], Value::Null, "a refresh token is of no such type");
    }
}

#[tokio::test]
async fn nobody_is_told_about_tokens_of_others() {
    let world = World::new().await;
    let (access, refresh) = tokens(&world).await;
    let of_an_app = world.tokens("native", "", "").await;
    let of_an_app = of_an_app["access_token"].as_str().unwrap();
    for token in [&access, &refresh, of_an_app] {
        nothing(&told(&world, "third", token).await);
        nothing(&told(&world, "machine", token).await);
    }
    nothing(&told(&world, "confidential", of_an_app).await);
    for token in ["nonsense", "a.b", "a.b.c", "eyJ.eyJ.x"] {
        nothing(&told(&world, "confidential", token).await);
    }
}

#[tokio::test]
async fn an_id_token_is_no_access_token_and_neither_is_one_of_another_project() {
    let world = World::with(with_jwts).await;
    let tokens = world.tokens("confidential", "", SECRET).await;
    let id_token = tokens["id_token"].as_str().unwrap();
    nothing(&told(&world, "confidential", id_token).await);
    assert_eq!(world.userinfo(id_token).await.status, 401);
    // The claims of an access token, signed by the key of another project, which has the same id.
    let access = world.ctx().app.keys.verify(tokens["access_token"].as_str().unwrap()).unwrap();
    let foreign = world.foreign_keys().sign("at+jwt", &access.claims);
    nothing(&told(&world, "confidential", &foreign).await);
    assert_eq!(world.userinfo(&foreign).await.status, 401);
    // By our key, and for somebody else, whatever else is in the list of audiences.
    for (name, value) in [
        ("aud", json!("https://shop.example.com")),
        ("aud", json!(["https://test.example.com.evil.example"])),
        ("iss", json!("https://elsewhere.example.com")),
    ] {
        let mut claims = access.claims.clone();
        claims.insert(name.to_owned(), value);
        let token = world.ctx().app.keys.sign("at+jwt", &claims);
        assert_eq!(world.userinfo(&token).await.status, 401, "{name}");
    }
    let without_type = world.ctx().app.keys.sign("JWT", &access.claims);
    nothing(&told(&world, "confidential", &without_type).await);
    assert_eq!(world.userinfo(&without_type).await.status, 401);
}

#[tokio::test]
async fn a_token_is_not_active_once_what_it_hangs_on_is_over() {
    for world in [World::new().await, World::with(with_jwts).await] {
        let (access, refresh) = tokens(&world).await;
        world.set_disabled(true).await;
        nothing(&told(&world, "confidential", &access).await);
        nothing(&told(&world, "confidential", &refresh).await);
        world.set_disabled(false).await;
        world.sleep(1800);
        nothing(&told(&world, "confidential", &access).await);
        assert_eq!(told(&world, "confidential", &refresh).await["active"], true);

        let (access, refresh) = tokens(&world).await;
        world.post("/oauth2/revoke", &format!("token={refresh}")).await;
        nothing(&told(&world, "confidential", &access).await);
        nothing(&told(&world, "confidential", &refresh).await);
    }
}

#[tokio::test]
async fn asking_about_a_used_refresh_token_ends_nothing() {
    let world = World::new().await;
    let (_, first) = tokens(&world).await;
    let next = world.refresh("confidential", &format!("{first}&{SECRET}")).await.json();
    let next = next["refresh_token"].as_str().unwrap();
    world.sleep(3600);
    nothing(&told(&world, "confidential", &first).await);
    assert_eq!(told(&world, "confidential", next).await["active"], true);
}

/// A machine has a token for a resource, which is a client too.
#[tokio::test]
async fn a_resource_is_told_about_the_tokens_that_are_for_it() {
    let world = World::with(|config| {
        config["oauth"]["clients"][6]["issue_jwt_access_token"] = json!(true);
        for (id, name) in [(SHOP, "shop"), ("https://stock.example.com", "stock")] {
            let client = json!({ "client_id": id, "name": name, "x_application_type": "m2m" });
            config["oauth"]["clients"].as_array_mut().unwrap().push(client);
        }
    })
    .await;
    let ctx = world.ctx();
    let mut tx = world.platform.store.write(&ctx.app.id).await.unwrap();
    resources::create(&ctx, &mut tx, SHOP, None).await.unwrap().unwrap();
    let made = resources::create_scope(&ctx, &mut tx, SHOP, ("read", None)).await.unwrap();
    made.unwrap();
    resources::open_to(&ctx, &mut tx, SHOP, "machine").await.unwrap().unwrap();
    let scopes = Scopes::parse("read");
    let given = resources::replace_scopes(&ctx, &mut tx, (SHOP, "machine"), &scopes).await;
    given.unwrap().unwrap();
    tx.commit().await.unwrap();
    let form = format!("grant_type=client_credentials&client_id=machine&{SECRET}&resource={SHOP}");
    let answer = world.post("/oauth2/token", &form).await.json();
    let token = answer["access_token"].as_str().unwrap();
    for client in ["machine", SHOP] {
        let answer = told(&world, client, token).await;
        assert_eq!(answer["sub"], "client_id_machine");
        assert_eq!((&answer["aud"], &answer["scope"]), (&json!(SHOP), &json!("read")));
    }
    nothing(&told(&world, "https://stock.example.com", token).await);
    // Whoever holds it may give it up.
    assert_eq!(world.post("/oauth2/revoke", &format!("token={token}")).await.status, 200);
    nothing(&told(&world, SHOP, token).await);
}

#[tokio::test]
async fn only_clients_that_prove_who_they_are_may_ask() {
    let world = World::new().await;
    let (access, _) = tokens(&world).await;
    let cannot = "invalid_client: this client cannot prove who it is";
    let reply = ask(&world, "native", &access).await;
    assert_eq!((reply.status, reply.error().as_str()), (401, cannot));
    for form in [
        format!("client_id=confidential&token={access}"),
        format!("client_id=confidential&client_secret=wrong&token={access}"),
        format!("client_id=nobody&{SECRET}&token={access}"),
        format!("token={access}"),
        format!("client_id=confidential&{SECRET}"),
    ] {
        let reply = world.post("/oauth2/introspect", &form).await;
        assert!((400..500).contains(&reply.status), "{form}");
        assert_eq!(reply.json()["active"], Value::Null);
    }
}

#[tokio::test]
async fn discovery_says_where_and_how_to_ask() {
    let world = World::new().await;
    let document = world.get("/.well-known/openid-configuration").await.json();
    assert_eq!(document["introspection_endpoint"], format!("{ORIGIN}/oauth2/introspect"));
    let methods = &document["introspection_endpoint_auth_methods_supported"];
    assert_eq!(*methods, json!(["client_secret_post", "client_secret_basic", "private_key_jwt"]));
}

/// `Limit::RequestToken` counts wrong secrets here.
#[tokio::test]
async fn guessing_secrets_comes_to_an_end_and_asking_does_not() {
    let world = World::new().await;
    let (access, _) = tokens(&world).await;
    for _ in 0..200 {
        assert_eq!(ask(&world, "confidential", &access).await.status, 200);
    }
    let guess = "client_id=confidential&client_secret=guess&token=x";
    let mut statuses = Vec::new();
    for _ in 0..200 {
        statuses.push(world.post("/oauth2/introspect", guess).await.status);
    }
    assert_eq!((statuses[0], statuses[199]), (400, 429));
    world.sleep(60);
    assert_eq!(ask(&world, "confidential", &access).await.status, 200);
}
