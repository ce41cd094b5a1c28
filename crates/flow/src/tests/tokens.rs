//! Tokens that say who somebody is: ours, and those of issuers that the project believes.

use appconfig::flow::FlowKind;
use expect_test::expect;
use jose::SigningKeys;
use serde_json::{Map, Value, json};
use testkit::{Elsewhere, START, World};

use super::play;
use crate::{FlowRef, Setting};

fn reauth(token: &str) -> String {
    json!({ "identification": "id_token", "id_token": token }).to_string()
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else { panic!("not an object") };
    object
}

fn fresh_keys() -> (SigningKeys, Value) {
    let key = jose::generate_rs256_jwk("theirs", START);
    let keys = SigningKeys::from_jwk_set(&json!({ "keys": [key] })).unwrap();
    let public = serde_json::from_str(keys.jwks()).unwrap();
    (keys, public)
}

async fn reauthenticate(world: &World, script: &str) -> String {
    let flow = FlowRef::new(FlowKind::Reauth, "default");
    play(world, flow, Setting::default(), script).await
}

#[tokio::test]
async fn a_token_of_ours_says_who_is_to_prove_it_again() {
    let world = World::new("").await;
    let alice = world.person("email", "alice@example.com", "correct horse").await;
    // Not for any client: a project's own pages may have made it.
    let claims = object(json!({ "sub": alice.as_str() }));
    let script = format!("{}\npassword wrong\npassword correct horse", {
        reauth(&world.app.keys.sign("JWT", &claims))
    });
    let played = reauthenticate(&world, &script).await;
    let short: Vec<&str> = played.lines().filter(|it| !it.starts_with('>')).collect();
    expect![[r#"
        ? reauth: identify [id_token]
        ? reauth: authenticate [primary_password]
        ! InvalidCredentials {}
        = reauth with no session ["pwd", "x_primary_password"]"#]]
    .assert_eq(&short.join("\n"));
}

#[tokio::test]
async fn tokens_that_are_none_of_ours_are_refused() {
    let world = World::new("").await;
    let alice = world.person("email", "alice@example.com", "correct horse").await;
    let claims = object(json!({ "aud": "app", "sub": alice.as_str() }));
    let ours = &world.app.keys;
    let (theirs, _) = fresh_keys();
    let genuine = ours.sign("JWT", &claims);
    let (head, rest) = genuine.split_once('.').unwrap();
    let unsigned = format!("{head}.{}.", rest.split('.').next().unwrap());
    for (what, token) in [
        ("a key of somebody else's", theirs.sign("JWT", &claims)),
        ("an access token", ours.sign("at+jwt", &claims)),
        ("a logout token", ours.sign("logout+jwt", &claims)),
        ("nobody", ours.sign("JWT", &Map::new())),
        ("no signature", unsigned),
        ("no token", "a.b.c".to_owned()),
    ] {
        let played = reauthenticate(&world, &reauth(&token)).await;
        assert!(played.ends_with("! InvalidIDToken {}\n"), "{what}: {played}");
    }
    let gone = ours.sign("JWT", &object(json!({ "aud": "app", "sub": "somebody who is gone" })));
    let played = reauthenticate(&world, &reauth(&gone)).await;
    assert!(played.ends_with("! UserNotFound {}\n"), "{played}");
}

/// A project that believes an issuer, and the keys of that issuer.
async fn believing() -> (World, Elsewhere, SigningKeys) {
    let (keys, public) = fresh_keys();
    let elsewhere = Elsewhere::new(public).await;
    let mut world = World::new(&format!(
        "external_jwt: {{ issuers: [{{ iss: https://issuer.example, aud: us, jwks_uri: \"{}\" }}] }}
verification: {{ claims: {{ email: {{ enabled: true, required: true }} }} }}",
        elsewhere.jwks_uri()
    ))
    .await;
    world.platform.outbound = elsewhere.outbound();
    (world, elsewhere, keys)
}

fn said(change: impl FnOnce(&mut Value)) -> Map<String, Value> {
    let mut claims = json!({
        "iss": "https://issuer.example", "aud": "us", "exp": START.seconds() + 60,
        "email": "carol@example.com", "email_verified": true, "given_name": "Carol",
    });
    change(&mut claims);
    object(claims)
}

async fn sign_up(world: &World, token: &str) -> String {
    let line = json!({ "identification": "email", "external_jwt": token });
    let script = format!("{line}\nnew_password tr0ub4dor and 3");
    let flow = FlowRef::new(FlowKind::Signup, "default");
    let played = play(world, flow, Setting::default(), &script).await;
    played.lines().filter(|it| !it.starts_with('>')).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn an_issuer_that_is_believed_vouches_for_an_address() {
    let (world, _elsewhere, keys) = believing().await;
    expect![[r#"
        ? signup: identify [email phone username]
        ? signup: create_authenticator [primary_password]
        = signup with a session ["pwd", "x_primary_password"]"#]]
    .assert_eq(&sign_up(&world, &keys.sign("JWT", &said(|_| {}))).await);
    let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
    let found = tx.identities().find_by_unique_key("carol@example.com").await.unwrap().unwrap();
    let user = tx.users().find(&found.base.user_id).await.unwrap().unwrap();
    assert_eq!(user.standard_attributes["given_name"], "Carol");
}

#[tokio::test]
async fn an_address_that_was_not_proved_elsewhere_is_proved_here() {
    let (world, _elsewhere, keys) = believing().await;
    let token = keys.sign("JWT", &said(|it| it["email_verified"] = json!(false)));
    let played = sign_up(&world, &token).await;
    assert!(played.contains("? signup: verify"), "{played}");
}

#[tokio::test]
async fn tokens_that_cannot_be_believed_are_refused() {
    let (world, _elsewhere, keys) = believing().await;
    let (stranger, _) = fresh_keys();
    let now = START.seconds();
    for (what, token) in [
        ("another issuer", keys.sign("JWT", &said(|it| it["iss"] = json!("https://evil.example")))),
        ("for somebody else", keys.sign("JWT", &said(|it| it["aud"] = json!("them")))),
        ("over", keys.sign("JWT", &said(|it| it["exp"] = json!(now)))),
        ("without an end", keys.sign("JWT", &said(|it| it["exp"] = Value::Null))),
        ("not yet", keys.sign("JWT", &said(|it| it["nbf"] = json!(now + 60)))),
        ("about nobody", keys.sign("JWT", &said(|it| it["email"] = Value::Null))),
        ("signed by a stranger", stranger.sign("JWT", &said(|_| {}))),
        ("no token", "a.b.c".to_owned()),
    ] {
        let played = sign_up(&world, &token).await;
        assert!(played.contains("! InvalidExternalJWT {}"), "{what}: {played}");
    }
}
