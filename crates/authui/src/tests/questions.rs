//! Signing up and signing in.

use super::world::{Answer, Browser, World};

const PASSWORD: &str = "a long password";

async fn identify(browser: &mut Browser, path: &str, login_id: &str) -> Answer {
    let page = browser.get(path).await;
    let answer = browser.fill(&page, &[("login_id", login_id), ("action", "identify")]).await;
    if answer.location.is_some() { browser.follow(&answer).await } else { answer }
}

async fn sign_in(browser: &mut Browser, login_id: &str, password: &str) -> Answer {
    let page = identify(browser, "/login", login_id).await;
    browser.fill(&page, &[("password", password), ("action", "authenticate")]).await
}

#[tokio::test]
async fn somebody_signs_up_and_is_signed_in() {
    let world = World::new("").await;
    let mut browser = world.browser();
    let page = browser.get("/signup").await;
    assert_eq!(page.summary(), "200 Create your account");
    page.shows(r#"href="/login""#);
    let page = identify(&mut browser, "/signup", "mei@example.com").await;
    assert_eq!(page.summary(), "200 Choose a password");
    page.shows("mei@example.com");
    page.shows(r#"data-rule="PasswordTooShort""#);
    let done = browser.fill(&page, &[("new_password", PASSWORD)]).await;
    assert_eq!(done.summary(), "303 /settings");
    browser.follow(&done).await.shows("mei@example.com");
}

#[tokio::test]
async fn somebody_signs_in_and_comes_back_to_where_they_wanted_to_be() {
    let world = World::new("").await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    let mut browser = world.browser();
    let turned_away = browser.get("/settings/sessions").await;
    let page = browser.follow(&turned_away).await;
    assert_eq!(page.summary(), "200 Sign in");
    let asked = browser.fill(&page, &[("login_id", "ALICE@example.com")]).await;
    let page = browser.follow(&asked).await;
    assert_eq!(page.summary(), "200 Enter your password");
    let done = browser.fill(&page, &[("password", PASSWORD)]).await;
    assert_eq!(done.summary(), "303 /settings/sessions");
    assert_eq!(browser.follow(&done).await.status.as_u16(), 200);
}

#[tokio::test]
async fn nobody_is_sent_to_another_site_after_signing_in() {
    let world = World::new("").await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    let mut browser = world.browser();
    let page = browser.get("/login?x_return=%2F%2Fevil.example%2F").await;
    let asked = browser.fill(&page, &[("login_id", "alice@example.com")]).await;
    let page = browser.follow(&asked).await;
    let done = browser.fill(&page, &[("password", PASSWORD)]).await;
    assert_eq!(done.summary(), "303 /settings");
}

#[tokio::test]
async fn a_wrong_password_is_said_beside_the_field_and_can_be_tried_again() {
    let world = World::new("").await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    let mut browser = world.browser();
    let wrong = sign_in(&mut browser, "alice@example.com", "another password").await;
    assert_eq!(wrong.summary(), "401 Error: Enter your password");
    let expected = "This password is not right. Check capital letters and the keyboard language, then try again.";
    assert_eq!(wrong.error_of("password"), Some(expected));
    wrong.lacks("another password");
    let empty = browser.fill(&wrong, &[("password", "")]).await;
    assert_eq!(empty.error_of("password"), Some("Enter your password."));
    let done = browser.fill(&empty, &[("password", PASSWORD)]).await;
    assert_eq!(done.summary(), "303 /settings");
}

#[tokio::test]
async fn somebody_without_a_password_gets_the_answer_of_a_wrong_one() {
    let world = World::new("").await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    let user = world.person("bob", &["bob@example.com"], PASSWORD).await;
    let mut tx = world.store.write(&world.app.id).await.unwrap();
    let kind = domain::AuthenticatorKind::Primary;
    let password = tx.authenticators().find_password(&user, kind).await.unwrap().unwrap();
    tx.authenticators().delete(&password.base.id).await.unwrap();
    tx.commit().await.unwrap();
    let alice = sign_in(&mut world.browser(), "alice@example.com", "wrong password").await;
    let bob = sign_in(&mut world.browser(), "bob@example.com", "wrong password").await;
    assert_eq!(alice.summary(), bob.summary());
    assert_eq!(alice.error_of("password"), bob.error_of("password"));
}

#[tokio::test]
async fn what_is_wrong_with_a_login_id_is_said_and_what_was_typed_stays() {
    let world = World::new("").await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    for (path, typed, status, expected) in [
        (
            "/login",
            "bob@example.com",
            404,
            "We know no account with this email address. Check it for typing errors, or create an account.",
        ),
        (
            "/login",
            "bob",
            400,
            "This does not look like an email address. It needs an @ and a domain, as in name@example.com.",
        ),
        (
            "/signup",
            "alice@example.com",
            400,
            "An account with this email address exists already. Sign in instead, or use another one.",
        ),
        ("/signup", "", 400, "Enter your email address."),
    ] {
        let page = identify(&mut world.browser(), path, typed).await;
        assert_eq!(page.status.as_u16(), status, "{typed}");
        assert_eq!(page.error_of("login_id"), Some(expected));
        page.shows(&format!(r#"type="email" value="{typed}""#));
    }
}

#[tokio::test]
async fn a_weak_password_is_refused_with_its_rules() {
    let world = World::new("").await;
    let mut browser = world.browser();
    let page = identify(&mut browser, "/signup", "mei@example.com").await;
    let page = browser.fill(&page, &[("new_password", "short")]).await;
    assert_eq!(page.status.as_u16(), 400);
    let expected = "This password does not meet all the rules below yet.";
    assert_eq!(page.error_of("new_password"), Some(expected));
    page.shows(r#"data-rule="PasswordTooShort" data-value="8" class="unmet""#);
    let twice = [("new_password", PASSWORD), ("confirm_password", "a lng password")];
    let page = browser.fill(&page, &twice).await;
    assert!(page.error_of("confirm_password").is_some());
}

#[tokio::test]
async fn an_older_page_still_works_and_a_finished_flow_does_not_begin_again() {
    let world = World::new("").await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    world.person("bob", &["bob@example.com"], PASSWORD).await;
    let mut browser = world.browser();
    let first = browser.get("/login").await;
    let asked = browser.fill(&first, &[("login_id", "alice@example.com")]).await;
    let alice = browser.follow(&asked).await;
    // Back, and on as somebody else: in another tab, so to speak.
    let asked = browser.fill(&first, &[("login_id", "bob@example.com")]).await;
    let bob = browser.follow(&asked).await;
    bob.shows("bob@example.com");
    browser.get(&alice.url).await.shows("alice@example.com");
    let done = browser.fill(&bob, &[("password", PASSWORD)]).await;
    assert_eq!(done.summary(), "303 /settings");
    let again = browser.fill(&alice, &[("password", PASSWORD)]).await;
    assert_eq!(again.summary(), "404 Something went wrong");
    again.shows("You may have finished it in another tab.");
}

#[tokio::test]
async fn a_step_belongs_to_the_browser_that_took_it() {
    let world = World::new("").await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    let page = identify(&mut world.browser(), "/login", "alice@example.com").await;
    let mut other = world.browser();
    for _ in 0..2 {
        let refused = other.get(&page.url).await;
        assert_eq!(refused.summary(), "400 Something went wrong");
        let refused = other.fill(&page, &[("password", PASSWORD)]).await;
        assert_eq!(refused.summary(), "400 Something went wrong");
        // Being known under a name of its own changes nothing.
        other.get("/login").await;
    }
}

#[tokio::test]
async fn a_step_that_is_too_old_is_over() {
    let world = World::new("").await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    let mut browser = world.browser();
    let page = identify(&mut browser, "/login", "alice@example.com").await;
    world.sleep(60 * 60);
    let over = browser.fill(&page, &[("password", PASSWORD)]).await;
    assert_eq!(over.summary(), "404 Something went wrong");
    over.shows(r#"href="/login""#);
}

#[tokio::test]
async fn other_kinds_of_login_id_are_a_link_away() {
    let yaml = "identity: { login_id: { keys: [{ type: email }, { type: username }] } }
ui: { phone_input: { pinned_list: [HK] } }";
    let world = World::new(yaml).await;
    let mut browser = world.browser();
    let page = browser.get("/login").await;
    page.shows(r#"name="x_login_id_type" value="email""#);
    let (_, rest) =
        page.body.split_once(r#"href="/login?x_login_id_type=username"#).expect("a link");
    let (rest, _) = rest.split_once('"').expect("its end");
    let rest = rest.replace("&amp;", "&");
    let page = browser.get(&format!("/login?x_login_id_type=username{rest}")).await;
    page.shows(r#"name="x_login_id_type" value="username""#);
    let page = browser.fill(&page, &[("login_id", "nobody_here")]).await;
    page.shows(r#"name="x_login_id_type" value="username""#);
    assert!(page.error_of("login_id").expect("an error").contains("username"));
}

#[tokio::test]
async fn a_disabled_account_is_told_so_after_the_password() {
    let world = World::new("").await;
    let user = world.person("alice", &["alice@example.com"], PASSWORD).await;
    let mut tx = world.store.write(&world.app.id).await.unwrap();
    let now = world.ctx().now;
    tx.users().set_disabled(&user, true, Some("Chargeback"), now).await.unwrap();
    tx.commit().await.unwrap();
    let mut browser = world.browser();
    let wrong = sign_in(&mut browser, "alice@example.com", "wrong password").await;
    assert_eq!(wrong.status.as_u16(), 401);
    let page = sign_in(&mut browser, "alice@example.com", PASSWORD).await;
    assert_eq!(page.status.as_u16(), 403);
    page.shows("Chargeback");
    assert_eq!(browser.cookies.get("session"), None);
}

#[tokio::test]
async fn a_locked_account_says_when_to_come_back() {
    let yaml = "authentication: { identities: [login_id], primary_authenticators: [password], \
                lockout: { max_attempts: 2, history_duration: 1h, minimum_duration: 10m, maximum_duration: 10m, \
                lockout_type: per_user, password: { enabled: true } } }";
    let world = World::without_authentication(yaml).await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    let mut browser = world.browser();
    for _ in 0..2 {
        sign_in(&mut browser, "alice@example.com", "wrong password").await;
    }
    let page = sign_in(&mut browser, "alice@example.com", PASSWORD).await;
    assert_eq!(page.status.as_u16(), 429);
    page.shows("You can try again in 10 minutes.");
}

#[tokio::test]
async fn a_project_can_be_closed_to_newcomers() {
    let yaml = "authentication: { identities: [login_id], primary_authenticators: [password], \
                public_signup_disabled: true }";
    let world = World::without_authentication(yaml).await;
    let mut browser = world.browser();
    browser.get("/login").await.lacks(r#"href="/signup""#);
    let page = browser.get("/signup").await;
    assert_eq!(page.status.as_u16(), 403);
    page.shows(r#"href="/login""#);
}

#[tokio::test]
async fn pages_can_be_off_or_for_applications_only() {
    for (yaml, path) in [
        ("ui: { authentication_disabled: true }", "/login"),
        ("ui: { direct_access_disabled: true }", "/signup"),
        ("ui: { settings_disabled: true }", "/settings"),
    ] {
        let world = World::new(yaml).await;
        let page = world.browser().get(path).await;
        assert_eq!(page.summary(), "404 There is nothing here");
    }
}

#[tokio::test]
async fn one_page_can_serve_both_who_is_known_and_who_is_not() {
    let world = World::new("ui: { signup_login_flow_enabled: true }").await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    let known = identify(&mut world.browser(), "/login", "alice@example.com").await;
    assert_eq!(known.summary(), "200 Enter your password");
    let unknown = identify(&mut world.browser(), "/login", "bob@example.com").await;
    assert_eq!(unknown.summary(), "200 Choose a password");
}

#[tokio::test]
async fn whoever_is_signed_in_is_not_asked_again() {
    let world = World::new("").await;
    let user = world.person("alice", &["alice@example.com"], PASSWORD).await;
    let mut browser = world.browser_of(&user).await;
    assert_eq!(browser.get("/login").await.summary(), "303 /settings");
    let url = "/login?x_return=%2Fsettings%2Fprofile";
    assert_eq!(browser.get(url).await.summary(), "303 /settings/profile");
}

#[tokio::test]
async fn too_many_tries_are_slowed_down_above_the_form() {
    let yaml = "authentication: { identities: [login_id], primary_authenticators: [password], \
                rate_limits: { password: { per_ip: { enabled: true, period: 1m, burst: 2 } } } }";
    let world = World::without_authentication(yaml).await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    let mut browser = world.browser();
    let page = identify(&mut browser, "/login", "alice@example.com").await;
    for _ in 0..2 {
        browser.fill(&page, &[("password", "wrong password")]).await;
    }
    let slowed = browser.fill(&page, &[("password", PASSWORD)]).await;
    assert_eq!(slowed.status.as_u16(), 429);
    assert_eq!(
        slowed.form_error(),
        Some("That was a lot of tries in a short time. Wait a little, then try again.")
    );
}
