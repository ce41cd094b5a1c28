use expect_test::expect;
use http::{Request, header};

use crate::world::{Reply, World, authorization, redirect_uri};

/// The person of a request signs in; where the pages send the browser.
async fn signed_in(world: &World, client: &str, extra: &str) -> String {
    let x_ref = world.get(&authorization(client, extra)).await.param("x_ref");
    world.sign_in("alice", &x_ref).await
}

async fn press(world: &World, address: &str, button: &str) -> Reply {
    world.post(address, &format!("action={button}")).await
}

#[tokio::test]
async fn an_app_of_the_project_needs_no_consent() {
    let world = World::new().await;
    let reply = world.get(&signed_in(&world, "spa", "").await).await;
    assert_eq!(reply.status, 303);
    assert!(reply.location().starts_with("https://spa.example.com/cb?code="));
    assert_eq!(
        (reply.param("state").as_str(), reply.param("iss").as_str()),
        ("s", crate::world::ORIGIN)
    );
    expect!["no-referrer"].assert_eq(reply.header("referrer-policy"));
}

#[tokio::test]
async fn a_client_with_its_own_pages_gets_a_page_that_moves_on() {
    let world = World::with(|config| {
        let ui = "https://ui.example.com/start";
        config["oauth"]["clients"][0]["x_custom_ui_uri"] = serde_json::json!(ui);
    })
    .await;
    let reply = world.get(&signed_in(&world, "spa", "").await).await;
    assert_eq!((reply.status, reply.location()), (200, ""));
    assert!(reply.body.contains("url=https://spa.example.com/cb?code="), "{}", reply.body);
}

#[tokio::test]
async fn what_a_flow_proved_is_good_for_one_code() {
    let world = World::new().await;
    let back = signed_in(&world, "spa", "").await;
    assert_eq!(world.get(&back).await.param("code").len(), 43);
    let again = world.get(&back).await;
    assert_eq!((again.status, again.location()), (400, ""));
    expect![[r"
        400
        cache-control: no-store
        Invalid OAuth authorization request:
        error: invalid_request
        error_description: authentication expired

    "]]
    .assert_eq(&again.text());
}

#[tokio::test]
async fn going_back_in_the_browser_is_told_to_the_application() {
    let world = World::new().await;
    let known = format!(
        "/oauth2/consent?code=gone&client_id=spa&redirect_uri={}&state=s",
        redirect_uri("spa")
    );
    let reply = world.get(&known).await;
    assert_eq!(reply.param("error_description"), "authentication expired");
    let foreign = "/oauth2/consent?code=gone&client_id=spa&redirect_uri=https://evil.example/";
    assert_eq!(world.get(foreign).await.location(), "");
}

#[tokio::test]
async fn another_browser_cannot_finish_what_this_one_began() {
    let world = World::new().await;
    let back = signed_in(&world, "spa", "").await;
    world.forget_cookies();
    let reply = world.get(&back).await;
    assert_eq!((reply.status, reply.location()), (400, ""));
    assert!(reply.body.contains("another browser"), "{}", reply.body);
}

#[tokio::test]
async fn somebody_else_than_the_hint_is_refused() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "", "").await;
    let hint = format!("max_age=0&id_token_hint={}", tokens["id_token"].as_str().unwrap());
    let x_ref = world.get(&authorization("spa", &hint)).await.param("x_ref");
    let bob = world.sign_in("bob", &x_ref).await;
    assert_eq!(world.get(&bob).await.param("error"), "login_required");
}

#[tokio::test]
async fn a_third_party_is_granted_what_the_person_allows() {
    let world = World::new().await;
    let back = signed_in(&world, "third", "").await;
    let page = world.get(&back).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("third app"), "{}", page.body);
    let granted = press(&world, &back, "consent").await;
    assert_eq!(granted.param("code").len(), 43);

    // It is on record now, and covers the same and less, but not more.
    let scopes = |it: &str| format!("scope=openid+{it}");
    for (extra, asks) in [
        (String::new(), false),
        (scopes("email"), false),
        (scopes("email+phone"), true),
        ("prompt=consent".to_owned(), true),
    ] {
        let back = signed_in(&world, "third", &extra).await;
        assert_eq!(world.get(&back).await.status == 200, asks, "{extra}");
    }
}

#[tokio::test]
async fn the_person_may_say_no() {
    let world = World::new().await;
    let back = signed_in(&world, "third", "").await;
    let reply = press(&world, &back, "cancel").await;
    expect!["https://third.example.com/cb?error=access_denied&error_description=authorization+denied&state=s&iss=https%3A%2F%2Ftest.example.com"]
        .assert_eq(reply.location());
    assert_eq!(press(&world, &back, "consent").await.location(), "", "and that is the end of it");
}

#[tokio::test]
async fn consent_is_not_given_by_another_site() {
    let world = World::new().await;
    let back = signed_in(&world, "third", "").await;
    for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let request = Request::post(back.as_str())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(name, value)
            .body(axum::body::Body::from("action=consent"));
        let reply = world.send(request.unwrap()).await;
        assert_eq!((reply.status, reply.location()), (400, ""));
    }
}

#[tokio::test]
async fn a_disabled_person_gets_no_code() {
    let world = World::new().await;
    let back = signed_in(&world, "spa", "").await;
    world.set_disabled(true).await;
    assert_eq!(world.get(&back).await.param("error"), "access_denied");
}

#[tokio::test]
async fn what_a_flow_proved_expires() {
    let world = World::new().await;
    let back = signed_in(&world, "spa", "").await;
    world.sleep(5 * 60);
    assert_eq!(world.get(&back).await.status, 400);
}
