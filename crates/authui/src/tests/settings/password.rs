use super::super::world::World;
use super::alice;

const PATH: &str = "/settings/change_password";

#[tokio::test]
async fn whoever_knows_the_password_changes_it() {
    let world = World::new("").await;
    let mut browser = alice(&world).await;
    let page = browser.get(PATH).await;
    assert_eq!(page.summary(), "200 Change your password");
    page.shows(r#"value="alice@example.com" autocomplete="username""#);
    let fields = [("old_password", "a long password"), ("new_password", "another password")];
    let saved = browser.fill(&page, &fields).await;
    assert_eq!(saved.summary(), "303 /settings");
    let page = browser.follow(&saved).await;
    assert_eq!(page.notice(), Some("Your password was changed."));
    assert_eq!(browser.get("/settings").await.notice(), None);
    let again = browser.post(PATH, &fields).await;
    assert_eq!(
        again.error_of("old_password"),
        Some(
            "This password is not right. Check capital letters and the keyboard language, then try again."
        )
    );
}

#[track_caller]
fn first<'a>(page: &'a super::super::world::Answer, fields: &[&str]) -> Option<&'a str> {
    fields.iter().find_map(|it| page.error_of(it))
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field() {
    let world = World::new("").await;
    let mut browser = alice(&world).await;
    let right = ("old_password", "a long password");
    for (fields, field, expected) in [
        (
            vec![("old_password", "x"), ("new_password", "another password")],
            "old_password",
            "This password is not right. Check capital letters and the keyboard language, then try again.",
        ),
        (vec![right], "new_password", "Enter a new password."),
        (
            vec![("new_password", "another password")],
            "old_password",
            "Enter your current password.",
        ),
        (
            vec![right, ("new_password", "short")],
            "new_password",
            "This password does not meet all the rules below yet.",
        ),
        (
            vec![
                right,
                ("new_password", "another password"),
                ("confirm_password", "anothr password"),
            ],
            "confirm_password",
            "The two passwords are not the same. Enter the new one again in both fields.",
        ),
    ] {
        let page = browser.post(PATH, &fields).await;
        assert_eq!(page.status.as_u16(), 400);
        assert_eq!(first(&page, &[field]), Some(expected));
        page.lacks("short");
    }
}

#[tokio::test]
async fn a_weak_password_is_shown_the_rules_that_it_breaks() {
    let yaml = "authenticator: { password: { policy: { digit_required: true } } }";
    let world = World::new(yaml).await;
    let user = world.person("alice", &["alice@example.com"], "a long password 1").await;
    let mut browser = world.browser_of(&user).await;
    let fields = [("old_password", "a long password 1"), ("new_password", "another password")];
    let page = browser.post(PATH, &fields).await;
    page.shows(r#"<li data-rule="PasswordDigitRequired" data-value="" class="unmet">"#);
    page.shows(r#"<li data-rule="PasswordTooShort" data-value="8">"#);
}

#[tokio::test]
async fn a_password_that_is_too_long_to_hash_is_refused() {
    let world = World::new("").await;
    let mut browser = alice(&world).await;
    let long = "x".repeat(9_000);
    let fields = [("old_password", "a long password"), ("new_password", &long)];
    let page = browser.post(PATH, &fields).await;
    assert_eq!(page.error_of("new_password"), Some("This has the wrong form."));
}

#[tokio::test]
async fn guessing_the_current_password_is_limited_as_at_sign_in() {
    let yaml = "authentication: { identities: [login_id], primary_authenticators: [password], \
                rate_limits: { password: { per_user_per_ip: { enabled: true, period: 1m, \
                burst: 2 } } } }";
    let world = World::without_authentication(yaml).await;
    let mut browser = alice(&world).await;
    let wrong = [("old_password", "a guess"), ("new_password", "another password")];
    for _ in 0..2 {
        assert!(browser.post(PATH, &wrong).await.error_of("old_password").is_some());
    }
    let right = [("old_password", "a long password"), ("new_password", "another password")];
    let slowed = browser.post(PATH, &right).await;
    let expected = "That was a lot of tries in a short time. Wait a little, then try again.";
    assert_eq!(slowed.form_error(), Some(expected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_at_the_same_time_are_looked_at_no_more_often_than_the_lock_allows() {
    let world = World::without_authentication(
        "authentication:
  identities: [login_id]
  primary_authenticators: [password]
  lockout:
    max_attempts: 3
    history_duration: 1h
    minimum_duration: 1m
    maximum_duration: 5m
    lockout_type: per_user
    password: { enabled: true }",
    )
    .await;
    alice(&world).await;
    let mut guesses = tokio::task::JoinSet::new();
    for number in 0..20 {
        let mut browser = world.browser_of(&domain::UserId::new("alice")).await;
        guesses.spawn(async move {
            let guess = format!("guess number {number}");
            let fields = [("old_password", guess.as_str()), ("new_password", "another password")];
            let page = browser.post(PATH, &fields).await;
            (page.error_of("old_password").is_some(), page.form_error().is_some())
        });
    }
    let answers = guesses.join_all().await;
    let looked_at = answers.iter().filter(|it| **it == (true, false)).count();
    let told_to_wait = answers.iter().filter(|it| **it == (false, true)).count();
    assert_eq!((looked_at, told_to_wait), (3, 17), "{answers:?}");
}
