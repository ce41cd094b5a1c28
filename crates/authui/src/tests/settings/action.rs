//! One thing that an app has asked for, from its page to the way back.

use domain::UserId;
use oauth::{AuthorizationRequest, Params};
use serde_json::json;
use sessions::{OAuthSession, authentication_info, oauth_session};
use stdx::sha256_hex;
use testkit::Elsewhere;

use super::super::world::{Answer, Browser, World};

const BROWSER: &str = "0123456789012345678901234567890123456789012";
const PASSWORD: &str = "a long password";

/// The authorization endpoint has sent the browser of `user` here.
async fn begin(world: &World, user: &UserId, action: &str) -> (Browser, Answer, String) {
    let query = format!(
        "client_id=web&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&scope=openid&state=s\
         &response_type=urn%3Aauthgear%3Aparams%3Aoauth%3Aresponse-type%3Asettings-action\
         &x_settings_action={action}"
    );
    let request = AuthorizationRequest::parse(&Params::parse(&query).unwrap()).unwrap();
    let session = OAuthSession {
        request,
        browser_hash: sha256_hex(BROWSER),
        user_id_hint: Some(user.as_str().to_owned()),
        sid_hint: None,
        may_reauthenticate: false,
        login_required: false,
        device_authorization: None,
        action_done: false,
    };
    let x_ref = oauth_session::save(&world.ctx(), &world.kv, &session).await.unwrap();
    let mut browser = world.browser_of(user).await;
    browser.cookies.insert("oauth_browser".to_owned(), BROWSER.to_owned());
    let entered = browser.get(&format!("/_internals/settings_action?x_ref={x_ref}")).await;
    (browser, entered, x_ref)
}

/// Where the person goes back, and whether the request is noted as carried out.
async fn went_back(world: &World, answer: &Answer, x_ref: &str) -> bool {
    let location = answer.location.as_deref().unwrap_or_default();
    assert_eq!(answer.status.as_u16(), 302, "{location}");
    let (path, query) = location.split_once('?').expect("a query");
    assert_eq!(path, "/oauth2/consent");
    let params = Params::parse(query).unwrap();
    assert_eq!(params.get("x_ref"), Some(x_ref));
    let (ctx, kv) = (world.ctx(), &world.kv);
    let info = authentication_info::find(&ctx, kv, params.get("code").unwrap()).await.unwrap();
    assert_eq!(info.unwrap().oauth_session_id, x_ref);
    oauth_session::load(&ctx, kv, x_ref).await.unwrap().unwrap().action_done
}

async fn alice(world: &World) -> UserId {
    world.person("alice", &["alice@example.com"], PASSWORD).await
}

#[tokio::test]
async fn a_password_is_changed_for_an_app() {
    let world = World::new("").await;
    let user = alice(&world).await;
    let (mut browser, entered, x_ref) = begin(&world, &user, "change_password").await;
    let page = browser.follow(&entered).await;
    assert_eq!(page.summary(), "200 Change your password");
    // There is no way to anything else.
    page.lacks("class=\"up\"");
    page.lacks("Back to");
    let wrong = [("old_password", "guess"), ("new_password", "another long one")];
    assert_eq!(browser.post(&page.url, &wrong).await.status.as_u16(), 400);
    let right = [("old_password", PASSWORD), ("new_password", "another long one")];
    let done = browser.post(&page.url, &right).await;
    assert!(went_back(&world, &done, &x_ref).await);
    // Nothing is done twice for one request.
    assert_eq!(browser.get(&page.url).await.status.as_u16(), 400);
}

#[tokio::test]
async fn a_login_id_is_added_for_an_app() {
    let world = World::new("").await;
    let user = alice(&world).await;
    let more = "add_email&x_settings_action_query=q_login_id%3Dwork%2540example.com";
    let (mut browser, entered, x_ref) = begin(&world, &user, more).await;
    let page = browser.follow(&entered).await;
    page.shows("value=\"work@example.com\"");
    let done = browser.fill(&page, &[("login_id", "work@example.com")]).await;
    assert!(went_back(&world, &done, &x_ref).await);
}

#[tokio::test]
async fn the_login_id_that_an_app_names_is_changed() {
    let world = World::new("").await;
    let emails = ["alice@example.com", "home@example.com"];
    let user = world.person("alice", &emails, PASSWORD).await;
    let more = "change_email&x_settings_action_query=q_login_id%3Dhome%2540example.com";
    let (mut browser, entered, x_ref) = begin(&world, &user, more).await;
    let page = browser.follow(&entered).await;
    page.shows("home@example.com");
    let done = browser.fill(&page, &[("login_id", "new@example.com")]).await;
    assert!(went_back(&world, &done, &x_ref).await);
    // An app that names none lets the person choose.
    let more = "change_email&x_settings_action_query=q_login_id%3Dundefined";
    let (mut browser, entered, _) = begin(&world, &user, more).await;
    let list = browser.follow(&entered).await;
    list.shows("alice@example.com");
    list.shows("new@example.com");
}

#[tokio::test]
async fn an_address_that_must_be_proved_leads_back_after_its_code() {
    let world = World::of_verified("identity: { login_id: { keys: [{ type: email }] } }").await;
    let user = alice(&world).await;
    let (mut browser, entered, x_ref) = begin(&world, &user, "add_email").await;
    let page = browser.follow(&entered).await;
    let sent = browser.fill(&page, &[("login_id", "work@example.com")]).await;
    let page = browser.follow(&sent).await;
    page.lacks("class=\"up\"");
    world.deliver_messages().await;
    let kept = world.outbound.kept(&world.app.id);
    let mut words = kept[0].text.split(|it: char| !it.is_ascii_digit());
    let code = words.find(|it| it.len() == 6).expect("a code").to_owned();
    let done = browser.post(&page.url, &[("code", &code)]).await;
    assert!(went_back(&world, &done, &x_ref).await);
}

#[tokio::test]
async fn a_provider_is_connected_and_disconnected_for_an_app() {
    let elsewhere = Elsewhere::new(json!({})).await;
    elsewhere.at_github(42, "mona@example.com");
    let world = World::with_github("", &elsewhere).await;
    let user = alice(&world).await;
    let more = "&x_oauth_provider_alias=github";
    let (mut browser, entered, _) = begin(&world, &user, &format!("unlink_oauth{more}")).await;
    browser.follow(&entered).await.shows("This social account is not connected.");
    let (mut browser, entered, x_ref) = begin(&world, &user, &format!("link_oauth{more}")).await;
    // Straight to the provider.
    let away = browser.follow(&entered).await;
    let location = away.location.clone().unwrap_or_default();
    let (_, state) = location.split_once("state=").expect("away");
    let state = state.split('&').next().unwrap();
    let url = format!("/sso/oauth2/callback/github?code=good&state={state}");
    let done = browser.get(&url).await;
    assert!(went_back(&world, &done, &x_ref).await);
    let (mut browser, entered, _) = begin(&world, &user, &format!("link_oauth{more}")).await;
    let page = browser.follow(&entered).await;
    assert_eq!(page.status.as_u16(), 200);
    page.shows("This social account is already connected.");
    let (mut browser, entered, x_ref) = begin(&world, &user, &format!("unlink_oauth{more}")).await;
    let page = browser.follow(&entered).await;
    let id = page.hidden("identity_id").expect("a form");
    let done = browser.post(&page.url, &[("x_action", "remove"), ("q_identity_id", &id)]).await;
    assert!(went_back(&world, &done, &x_ref).await);
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_said_so() {
    let elsewhere = Elsewhere::new(json!({})).await;
    let world = World::with_github("", &elsewhere).await;
    let user = alice(&world).await;
    let more = "link_oauth&x_oauth_provider_alias=nobody";
    let (mut browser, entered, _) = begin(&world, &user, more).await;
    browser.follow(&entered).await.shows("There is no such provider here.");
}

#[tokio::test]
async fn an_account_is_given_up_for_an_app() {
    let yaml = "account_deletion: { scheduled_by_end_user_enabled: true }";
    let world = World::new(yaml).await;
    let user = alice(&world).await;
    let (mut browser, entered, x_ref) = begin(&world, &user, "delete_account").await;
    let page = browser.follow(&entered).await;
    let done = browser.post(&page.url, &[("confirm", "yes")]).await;
    assert!(went_back(&world, &done, &x_ref).await);
    assert!(!browser.cookies.contains_key("session"));
}

#[tokio::test]
async fn the_request_of_another_browser_or_person_is_over() {
    let world = World::new("").await;
    let user = alice(&world).await;
    let (_, entered, _) = begin(&world, &user, "change_password").await;
    let url = entered.location.clone().unwrap();
    // The same person in another browser, which somebody was sent to.
    let mut elsewhere = world.browser_of(&user).await;
    assert_eq!(elsewhere.get(&url).await.status.as_u16(), 400);
    // Somebody else, who signed in to this browser meanwhile.
    let bob = world.person("bob", &["bob@example.com"], PASSWORD).await;
    let mut browser = world.browser_of(&bob).await;
    browser.cookies.insert("oauth_browser".to_owned(), BROWSER.to_owned());
    assert_eq!(browser.get(&url).await.status.as_u16(), 400);
    let fields = [("old_password", PASSWORD), ("new_password", "another long one")];
    assert_eq!(browser.post(&url, &fields).await.status.as_u16(), 400);
}

#[tokio::test]
async fn another_thing_than_was_asked_for_does_not_lead_back() {
    let world = World::new("").await;
    let user = alice(&world).await;
    let (mut browser, _, x_ref) = begin(&world, &user, "change_password").await;
    let url = format!("/settings/identity/add_email?x_ref={x_ref}");
    let done = browser.post(&url, &[("login_id", "work@example.com")]).await;
    let expected = format!("303 /settings/identity/email?x_ref={x_ref}");
    assert_eq!(done.summary(), expected);
}
