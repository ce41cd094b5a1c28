//! Pages on the way from and to an application.

use accounts::anonymous::{self, NewAnonymous};
use oauth::{AuthorizationRequest, Params};
use sessions::{OAuthSession, authentication_info, oauth_session, promotion_code};
use stdx::sha256_hex;

use super::world::{Browser, World};

const PASSWORD: &str = "a long password";
/// What the authorization endpoint calls the browser.
const BROWSER: &str = "0123456789012345678901234567890123456789012";

/// The authorization endpoint has sent the browser here, with `more` in the request.
async fn begin(world: &World, browser: &mut Browser, more: &str) -> String {
    let query = format!(
        "client_id=web&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&response_type=code\
         &scope=openid&{more}"
    );
    let request = AuthorizationRequest::parse(&Params::parse(&query).unwrap()).unwrap();
    let session = OAuthSession {
        action_done: false,
        login_required: request.prompt.login,
        request,
        browser_hash: sha256_hex(BROWSER),
        user_id_hint: None,
        sid_hint: None,
        may_reauthenticate: false,
        device_authorization: None,
    };
    browser.cookies.insert("oauth_browser".to_owned(), BROWSER.to_owned());
    oauth_session::save(&world.ctx(), &world.kv, &session).await.unwrap()
}

fn enter(x_ref: &str) -> String {
    format!("/_internals/oauth_entrypoint?x_ref={x_ref}&client_id=web&ui_locales=en")
}

#[tokio::test]
async fn signing_in_leads_back_into_the_request() {
    let world = World::new("").await;
    let user = world.person("alice", &["alice@example.com"], PASSWORD).await;
    let mut browser = world.browser();
    let x_ref = begin(&world, &mut browser, "x_page=login&login_hint=alice%40example.com").await;
    let entered = browser.get(&enter(&x_ref)).await;
    assert_eq!(entered.summary(), format!("303 /login?x_ref={x_ref}&ui_locales=en"));
    let page = browser.follow(&entered).await;
    page.shows(r#"value="alice@example.com""#);
    let asked = browser.fill(&page, &[("login_id", "alice@example.com")]).await;
    let page = browser.follow(&asked).await;
    let done = browser.fill(&page, &[("password", PASSWORD)]).await;
    let to = done.location.expect("the way back");
    let (code, rest) = to
        .strip_prefix("http://localhost:3000/oauth2/consent?code=")
        .and_then(|it| it.split_once('&'))
        .expect("the consent page");
    assert_eq!(rest, format!("x_ref={x_ref}"));
    let info = authentication_info::take(&world.ctx(), &world.kv, code).await.unwrap().unwrap();
    assert_eq!((info.user_id, info.oauth_session_id), (user, x_ref));
    assert!(info.session.is_some() && browser.cookies.contains_key("session"));
}

#[tokio::test]
async fn whoever_is_signed_in_is_asked_whether_to_go_on() {
    let world = World::new("").await;
    let user = world.person("alice", &["alice@example.com"], PASSWORD).await;
    let mut browser = world.browser_of(&user).await;
    let x_ref = begin(&world, &mut browser, "x_sso_enabled=true").await;
    let entered = browser.get(&enter(&x_ref)).await;
    assert_eq!(entered.summary(), format!("303 /select_account?x_ref={x_ref}&ui_locales=en"));
    let page = browser.follow(&entered).await;
    page.shows("You are signed in as alice@example.com.");
    page.shows("Continue as alice@example.com");
    page.shows("Harbour Ferry");
    let done = browser.fill(&page, &[("action", "continue")]).await;
    assert!(done.location.expect("the way back").starts_with("/oauth2/consent?code="));
    let other = browser.fill(&page, &[("action", "login")]).await;
    let page = browser.follow(&other).await;
    assert_eq!(page.summary(), "200 Sign in");
}

#[tokio::test]
async fn nobody_goes_on_as_themselves_when_the_request_asks_for_more() {
    let world = World::new("").await;
    let user = world.person("alice", &["alice@example.com"], PASSWORD).await;
    let mut browser = world.browser_of(&user).await;
    for more in [
        "x_sso_enabled=true&prompt=login",
        "x_sso_enabled=false",
        "x_sso_enabled=true&login_hint=https%3A%2F%2Fauthgear.com%2Flogin_hint%3Ftype%3Dlogin_id%26email%3Dbob%2540example.com",
    ] {
        let x_ref = begin(&world, &mut browser, &format!("x_page=login&{more}")).await;
        let entered = browser.get(&enter(&x_ref)).await;
        assert!(entered.location.expect("a page").starts_with("/login?"), "{more}");
        let url = format!("/select_account?x_ref={x_ref}");
        let page = browser.post(&url, &[("action", "continue")]).await;
        assert!(page.location.expect("a page").starts_with("/login?"), "{more}");
    }
}

#[tokio::test]
async fn a_newcomer_signs_up_and_a_known_browser_signs_in() {
    let world = World::new("").await;
    let mut browser = world.browser();
    for (more, signed_up, expected) in [
        ("x_page=signup", true, "/signup"),
        ("x_page=login", false, "/login"),
        ("x_page=nonsense", false, "/signup"),
        ("", true, "/login"),
    ] {
        browser.cookies.remove("signed_up");
        if signed_up {
            browser.cookies.insert("signed_up".to_owned(), "true".to_owned());
        }
        let x_ref = begin(&world, &mut browser, more).await;
        let entered = browser.get(&enter(&x_ref)).await.location.expect("a page");
        assert!(entered.starts_with(expected), "{more}: {entered}");
    }
}

#[tokio::test]
async fn a_request_of_another_browser_goes_nowhere() {
    let world = World::new("").await;
    let mut browser = world.browser();
    let x_ref = begin(&world, &mut browser, "").await;
    let mut other = world.browser();
    for path in [enter(&x_ref), format!("/login?x_ref={x_ref}"), "/login?x_ref=nonsense".to_owned()]
    {
        let refused = other.get(&path).await;
        assert_eq!(refused.summary(), "400 Something went wrong");
        refused.shows("Go back to the app and sign in again.");
    }
    world.sleep(60 * 60);
    assert_eq!(browser.get(&enter(&x_ref)).await.status.as_u16(), 400);
}

#[tokio::test]
async fn an_app_that_wants_no_session_leaves_no_cookie() {
    let world = World::new("").await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    let mut browser = world.browser();
    let x_ref = begin(&world, &mut browser, "x_sso_enabled=false&x_page=login").await;
    let entered = browser.get(&enter(&x_ref)).await;
    let page = browser.follow(&entered).await;
    let asked = browser.fill(&page, &[("login_id", "alice@example.com")]).await;
    let page = browser.follow(&asked).await;
    let done = browser.fill(&page, &[("password", PASSWORD)]).await;
    assert!(done.location.expect("the way back").contains("/oauth2/consent"));
    assert_eq!(browser.cookies.get("session"), None);
}

#[tokio::test]
async fn an_app_that_allows_one_session_says_what_going_on_means() {
    let world = World::new("").await;
    let user = world.person("alice", &["alice@example.com"], PASSWORD).await;
    let elsewhere = world.grant_of(&user).await;
    let mut browser = world.browser();
    let x_ref = begin(&world, &mut browser, "x_page=login").await;
    let entered = browser.get(&enter(&x_ref)).await;
    let page = browser.follow(&entered).await;
    let asked = browser.fill(&page, &[("login_id", "alice@example.com")]).await;
    let page = browser.follow(&asked).await;
    let asked = browser.fill(&page, &[("password", PASSWORD)]).await;
    let page = browser.follow(&asked).await;
    assert_eq!(page.summary(), "200 Sign out elsewhere?");
    page.shows(r#"href="https://app.example/""#);
    let done = browser.fill(&page, &[("action", "terminate")]).await;
    assert!(done.location.expect("the way back").contains("/oauth2/consent"));
    let mut tx = world.store.read(&world.app.id).await.unwrap();
    let ended = tx.grants().find(&elsewhere.id).await.unwrap().unwrap();
    assert!(!ended.is_live(world.ctx().now));
}

#[tokio::test]
async fn somebody_anonymous_keeps_their_account_under_a_name() {
    let world = World::without_authentication(
        "authentication: { identities: [login_id, anonymous], primary_authenticators: [password] }",
    )
    .await;
    let ctx = world.ctx();
    let mut tx = world.store.write(&ctx.app.id).await.unwrap();
    let source = events::Source::default();
    let new = NewAnonymous::new(domain::UserId::new(ctx.rng.uuid()), None);
    let user = anonymous::sign_up(&ctx, &mut tx, new, &source).await.unwrap().user_id().unwrap();
    let identity = anonymous::find(&mut tx, &user).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let issued = promotion_code::issue(&ctx, &world.kv, &identity).await.unwrap();
    let hint = format!(
        "prompt=login&login_hint=https%3A%2F%2Fauthgear.com%2Flogin_hint%3Ftype%3Danonymous\
         %26promotion_code%3D{}",
        issued.code.reveal()
    );
    let mut browser = world.browser_of(&user).await;
    assert_eq!(browser.get("/settings").await.status, 404, "nobody has nothing to look after");

    let x_ref = begin(&world, &mut browser, &hint).await;
    let entered = browser.get(&enter(&x_ref)).await;
    assert_eq!(entered.summary(), format!("303 /flows/promote_user?x_ref={x_ref}&ui_locales=en"));
    browser.follow(&entered).await;
    let page = browser.follow(&entered).await;
    let asked = browser.fill(&page, &[("login_id", "bob@example.com")]).await;
    let page = browser.follow(&asked).await;
    let done = browser.fill(&page, &[("new_password", PASSWORD)]).await;
    assert!(done.location.unwrap().starts_with("http://localhost:3000/oauth2/consent?code="));
    let mut tx = world.store.read(&ctx.app.id).await.unwrap();
    assert_eq!(anonymous::find(&mut tx, &user).await.unwrap(), None);

    let late = browser.get(&entered.location.unwrap()).await;
    assert_eq!(late.status, 400, "the code stands for nobody any more");
}
