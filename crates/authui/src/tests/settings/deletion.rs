use super::super::world::World;
use super::alice;

const PAGE: &str = "/settings/delete_account";
const OFFERED: &str =
    "account_deletion: { scheduled_by_end_user_enabled: true, grace_period_days: 30 }";

#[tokio::test]
async fn an_account_is_given_up_after_asking() {
    let world = World::new(OFFERED).await;
    let mut browser = alice(&world).await;
    browser.get("/settings").await.shows(PAGE);
    browser.get(PAGE).await.shows("January 31, 2026");
    let unsure = browser.post(PAGE, &[("action", "delete")]).await;
    assert_eq!(unsure.form_error(), Some("Confirm it first."));
    browser.get("/settings").await.shows("alice@example.com");
    let closed = browser.post(PAGE, &[("confirm", "yes"), ("action", "delete")]).await;
    assert_eq!(closed.summary(), "200 This account will be deleted");
    assert_eq!(browser.get("/settings").await.status.as_u16(), 303);
    assert_eq!(world.events().await, ["user.deletion_scheduled"]);
}

#[tokio::test]
async fn where_it_is_not_offered_there_is_no_such_page() {
    let world = World::new("").await;
    let mut browser = alice(&world).await;
    browser.get("/settings").await.lacks(PAGE);
    assert_eq!(browser.get(PAGE).await.summary(), "404 There is nothing here");
    let posted = browser.post(PAGE, &[("confirm", "yes")]).await;
    assert_eq!(posted.summary(), "404 There is nothing here");
}
