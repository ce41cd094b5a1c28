use super::super::world::World;

const PAGE: &str = "/settings/authorized_apps";

#[tokio::test]
async fn access_of_an_application_of_others_is_taken_back() {
    let world = World::with_third_party().await;
    let user = world.person("alice", &["alice@example.com"], "a long password").await;
    let mut browser = world.browser_of(&user).await;
    browser.get("/settings").await.lacks(PAGE);
    let grant = world.grant_of(&user).await;
    browser.get("/settings").await.shows(PAGE);
    let page = browser.get(PAGE).await;
    page.shows("Harbour Ferry");
    let id = page.hidden("authorization_id").expect("a form");
    let bob = world.person("bob", &["bob@example.com"], "a long password").await;
    let mut others = world.browser_of(&bob).await;
    others.post(PAGE, &[("authorization_id", &id), ("action", "revoke")]).await;
    browser.get(PAGE).await.shows("Harbour Ferry");
    let done = browser.post(PAGE, &[("authorization_id", &id), ("action", "revoke")]).await;
    let page = browser.follow(&done).await;
    assert_eq!(page.notice(), Some("Harbour Ferry has no access any more."));
    page.shows("No app of others has access.");
    let mut tx = world.store.read(&world.app.id).await.unwrap();
    let ended = tx.grants().find(&grant.id).await.unwrap().expect("a grant");
    assert!(ended.ended_at.is_some());
    drop(tx);
    assert_eq!(world.events().await, ["user.session.terminated"]);
}

#[tokio::test]
async fn the_applications_of_the_project_are_not_listed() {
    let world = World::new("").await;
    let user = world.person("alice", &["alice@example.com"], "a long password").await;
    world.grant_of(&user).await;
    let mut browser = world.browser_of(&user).await;
    browser.get(PAGE).await.lacks("Harbour Ferry");
}
