use super::world::World;

async fn signed_in(world: &World) -> super::world::Browser {
    let user = world.person("alice", &["alice@example.com"], "a long password").await;
    world.browser_of(&user).await
}

#[tokio::test]
async fn signing_out_is_asked_and_then_done() {
    let world = World::new("").await;
    let mut browser = signed_in(&world).await;
    let page = browser.get("/logout").await;
    assert_eq!(page.summary(), "200 Sign out?");
    let stolen = browser.cookies["session"].clone();
    let done = browser.fill(&page, &[("action", "logout")]).await;
    assert_eq!(done.summary(), "200 You are signed out");
    assert_eq!(browser.cookies.get("session"), None);
    browser.cookies.insert("session".to_owned(), stolen);
    assert!(browser.get("/settings").await.location.unwrap().starts_with("/login"));
}

#[tokio::test]
async fn one_goes_to_a_registered_address_and_nowhere_else() {
    let world = World::new("").await;
    let mut browser = signed_in(&world).await;
    let url = "/logout?redirect_uri=https%3A%2F%2Fevil.example%2F";
    let done = browser.post(url, &[]).await;
    assert_eq!(done.summary(), "200 You are signed out");
    let url = "/logout?redirect_uri=https%3A%2F%2Fapp.example%2Fbye";
    assert_eq!(browser.post(url, &[]).await.summary(), "302 https://app.example/bye");
    assert_eq!(browser.get(url).await.summary(), "302 https://app.example/bye");
}

#[tokio::test]
async fn another_site_cannot_sign_anybody_out() {
    let world = World::new("").await;
    let mut browser = signed_in(&world).await;
    for site in [Some("cross-site"), Some("same-site"), None] {
        browser.site = site;
        let refused = browser.post("/logout", &[("action", "logout")]).await;
        assert_eq!(refused.summary(), "403 This came from somewhere else");
    }
    browser.site = Some("same-origin");
    assert_eq!(browser.get("/settings").await.summary(), "200 My account");
}
