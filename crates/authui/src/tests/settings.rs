mod action;
mod apps;
mod biometric;
mod deletion;
mod identity;
mod password;
mod profile;
mod providers;
mod sessions;

use ::sessions::app_session;

use super::world::{Browser, World};

async fn alice(world: &World) -> Browser {
    let user = world.person("alice", &["alice@example.com"], "a long password").await;
    world.browser_of(&user).await
}

#[tokio::test]
async fn the_overview_says_what_there_is() {
    let world = World::new("").await;
    let page = alice(&world).await.get("/settings").await;
    assert_eq!(page.summary(), "200 My account");
    page.shows("alice@example.com");
    page.shows("Last changed on January 1, 2026");
    page.shows("This device only");
    page.shows(r#"href="/settings/identity/email""#);
    page.lacks(r#"href="/settings/identity/phone""#);
}

#[tokio::test]
async fn nobody_is_shown_anything_without_a_session() {
    let world = World::new("").await;
    let mut browser = world.browser();
    for path in [
        "/settings",
        "/settings/profile",
        "/settings/identity/email",
        "/settings/identity/add_email",
        "/settings/change_password",
        "/settings/sessions",
    ] {
        let expected = format!("303 /login?x_return={}", path.replace('/', "%2F"));
        assert_eq!(browser.get(path).await.summary(), expected);
    }
    for path in ["/settings/profile", "/settings/change_password", "/settings/sessions"] {
        let expected = format!("303 /login?x_return={}", path.replace('/', "%2F"));
        assert_eq!(browser.post(path, &[("action", "save")]).await.summary(), expected);
    }
}

#[tokio::test]
async fn the_way_back_from_signing_in_keeps_the_language() {
    let world = World::new("localization: { supported_languages: [en, zh-HK] }").await;
    let answer = world.browser().get("/settings?ui_locales=zh-HK&other=1").await;
    assert_eq!(
        answer.summary(),
        "303 /login?x_return=%2Fsettings%3Fui_locales%3Dzh-HK&ui_locales=zh-HK"
    );
    let page = alice(&world).await.get("/settings?ui_locales=zh-HK").await;
    page.shows(r#"<html lang="zh-HK""#);
    page.shows(r#"href="/settings/profile?ui_locales=zh-HK""#);
}

#[tokio::test]
async fn forms_of_other_sites_are_turned_away() {
    let world = World::new("").await;
    let mut browser = alice(&world).await;
    browser.site = Some("cross-site");
    for path in ["/settings/profile", "/settings/identity/add_email", "/settings/change_password"] {
        let refused = browser.post(path, &[("/name", "Mallory"), ("action", "save")]).await;
        assert_eq!(refused.summary(), "403 This came from somewhere else");
    }
}

#[tokio::test]
async fn an_address_that_leads_nowhere_has_a_page() {
    let world = World::new("").await;
    assert_eq!(world.browser().get("/nowhere").await.summary(), "404 There is nothing here");
}

#[tokio::test]
async fn the_start_page_leads_on() {
    let world = World::new("").await;
    assert_eq!(world.browser().get("/").await.summary(), "303 /login");
    assert_eq!(alice(&world).await.get("/").await.summary(), "303 /settings");
}

#[tokio::test]
async fn what_people_do_to_their_account_is_written_down() {
    let world = World::new("").await;
    let mut browser = alice(&world).await;
    world.browser_of(&domain::UserId::new("alice")).await;
    let wrong = [("old_password", "x"), ("new_password", "another password")];
    browser.post("/settings/change_password", &wrong).await;
    browser.post("/settings/profile", &[("/given_name", "Alice")]).await;
    let more = [("login_id", "more@example.com")];
    browser.post("/settings/identity/add_email", &more).await;
    browser.post("/settings/sessions", &[("action", "revoke_others")]).await;
    browser.post("/logout", &[]).await;
    expect_test::expect![[r#"
        authentication.primary.password.failed
        user.profile.updated
        identity.email.added
        user.session.terminated
        user.signed_out"#]]
    .assert_eq(&world.events().await.join("\n"));
}

#[tokio::test]
async fn an_app_opens_the_settings_as_the_person_who_is_signed_in_to_it() {
    let world = World::new("").await;
    let user = world.person("alice", &["alice@example.com"], "a long password").await;
    let grant = world.grant_of(&user).await;
    let mut tx = world.store.read(&world.app.id).await.unwrap();
    let tokens = tx.refresh_tokens().list(&grant.id).await.unwrap();
    drop(tx);
    let ctx = world.ctx();
    let (token, _) =
        app_session::issue_token(&ctx, &world.kv, &grant, &tokens[0].id).await.unwrap();
    let cookie = app_session::exchange(&ctx, &world.kv, token.reveal()).await.unwrap();
    let mut browser = world.browser();
    browser.cookies.insert("app_session".to_owned(), cookie.unwrap().reveal().clone());
    let page = browser.get("/settings").await;
    page.shows("alice@example.com");
    page.shows(r#"<a class="back-to-app" href="https://app.example/">"#);
    for old in ["/settings/identities", "/settings/identity"] {
        assert_eq!(browser.get(old).await.summary(), "303 /settings", "{old}");
    }
}
