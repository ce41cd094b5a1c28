//! What clients are told of a person, and under which name.

use serde_json::{Map, Value, json};

use crate::world::{World, authorization, redirect_uri};

/// Two clients of one site and one of another know people by names of their own.
async fn world() -> World {
    World::with(|config| {
        let clients = config["oauth"]["clients"].as_array_mut().unwrap();
        for (id, host) in [("one", "shop"), ("two", "shop"), ("three", "bank")] {
            let mut client = clients[0].clone();
            client["client_id"] = json!(id);
            client["redirect_uris"] = json!([redirect_uri(host)]);
            client["post_logout_redirect_uris"] = json!([format!("https://{host}.example.com/")]);
            client["x_subject_type"] = json!("pairwise");
            client["issue_jwt_access_token"] = json!(true);
            clients.push(client);
        }
    })
    .await
}

async fn tokens(world: &World, client: &str, host: &str, extra: &str) -> Value {
    let uri = redirect_uri(host);
    let extra = format!("redirect_uri={uri}&{extra}");
    let code = world.authorize(client, &extra).await.param("code");
    let form = format!(
        "grant_type=authorization_code&client_id={client}&code={code}&redirect_uri={uri}\
         &code_verifier={}",
        crate::world::VERIFIER
    );
    let reply = world.post("/oauth2/token", &form).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()
}

fn claims(world: &World, tokens: &Value, name: &str) -> Map<String, Value> {
    world.ctx().app.keys.verify(tokens[name].as_str().unwrap()).unwrap().claims
}

#[tokio::test]
async fn a_site_knows_people_by_names_of_its_own() {
    let world = world().await;
    let mut names = Vec::new();
    for (client, host) in [("one", "shop"), ("two", "shop"), ("three", "bank")] {
        let tokens = tokens(&world, client, host, "").await;
        let name = claims(&world, &tokens, "id_token")["sub"].as_str().unwrap().to_owned();
        assert_eq!(claims(&world, &tokens, "access_token")["sub"], json!(name));
        let userinfo = world.userinfo(tokens["access_token"].as_str().unwrap()).await.json();
        assert_eq!(userinfo["sub"], json!(name));
        names.push(name);
    }
    assert_eq!(names[0], names[1]);
    assert_ne!(names[0], names[2]);
    assert!(names.iter().all(|it| it.len() == 43 && !it.contains("alice")));
}

#[tokio::test]
async fn a_hint_with_such_a_name_leads_to_the_person() {
    let world = world().await;
    let tokens = tokens(&world, "one", "shop", "").await;
    let hint = tokens["id_token"].as_str().unwrap();
    let uri = redirect_uri("shop");
    let silent = format!("redirect_uri={uri}&prompt=none&id_token_hint={hint}");
    let reply = world.get(&authorization("one", &silent)).await;
    assert!(!reply.param("code").is_empty());
    // Somebody else is here.
    world.forget_cookies();
    world.authorize("spa", "").await;
    let reply = world.get(&authorization("spa", "prompt=login")).await;
    world.sign_in("bob", &reply.param("x_ref")).await;
    let reply = world.get(&authorization("one", &silent)).await;
    assert_eq!(reply.param("error"), "login_required");
    // And it is as good for signing out.
    world.forget_cookies();
    let own = self::tokens(&world, "one", "shop", "").await;
    let hint = own["id_token"].as_str().unwrap();
    let reply = world.get(&format!("/oauth2/end_session?id_token_hint={hint}")).await;
    assert!(!reply.location().contains("/logout"), "{}", reply.location());
}

#[tokio::test]
async fn a_client_may_insist_on_a_person() {
    let world = world().await;
    let asks = |sub: &str| {
        let claims = format!(r#"{{"id_token":{{"sub":{{"value":"{sub}"}}}}}}"#);
        let claims: String = url::form_urlencoded::byte_serialize(claims.as_bytes()).collect();
        authorization("spa", &format!("prompt=none&claims={claims}"))
    };
    world.authorize("spa", "").await;
    assert!(!world.get(&asks("alice")).await.param("code").is_empty());
    assert_eq!(world.get(&asks("bob")).await.param("error"), "login_required");
}

#[tokio::test]
async fn asking_for_a_claim_opens_nothing_that_the_scopes_do_not() {
    let world = world().await;
    let asked = r#"{"id_token":{"email":null,"given_name":{"essential":true}}}"#;
    let asked: String = url::form_urlencoded::byte_serialize(asked.as_bytes()).collect();
    let told = async |scope: &str| {
        let tokens = tokens(&world, "spa", "spa", &format!("scope={scope}&claims={asked}")).await;
        let claims = claims(&world, &tokens, "id_token");
        ["email", "given_name"].map(|name| claims.contains_key(name))
    };
    assert_eq!(told("openid").await, [false, false]);
    assert_eq!(told("openid+email").await, [true, false]);
    assert_eq!(told("openid+email+profile").await, [true, true]);
    // Who does not ask is not told, as before.
    let tokens = tokens(&world, "spa", "spa", "scope=openid+email").await;
    let claims = claims(&world, &tokens, "id_token");
    assert!(!claims.contains_key("email") && !claims.contains_key("acr"));
}

#[tokio::test]
async fn whoever_asks_is_told_how_surely_somebody_was_authenticated() {
    let world = world().await;
    let tokens = tokens(&world, "spa", "spa", "acr_values=urn:authwarden:acr:mfa").await;
    // One factor was proved, and that is what is said.
    assert_eq!(claims(&world, &tokens, "id_token")["acr"], "urn:authwarden:acr:one-factor");
}
