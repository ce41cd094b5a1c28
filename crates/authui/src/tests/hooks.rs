//! Pages on which a project's hooks have a say.

use super::world::{Answer, Browser, World};

const PASSWORD: &str = "a long password";
const PROFILE: &str = "
user_profile:
  standard_attributes:
    access_control:
    - { pointer: /name, access_control: { end_user: readwrite, bearer: readonly, portal_ui: readwrite } }
";

async fn sign_up(world: &World) -> Answer {
    let mut browser = world.browser();
    let page = browser.get("/signup").await;
    let asked = browser.fill(&page, &[("login_id", "mei@example.com")]).await;
    let page = browser.follow(&asked).await;
    browser.fill(&page, &[("new_password", PASSWORD)]).await
}

async fn alice(world: &World) -> Browser {
    let user = world.person("alice", &["alice@example.com"], PASSWORD).await;
    world.browser_of(&user).await
}

#[tokio::test]
async fn whoever_a_hook_refuses_reads_what_it_says() {
    let script = "export default async () =>
        ({ is_allowed: false, title: 'Only staff', reason: 'Ask <b>IT</b>.' })";
    let world = World::with_hook("", "user.pre_create", script).await;
    let page = sign_up(&world).await;
    assert_eq!(page.summary(), "403 Only staff");
    page.shows("Ask &lt;b&gt;IT&lt;/b&gt;.");
}

#[tokio::test]
async fn a_hook_that_says_nothing_is_spoken_for() {
    let script = "export default async () => ({ is_allowed: false })";
    let world = World::with_hook("", "user.pre_create", script).await;
    sign_up(&world).await.shows("This was refused by the rules of this service.");

    let world = World::with_hook("", "user.pre_create", "export default async () => 1").await;
    let page = sign_up(&world).await;
    assert_eq!(page.status.as_u16(), 500);
    page.shows("A system that has a say in this gave an answer we do not understand.");
}

#[tokio::test]
async fn a_hook_refuses_a_change_of_the_profile() {
    let script = "export default async ({ payload }: any) =>
        ({ is_allowed: false, title: 'No', reason: `No ${payload.user.standard_attributes.name}s.` })";
    let world = World::with_hook(PROFILE, "user.profile.pre_update", script).await;
    let mut browser = alice(&world).await;
    let page = browser.get("/settings/profile").await;
    let page = browser.fill(&page, &[("/name", "Robot")]).await;
    assert_eq!(page.form_error(), Some("No Robots."));
    browser.get("/settings/profile").await.lacks("Robot");
    assert_eq!(world.events().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_hook_changes_what_is_saved() {
    let script =
        "export default async ({ payload: { user } }: any) => ({ is_allowed: true, mutations: {
        user: { standard_attributes: { ...user.standard_attributes,
            name: user.standard_attributes.name.toUpperCase() } } } })";
    let world = World::with_hook(PROFILE, "user.profile.pre_update", script).await;
    let mut browser = alice(&world).await;
    let page = browser.get("/settings/profile").await;
    let saved = browser.fill(&page, &[("/name", "Mei")]).await;
    assert_eq!(saved.summary(), "303 /settings/profile");
    browser.follow(&saved).await.shows(r#"value="MEI""#);
    assert_eq!(world.events().await, ["user.profile.updated"]);
}

#[tokio::test]
async fn what_a_hook_puts_in_a_profile_must_be_valid() {
    let script = "export default async () => ({ is_allowed: true, mutations: {
        user: { standard_attributes: { birthdate: 'soon' } } } })";
    let world = World::with_hook(PROFILE, "user.profile.pre_update", script).await;
    let mut browser = alice(&world).await;
    let page = browser.get("/settings/profile").await;
    let page = browser.fill(&page, &[("/name", "Mei")]).await;
    let expected =
        "A system that has a say in this gave an answer we do not understand. Tell support.";
    assert_eq!(page.form_error(), Some(expected));
    browser.get("/settings/profile").await.lacks(r#"value="Mei""#);
}
