use super::super::world::World;
use super::alice;

const LIST: &str = "/settings/identity/email";

#[tokio::test]
async fn an_address_is_added_made_primary_and_the_old_one_removed() {
    let world = World::new("").await;
    let mut browser = alice(&world).await;
    let page = browser.get("/settings/identity/add_email").await;
    assert_eq!(page.summary(), "200 Add an email address");
    let added = browser.fill(&page, &[("login_id", "Work@Example.com")]).await;
    assert_eq!(added.summary(), "303 /settings/identity/email");
    let page = browser.follow(&added).await;
    assert_eq!(page.notice(), Some("The email address was added."));
    let id = page.hidden("identity_id").expect("the one that is not primary");
    let done = browser.post(LIST, &[("identity_id", &id), ("action", "primary")]).await;
    let page = browser.follow(&done).await;
    assert_eq!(page.notice(), Some("work@example.com is the primary one now."));
    let old = page.hidden("identity_id").expect("the one that is not primary");
    assert_ne!(old, id);
    let ask = browser.get(&format!("/settings/identity/remove_email?identity_id={old}")).await;
    ask.shows("alice@example.com");
    let removed = browser.post(&ask.url, &[("identity_id", &old), ("action", "remove")]).await;
    let page = browser.follow(&removed).await;
    assert_eq!(page.notice(), Some("The email address was removed."));
    page.lacks("alice@example.com");
    page.lacks("/settings/identity/remove_email");
}

#[tokio::test]
async fn an_address_is_changed() {
    let world = World::new("").await;
    let mut browser = alice(&world).await;
    let list = browser.get(LIST).await;
    let (_, rest) = list.body.split_once("change_email?identity_id=").expect("a link");
    let url = format!("/settings/identity/change_email?identity_id={}", &rest[..36]);
    let page = browser.get(&url).await;
    page.shows("alice@example.com");
    let changed = browser.fill(&page, &[("login_id", "new@example.com")]).await;
    let page = browser.follow(&changed).await;
    assert_eq!(page.notice(), Some("The email address was changed."));
    page.shows("new@example.com");
    page.lacks("alice@example.com");
}

#[tokio::test]
async fn what_is_wrong_with_an_address_is_said() {
    let world = World::new("").await;
    world.person("bob", &["bob@example.com"], "a long password").await;
    let mut browser = alice(&world).await;
    for (typed, expected) in [
        ("", "Enter your email address."),
        (
            "nonsense",
            "This does not look like an email address. It needs an @ and a domain, as in name@example.com.",
        ),
        (
            "bob@example.com",
            "This email address belongs to another account already. Use another one.",
        ),
    ] {
        let page = browser.post("/settings/identity/add_email", &[("login_id", typed)]).await;
        assert_eq!(page.status.as_u16(), 400);
        assert_eq!(page.error_of("login_id"), Some(expected));
    }
}

#[tokio::test]
async fn people_do_only_what_the_project_lets_them() {
    let yaml = "identity: { login_id: { keys: [{ type: email, create_disabled: true, \
                update_disabled: true, delete_disabled: true }] } }";
    let world = World::new(yaml).await;
    let user = world.person("alice", &["a@example.com", "b@example.com"], "a long password").await;
    let mut browser = world.browser_of(&user).await;
    let page = browser.get(LIST).await;
    for verb in ["add", "change", "remove"] {
        page.lacks(&format!("/settings/identity/{verb}_email"));
    }
    let id = page.hidden("identity_id").expect("the one that is not primary");
    for verb in ["change", "remove"] {
        let url = format!("/settings/identity/{verb}_email?identity_id={id}");
        assert_eq!(browser.get(&url).await.summary(), "404 There is nothing here");
        let fields = [("identity_id", id.as_str()), ("login_id", "c@example.com")];
        assert_eq!(browser.post(&url, &fields).await.summary(), "404 There is nothing here");
    }
    let refused = browser.post("/settings/identity/add_email", &[("login_id", "c@example.com")]);
    assert_eq!(refused.await.summary(), "404 There is nothing here");
}

/// A project in which email addresses must be proved, too.
async fn proving() -> World {
    let yaml = "identity: { login_id: { keys: [{ type: email }] } }";
    World::of_verified(yaml).await
}

/// The code in the newest message.
async fn received(world: &World) -> String {
    world.deliver_messages().await;
    let kept = world.outbound.kept(&world.app.id);
    let text = &kept.first().expect("a message").text;
    let mut words = text.split(|it: char| !it.is_ascii_digit());
    words.find(|it| it.len() == 6).expect("a code").to_owned()
}

#[tokio::test]
async fn an_address_that_must_be_proved_is_added_by_the_code_that_went_there() {
    let world = proving().await;
    let mut browser = alice(&world).await;
    let page = browser.get("/settings/identity/add_email").await;
    let sent = browser.fill(&page, &[("login_id", "work@example.com")]).await;
    browser.get(LIST).await.lacks("work@example.com");
    let page = browser.follow(&sent).await;
    assert_eq!(page.summary(), "200 Verify your email address");
    page.shows("Enter the code that we sent to work@example.com.");
    let code = received(&world).await;
    let wrong = browser.fill(&page, &[("code", "000000"), ("action", "verify")]).await;
    let expected = "This is not the code, or it is no longer valid.";
    assert_eq!(wrong.error_of("code"), Some(expected));
    let empty = browser.fill(&page, &[("code", ""), ("action", "verify")]).await;
    assert_eq!(empty.error_of("code"), Some("Enter the code."));
    let done = browser.fill(&page, &[("code", &code), ("action", "verify")]).await;
    let list = browser.follow(&done).await;
    assert_eq!(list.notice(), Some("The email address was added."));
    list.shows("work@example.com");
    let over = browser.get(&page.url).await;
    assert_eq!(over.status.as_u16(), 400);
}

#[tokio::test]
async fn a_code_can_be_asked_for_again_a_while_later() {
    let world = proving().await;
    let mut browser = alice(&world).await;
    let sent = browser.post("/settings/identity/add_email", &[("login_id", "w@example.com")]);
    let page = sent.await;
    let page = browser.follow(&page).await;
    let early = browser.post(&page.url, &[("action", "resend")]).await;
    assert_eq!(
        early.form_error(),
        Some("That was a lot of tries in a short time. Wait a little, then try again.")
    );
    early.shows("You can ask for another one in 60 seconds.");
    world.sleep(60);
    let again = browser.post(&page.url, &[("action", "resend")]).await;
    let page = browser.follow(&again).await;
    assert_eq!(page.notice(), Some("Another code is on its way."));
    let code = received(&world).await;
    let done = browser.post(&page.url, &[("code", &code)]).await;
    assert_eq!(done.summary(), "303 /settings/identity/email");
}

#[tokio::test]
async fn an_address_that_is_there_is_verified() {
    let world = proving().await;
    let mut browser = alice(&world).await;
    let list = browser.get(LIST).await;
    list.shows("Not verified");
    let id = list.hidden("identity_id").expect("a form");
    let sent = browser.post(LIST, &[("identity_id", &id), ("action", "verify")]).await;
    let page = browser.follow(&sent).await;
    let code = received(&world).await;
    let done = browser.post(&page.url, &[("code", &code)]).await;
    let list = browser.follow(&done).await;
    list.lacks("Not verified");
    list.lacks("value=\"verify\"");
}

#[tokio::test]
async fn the_page_of_a_change_is_nobody_elses() {
    let world = proving().await;
    let mut alice = alice(&world).await;
    let sent = alice.post("/settings/identity/add_email", &[("login_id", "w@example.com")]).await;
    let code = received(&world).await;
    let bob = world.person("bob", &["bob@example.com"], "a long password").await;
    let mut bob = world.browser_of(&bob).await;
    let url = sent.location.clone().expect("a page");
    assert_eq!(bob.get(&url).await.status.as_u16(), 400);
    assert_eq!(bob.post(&url, &[("code", &code)]).await.status.as_u16(), 400);
    let other_kind = url.replace("verify_email", "verify_phone");
    assert_eq!(alice.get(&other_kind).await.status.as_u16(), 400);
}

#[tokio::test]
async fn the_identity_of_somebody_else_is_not_there() {
    let world = World::new("").await;
    let mut alice = alice(&world).await;
    let bob = world.person("bob", &["b@example.com", "c@example.com"], "a long password").await;
    let id = world.browser_of(&bob).await.get(LIST).await.hidden("identity_id").expect("an id");
    let url = format!("/settings/identity/remove_email?identity_id={id}");
    assert_eq!(alice.get(&url).await.summary(), "404 There is nothing here");
    let removed = alice.post(&url, &[("identity_id", &id)]).await;
    assert_eq!(removed.summary(), "404 There is nothing here");
}
