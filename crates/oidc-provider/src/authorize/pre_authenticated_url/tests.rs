//! Opening a page with a token, and one test for each way to cheat.

use serde_json::Value;

use crate::token::token_exchange_tests::{app, exchange, form, world};
use crate::world::{Reply, World};

const PAGE: &str = "https://site.example.com/offers?from=app";
const INVALID: &str = "invalid x_pre_authenticated_url_token";

/// A token for a page of the web app, and the ID token that goes with it.
async fn token(world: &World) -> (String, String, Value) {
    let tokens = app(world).await;
    let answer = exchange(world, &form(&tokens)).await.json();
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    (text("access_token"), text("id_token"), tokens)
}

/// What the SDK opens, with some parameters said differently.
async fn open(world: &World, token: &str, id_token: &str, other: &[(&str, &str)]) -> Reply {
    let mut fields = vec![
        ("response_type", "urn:authgear:params:oauth:response-type:pre-authenticated-url token"),
        ("response_mode", "cookie"),
        ("client_id", "spa"),
        ("redirect_uri", PAGE),
        ("prompt", "none"),
        ("id_token_hint", id_token),
        ("x_pre_authenticated_url_token", token),
        ("state", "s"),
    ];
    for (name, value) in other {
        fields.iter_mut().find(|it| it.0 == *name).unwrap().1 = value;
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    world.get(&format!("/oauth2/authorize?{query}")).await
}

#[track_caller]
fn refused(reply: &Reply, expected: &str) {
    assert_eq!(reply.param("error_description"), expected);
    assert_eq!(reply.header("set-cookie"), "");
}

#[tokio::test]
async fn a_token_opens_the_page_as_the_person_of_the_app() {
    let world = world().await;
    let (token, id_token, _) = token(&world).await;
    let reply = open(&world, &token, &id_token, &[]).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    assert_eq!(reply.location(), "https://site.example.com/offers?from=app&state=s");
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("app_access_token="), "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Max-Age"), "{cookie}");
    // The browser keeps it from now on.
    let person = world.get("/oauth2/userinfo").await;
    assert_eq!((person.status, person.json()["sub"].as_str()), (200, Some("alice")));
}

#[tokio::test]
async fn the_page_is_signed_out_with_the_app() {
    let world = world().await;
    let (token, id_token, tokens) = token(&world).await;
    open(&world, &token, &id_token, &[]).await;
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    world.post("/oauth2/revoke", &format!("token={refresh_token}")).await;
    assert_eq!(world.get("/oauth2/userinfo").await.status, 401);
}

#[tokio::test]
async fn a_token_for_a_page_is_good_once_for_its_client_in_its_time_and_with_its_session() {
    let world = world().await;
    let (once, id_token, _) = token(&world).await;
    assert_eq!(open(&world, &once, &id_token, &[]).await.status, 303);
    refused(&open(&world, &once, &id_token, &[]).await, INVALID);

    // Whoever is refused has used it up.
    let (of_spa, id_token, _) = token(&world).await;
    let other = [("client_id", "native")];
    refused(&open(&world, &of_spa, &id_token, &other).await, "incorrect client_id");
    refused(&open(&world, &of_spa, &id_token, &[]).await, INVALID);

    let (late, id_token, _) = token(&world).await;
    world.sleep(5 * 60);
    refused(&open(&world, &late, &id_token, &[]).await, INVALID);

    let (own, _, _) = token(&world).await;
    let (_, of_another_session, _) = token(&world).await;
    let incorrect = "incorrect sid in id_token_hint";
    refused(&open(&world, &own, &of_another_session, &[]).await, incorrect);
    let (_, id_token, _) = token(&world).await;
    refused(&open(&world, "made up", &id_token, &[]).await, INVALID);
}

#[tokio::test]
async fn only_pages_of_origins_that_are_on_the_list_are_opened() {
    let world = world().await;
    for uri in ["https://site.example.com", "https://site.example.com/", PAGE] {
        let (token, id_token, _) = token(&world).await;
        let reply = open(&world, &token, &id_token, &[("redirect_uri", uri)]).await;
        assert_eq!(reply.status, 303, "{uri}");
    }
    let (token, id_token, _) = token(&world).await;
    for uri in [
        "https://evil.example.com/",
        "https://site.example.com.evil.example",
        "https://site.example.com@evil.example/",
        "http://site.example.com/",
        "https://site.example.com:8443/",
        "https://site.example.com/\\@evil.example",
        "javascript:alert(1)",
    ] {
        let reply = open(&world, &token, &id_token, &[("redirect_uri", uri)]).await;
        assert_eq!((reply.status, reply.location()), (400, ""), "{uri}");
        assert_eq!(reply.header("set-cookie"), "");
    }
    assert_eq!(open(&world, &token, &id_token, &[]).await.status, 303, "nothing was used up");
}

#[tokio::test]
async fn what_the_request_must_say() {
    let world = world().await;
    let (token, id_token, tokens) = token(&world).await;
    let access_token = tokens["access_token"].as_str().unwrap();
    for (name, value, expected) in [
        ("prompt", "", "only 'prompt=none' is supported when using pre-authenticated url"),
        (
            "prompt",
            "none login",
            "only 'prompt=none' is supported when using pre-authenticated url",
        ),
        (
            "response_mode",
            "query",
            "only 'response_mode=cookie' is supported when using pre-authenticated url",
        ),
        ("id_token_hint", "", "id_token_hint is required when using pre-authenticated url"),
        ("id_token_hint", access_token, "invalid id_token_hint"),
        (
            "x_pre_authenticated_url_token",
            "",
            "x_pre_authenticated_url_token is required when using pre-authenticated url",
        ),
    ] {
        refused(&open(&world, &token, &id_token, &[(name, value)]).await, expected);
    }
    let reply = world.get(&crate::world::authorization("spa", "response_mode=cookie")).await;
    assert_eq!(reply.param("error"), "invalid_request", "cookies are for this response type");
    assert_eq!(open(&world, &token, &id_token, &[]).await.status, 303, "nothing was used up");
}

#[tokio::test]
async fn of_many_browsers_with_one_token_for_a_page_one_is_let_in() {
    let world = world().await;
    let (token, id_token, _) = token(&world).await;
    let once = || open(&world, &token, &id_token, &[]);
    let (first, second, third, fourth) = tokio::join!(once(), once(), once(), once());
    let replies = [first, second, third, fourth];
    let is_let_in = |it: &&Reply| !it.header("set-cookie").is_empty();
    assert_eq!(replies.iter().filter(is_let_in).count(), 1);
}
