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

#[tokio::test]
async fn an_address_that_must_be_proved_is_not_added_without_proof() {
    let yaml = "identity: { login_id: { keys: [{ type: email }, { type: phone }] } }";
    let world = World::new(yaml).await;
    let mut browser = alice(&world).await;
    browser.get(LIST).await.shows("/settings/identity/add_email");
    browser.get("/settings/identity/phone").await.lacks("/settings/identity/add_phone");
    let fields = [("login_id", "+85298765432")];
    let refused = browser.post("/settings/identity/add_phone", &fields).await;
    assert_eq!(refused.summary(), "404 There is nothing here");
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
