use domain::UserId;

use super::super::world::World;
use super::alice;

const PATH: &str = "/settings/sessions";

#[tokio::test]
async fn another_session_can_be_ended_and_ones_own_stays() {
    let world = World::new("").await;
    let mut here = alice(&world).await;
    let mut there = world.browser_of(&UserId::new("alice")).await;
    let page = here.get(PATH).await;
    let named = page.hidden("session_id").expect("the other session");
    let done = here.post(PATH, &[("session_id", &named), ("action", "revoke")]).await;
    let page = here.follow(&done).await;
    assert_eq!(page.notice(), Some("curl was signed out."));
    page.shows("You are signed in nowhere else.");
    assert!(there.get("/settings").await.location.is_some());
}

#[tokio::test]
async fn every_other_session_can_be_ended_at_once() {
    let world = World::new("").await;
    let mut here = alice(&world).await;
    let mut others = [
        world.browser_of(&UserId::new("alice")).await,
        world.browser_of(&UserId::new("alice")).await,
    ];
    let done = here.post(PATH, &[("action", "revoke_others")]).await;
    let page = here.follow(&done).await;
    assert_eq!(page.notice(), Some("2 other devices were signed out."));
    for other in &mut others {
        assert!(other.get("/settings").await.location.is_some());
    }
}

#[tokio::test]
async fn sessions_of_others_and_nonsense_change_nothing() {
    let world = World::new("").await;
    let mut alice = alice(&world).await;
    let bob = world.person("bob", &["bob@example.com"], "a long password").await;
    let mut mallory = world.browser_of(&bob).await;
    world.browser_of(&UserId::new("alice")).await;
    let named = alice.get(PATH).await.hidden("session_id").expect("the other session");
    for id in [named.as_str(), "", "nonsense"] {
        let answer = mallory.post(PATH, &[("session_id", id), ("action", "revoke")]).await;
        assert_eq!(answer.summary(), "303 /settings/sessions");
    }
    assert!(alice.get(PATH).await.hidden("session_id").is_some());
}
