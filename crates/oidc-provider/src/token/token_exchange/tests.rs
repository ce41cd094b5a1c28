//! Device secrets, and what is traded for them: one test for each way to cheat.

use serde_json::{Value, json};
use stdx::sha256_hex;

use crate::world::{ORIGIN, Reply, World};

const SCOPE: &str = "openid+offline_access+https://authgear.com/scopes/full-access+device_sso\
                     +https://authgear.com/scopes/pre-authenticated-url";
const GRANT: &str = "grant_type=urn:ietf:params:oauth:grant-type:token-exchange";

pub(crate) fn take_part(config: &mut Value) {
    for index in [0, 3] {
        config["oauth"]["clients"][index]["x_pre_authenticated_url_enabled"] = json!(true);
        config["oauth"]["clients"][index]["x_pre_authenticated_url_allowed_origins"] =
            json!(["https://site.example.com"]);
    }
    config["oauth"]["clients"][3]["refresh_token_rotation_enabled"] = json!(false);
}

pub(crate) async fn world() -> World {
    World::with(take_part).await
}

/// Alice signs in to the native app, which opens pages.
pub(crate) async fn app(world: &World) -> Value {
    let tokens = world.tokens("native", &format!("scope={SCOPE}"), "").await;
    world.forget_cookies();
    tokens
}

pub(crate) fn form(tokens: &Value) -> Vec<(&'static str, String)> {
    let text = |name: &str| tokens[name].as_str().unwrap_or_default().to_owned();
    vec![
        ("client_id", "spa".to_owned()),
        (
            "requested_token_type",
            "urn:authgear:params:oauth:token-type:pre-authenticated-url-token".to_owned(),
        ),
        ("audience", ORIGIN.to_owned()),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token".to_owned()),
        ("subject_token", text("id_token")),
        ("actor_token_type", "urn:x-oath:params:oauth:token-type:device-secret".to_owned()),
        ("actor_token", text("device_secret")),
    ]
}

pub(crate) async fn exchange(world: &World, fields: &[(&'static str, String)]) -> Reply {
    let fields = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    world.post("/oauth2/token", &format!("{GRANT}&{fields}")).await
}

fn claims(world: &World, tokens: &Value) -> Value {
    let token = world.ctx().app.keys.verify(tokens["id_token"].as_str().unwrap()).unwrap();
    Value::Object(token.claims)
}

#[track_caller]
fn refused(reply: &Reply, expected: &str) {
    assert_eq!(reply.error(), expected);
    assert!((400..500).contains(&reply.status));
}

const NOT_BOUND: &str =
    "invalid_grant: the device_secret (actor_token) does not bind to the session";

#[tokio::test]
async fn an_app_with_device_sso_has_a_secret_that_goes_with_its_id_token() {
    let world = world().await;
    let tokens = app(&world).await;
    let secret = tokens["device_secret"].as_str().unwrap();
    let claims = claims(&world, &tokens);
    assert_eq!(claims["ds_hash"], json!(sha256_hex(secret)));
    assert!(claims["sid"].is_string());
    let without = world.tokens("native", "", "").await;
    assert_eq!(without["device_secret"], Value::Null);
    let refused = world.get(&crate::world::authorization("app-a", &format!("scope={SCOPE}"))).await;
    assert_eq!(refused.param("error"), "invalid_scope", "the client does not take part");
}

#[tokio::test]
async fn an_exchange_gives_a_token_for_a_page_and_the_next_secret() {
    let world = world().await;
    let tokens = app(&world).await;
    // An ID token that has expired is as good a hint.
    world.sleep(3600);
    let reply = exchange(&world, &form(&tokens)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let answer = reply.json();
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 300);
    assert_eq!(
        answer["issued_token_type"],
        "urn:authgear:params:oauth:token-type:pre-authenticated-url-token"
    );
    let next = claims(&world, &answer);
    assert_eq!(next["ds_hash"], json!(sha256_hex(answer["device_secret"].as_str().unwrap())));
    assert_eq!(next["sid"], claims(&world, &tokens)["sid"]);
    assert_eq!(next["email"], Value::Null, "a hint says nothing personal");
    assert_eq!(world.userinfo(answer["access_token"].as_str().unwrap()).await.status, 401);
    // With the next ones it goes on.
    assert_eq!(exchange(&world, &form(&answer)).await.status, 200);
}

#[tokio::test]
async fn a_device_secret_is_good_once_and_only_with_its_own_id_token() {
    let world = world().await;
    let tokens = app(&world).await;
    let other = app(&world).await;
    let mixed = json!({
        "id_token": tokens["id_token"], "device_secret": other["device_secret"],
    });
    let mismatch = "invalid_grant: the hash of device_secret (actor_token) does not match ds_hash \
                    in id token (subject_token)";
    refused(&exchange(&world, &form(&mixed)).await, mismatch);
    assert_eq!(exchange(&world, &form(&tokens)).await.status, 200);
    refused(&exchange(&world, &form(&tokens)).await, NOT_BOUND);
    assert_eq!(exchange(&world, &form(&other)).await.status, 200, "another device is another");
}

#[tokio::test]
async fn what_an_exchange_must_say() {
    let world = world().await;
    let tokens = app(&world).await;
    let access_token = tokens["access_token"].as_str().unwrap();
    for (name, value, expected) in [
        ("requested_token_type", "x", "invalid_request: requested_token_type not supported"),
        (
            "requested_token_type",
            "",
            "unauthorized_client: device sso is not allowed for this client",
        ),
        (
            "actor_token_type",
            "",
            "invalid_request: expected actor_token_type = \
             urn:x-oath:params:oauth:token-type:device-secret",
        ),
        (
            "subject_token_type",
            "x",
            "invalid_request: expected subject_token_type = \
             urn:ietf:params:oauth:token-type:id_token",
        ),
        ("actor_token", "", "invalid_request: actor token is required"),
        ("subject_token", "", "invalid_request: subject token is required"),
        ("subject_token", access_token, "invalid_request: subject_token is not a valid id token"),
        (
            "audience",
            "https://elsewhere.example.com",
            "invalid_request: expected audience to be https://test.example.com",
        ),
        (
            "client_id",
            "app-b",
            "unauthorized_client: pre-authenticated url is not allowed for this client",
        ),
    ] {
        let mut fields = form(&tokens);
        fields.iter_mut().find(|it| it.0 == name).unwrap().1 = value.to_owned();
        refused(&exchange(&world, &fields).await, expected);
    }
    assert_eq!(exchange(&world, &form(&tokens)).await.status, 200, "nothing was used up");
}

#[tokio::test]
async fn a_session_without_the_scope_opens_no_pages() {
    let world = world().await;
    let scope = SCOPE.replace("+https://authgear.com/scopes/pre-authenticated-url", "");
    let tokens = world.tokens("native", &format!("scope={scope}"), "").await;
    let reply = exchange(&world, &form(&tokens)).await;
    refused(&reply, "insufficient_scope: pre-authenticated url is not allowed for this session");
}

#[tokio::test]
async fn a_session_that_is_over_opens_no_pages() {
    let world = world().await;
    let tokens = app(&world).await;
    let token = tokens["refresh_token"].as_str().unwrap();
    world.post("/oauth2/revoke", &format!("token={token}")).await;
    let over = "invalid_grant: sid in id token (subject_token) is invalid";
    refused(&exchange(&world, &form(&tokens)).await, over);
}

#[tokio::test]
async fn an_exchange_gives_no_more_than_the_app_has_and_the_page_may_have() {
    let world = world().await;
    let tokens = app(&world).await;
    for (scope, expected) in [
        ("openid email", "invalid_scope: requesting extra scopes is not allowed"),
        (
            "openid https://authgear.com/scopes/full-userinfo",
            "invalid_scope: requesting extra scopes is not allowed",
        ),
    ] {
        let mut fields = form(&tokens);
        fields.push(("scope", scope.to_owned()));
        refused(&exchange(&world, &fields).await, expected);
    }
    let mut fields = form(&tokens);
    fields.push(("scope", "openid".to_owned()));
    assert_eq!(exchange(&world, &fields).await.status, 200);
}

#[tokio::test]
async fn refreshing_renews_the_secret_unless_the_device_shows_that_it_has_it() {
    let world = world().await;
    let tokens = app(&world).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let secret = tokens["device_secret"].as_str().unwrap();
    let kept = world.refresh("native", &format!("{refresh}&device_secret={secret}")).await.json();
    assert_eq!(kept["device_secret"], Value::Null);
    assert_eq!(claims(&world, &kept)["ds_hash"], json!(sha256_hex(secret)));
    for more in ["", "&device_secret=wrong"] {
        let renewed = world.refresh("native", &format!("{refresh}{more}")).await.json();
        let next = renewed["device_secret"].as_str().unwrap();
        assert_eq!(claims(&world, &renewed)["ds_hash"], json!(sha256_hex(next)));
        let old = json!({ "id_token": renewed["id_token"], "device_secret": secret });
        assert_eq!(exchange(&world, &form(&old)).await.status, 400);
    }
}

#[tokio::test]
async fn an_id_token_for_the_session_renews_the_secret_of_the_device_that_has_it() {
    let world = world().await;
    let tokens = app(&world).await;
    let secret = tokens["device_secret"].as_str().unwrap();
    let access_token = tokens["access_token"].as_str().unwrap();
    let ask = async |secret: &str| {
        let form = format!(
            "grant_type=urn:authgear:params:oauth:grant-type:id-token&client_id=native\
             &device_secret={secret}"
        );
        let request = axum::http::Request::post("/oauth2/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", format!("Bearer {access_token}"))
            .body(axum::body::Body::from(form));
        world.send(request.unwrap()).await.json()
    };
    let without = ask("wrong").await;
    assert_eq!(without["device_secret"], Value::Null);
    assert_eq!(claims(&world, &without)["ds_hash"], json!(sha256_hex(secret)));
    let renewed = ask(secret).await;
    let next = renewed["device_secret"].as_str().unwrap();
    assert_eq!(claims(&world, &renewed)["ds_hash"], json!(sha256_hex(next)));
    assert_ne!(next, secret);
    assert_eq!(exchange(&world, &form(&renewed)).await.status, 200);
}

#[tokio::test]
async fn of_many_who_trade_a_device_secret_at_once_one_is_answered() {
    let world = world().await;
    let form = form(&app(&world).await);
    let once = || exchange(&world, &form);
    let (first, second, third, fourth) = tokio::join!(once(), once(), once(), once());
    let replies = [first, second, third, fourth];
    assert_eq!(replies.iter().filter(|it| it.status == 200).count(), 1);
    for reply in replies.iter().filter(|it| it.status != 200) {
        refused(reply, NOT_BOUND);
    }
}
