use serde_json::json;
use testkit::Elsewhere;

use super::super::world::{Answer, Browser, World};
use super::alice;

const PAGE: &str = "/settings/identity/oauth";

async fn world() -> (World, Elsewhere) {
    let elsewhere = Elsewhere::new(json!({})).await;
    elsewhere.at_github(42, "mona@example.com");
    (World::with_github("", &elsewhere).await, elsewhere)
}

/// Goes to GitHub; the state that it has to bring back.
async fn leave(browser: &mut Browser) -> String {
    let fields = [("provider_alias", "github"), ("action", "connect")];
    let away = browser.post(PAGE, &fields).await;
    let (_, rest) = away.location.as_deref().and_then(|it| it.split_once("state=")).expect("away");
    rest.split('&').next().unwrap().to_owned()
}

async fn back(browser: &mut Browser, state: &str) -> Answer {
    browser.get(&format!("/sso/oauth2/callback/github?code=good&state={state}")).await
}

#[tokio::test]
async fn an_account_is_connected_shown_and_disconnected() {
    let (world, _elsewhere) = world().await;
    let mut browser = alice(&world).await;
    browser.get("/settings").await.shows("Connected accounts");
    browser.get(PAGE).await.shows("Connect GitHub");
    let state = leave(&mut browser).await;
    let done = back(&mut browser, &state).await;
    assert_eq!(done.summary(), "303 /settings/identity/oauth");
    let page = browser.follow(&done).await;
    assert_eq!(page.notice(), Some("GitHub was connected."));
    page.shows("mona@example.com");
    let id = page.hidden("identity_id").expect("a form");
    let gone = browser.post(PAGE, &[("identity_id", &id), ("action", "disconnect")]).await;
    let page = browser.follow(&gone).await;
    assert_eq!(page.notice(), Some("GitHub was disconnected."));
    page.lacks("mona@example.com");
    let expected = ["identity.oauth.connected", "identity.oauth.disconnected"];
    assert_eq!(world.events().await, expected);
}

#[tokio::test]
async fn another_browser_cannot_finish_a_visit() {
    let (world, _elsewhere) = world().await;
    let mut attacker = alice(&world).await;
    let state = leave(&mut attacker).await;
    let bob = world.person("bob", &["bob@example.com"], "a long password").await;
    let mut victim = world.browser_of(&bob).await;
    let refused = back(&mut victim, &state).await;
    assert_eq!(refused.status.as_u16(), 400);
    // Nor with the cookie of the other: the token is somebody else's.
    let cookie = attacker.cookies["aw_link"].clone();
    victim.cookies.insert("aw_link".to_owned(), cookie);
    let refused = back(&mut victim, &state).await;
    assert_eq!(refused.status.as_u16(), 400);
    victim.get(PAGE).await.lacks("mona@example.com");
}

#[tokio::test]
async fn a_visit_with_another_state_connects_nothing() {
    let (world, _elsewhere) = world().await;
    let mut browser = alice(&world).await;
    leave(&mut browser).await;
    let refused = back(&mut browser, "forged").await;
    assert_eq!(refused.status.as_u16(), 400);
    browser.get(PAGE).await.lacks("mona@example.com");
}

#[tokio::test]
async fn an_account_of_somebody_else_is_refused_in_words() {
    let (world, _elsewhere) = world().await;
    let mut alice = alice(&world).await;
    let state = leave(&mut alice).await;
    back(&mut alice, &state).await;
    let bob = world.person("bob", &["bob@example.com"], "a long password").await;
    let mut bob = world.browser_of(&bob).await;
    let state = leave(&mut bob).await;
    let refused = back(&mut bob, &state).await;
    let expected = "This account, or its email address, belongs to somebody else here already.";
    assert_eq!((refused.status.as_u16(), refused.form_error()), (400, Some(expected)));
}

#[tokio::test]
async fn a_provider_may_post_its_answer_from_its_own_site() {
    let (world, _elsewhere) = world().await;
    let mut browser = alice(&world).await;
    let state = leave(&mut browser).await;
    browser.site = Some("cross-site");
    let fields = [("code", "good"), ("state", state.as_str()), ("id_token", "dropped")];
    let again = browser.post("/sso/oauth2/callback/github", &fields).await;
    let expected = format!("303 /sso/oauth2/callback/github?code=good&state={state}");
    assert_eq!(again.summary(), expected);
    let done = browser.follow(&again).await;
    assert_eq!(done.summary(), "303 /settings/identity/oauth");
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_not_visited() {
    let (world, _elsewhere) = world().await;
    let mut browser = alice(&world).await;
    let fields = [("provider_alias", "nobody"), ("action", "connect")];
    let refused = browser.post(PAGE, &fields).await;
    assert_eq!(refused.form_error(), Some("There is no such provider here."));
}
