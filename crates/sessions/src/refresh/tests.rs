use std::sync::Arc;

use stdx::sha256_hex;

use super::{Found, Refusal, find, find_again, rotate};
use crate::world::{World, alice};
use crate::{Credentials, Resolved, end};

/// Presents a token as the token endpoint would: looks it up, rotates, commits.
async fn present(world: &World, token: &str) -> Result<String, &'static str> {
    let ctx = world.ctx();
    let mut tx = world.write().await;
    let answer = match find(&ctx, &mut tx, token).await.unwrap() {
        Found::Live(live) => {
            Ok(rotate(&ctx, &mut tx, &live).await.unwrap().unwrap().reveal().clone())
        }
        Found::Refused(Refusal::Unknown) => Err("unknown"),
        Found::Refused(Refusal::Ended) => Err("ended"),
        Found::Refused(Refusal::Replayed { .. }) => Err("replayed"),
    };
    tx.commit().await.unwrap();
    answer
}

#[tokio::test]
async fn a_token_begins_with_its_grant_and_is_stored_hashed() {
    let world = World::new().await;
    let issued = world.grant("app", None).await;
    let token = issued.refresh_token.reveal().clone();
    let (grant, rest) = token.split_once('.').unwrap();
    assert_eq!((grant, rest.len()), (issued.grant.id.as_str(), 65));
    let rows = world.write().await.refresh_tokens().list(&issued.grant.id).await.unwrap();
    assert_eq!(rows[0].hash, sha256_hex(&rest[22..]));
}

#[tokio::test]
async fn each_token_works_once_and_hands_over_to_the_next() {
    let world = World::new().await;
    let first = world.grant("app", None).await.refresh_token.reveal().clone();
    let second = present(&world, &first).await.unwrap();
    world.sleep(60);
    let third = present(&world, &second).await.unwrap();
    assert!(first != second && second != third);
}

#[tokio::test]
async fn a_lost_answer_is_given_again_for_a_few_seconds() {
    let world = World::new().await;
    let first = world.grant("app", None).await.refresh_token.reveal().clone();
    let second = present(&world, &first).await.unwrap();
    world.sleep(9);
    assert_eq!(present(&world, &first).await, Ok(second.clone()), "no fork: the same answer");
    world.sleep(60);
    assert!(present(&world, &second).await.is_ok());
}

#[tokio::test]
async fn replaying_after_the_grace_ends_the_grant_for_everybody() {
    let world = World::new().await;
    let first = world.grant("app", None).await.refresh_token.reveal().clone();
    let second = present(&world, &first).await.unwrap();
    world.sleep(10);
    assert_eq!(present(&world, &first).await, Err("replayed"));
    assert_eq!(present(&world, &second).await, Err("ended"));
}

#[tokio::test]
async fn a_client_decides_on_its_own_grace() {
    for (grace, late, expected) in [
        (60, 59, None),
        (60, 60, Some("replayed")),
        (0, 0, Some("replayed")),
        (0, -1, Some("replayed")),
    ] {
        let mut world = World::new().await;
        let client = &mut Arc::get_mut(&mut world.app).unwrap().config.oauth.clients[0];
        client.x_refresh_token_rotation_grace_period_seconds = Some(grace);
        let first = world.grant("app", None).await.refresh_token.reveal().clone();
        let second = present(&world, &first).await.unwrap();
        world.sleep(late);
        let expected = expected.map_or(Ok(second), Err);
        assert_eq!(present(&world, &first).await, expected, "{late} of {grace} seconds later");
    }
}

#[tokio::test]
async fn a_token_of_any_age_is_recognised_as_a_replay() {
    let world = World::new().await;
    let first = world.grant("app", None).await.refresh_token.reveal().clone();
    let second = present(&world, &first).await.unwrap();
    let third = present(&world, &second).await.unwrap();
    // The first is two rotations old, so the grace does not cover it even at once.
    assert_eq!(present(&world, &first).await, Err("replayed"));
    assert_eq!(present(&world, &third).await, Err("ended"));
}

#[tokio::test]
async fn of_two_racing_clients_both_hold_the_same_token() {
    let world = World::new().await;
    let first = world.grant("app", None).await.refresh_token.reveal().clone();
    let (left, right) = tokio::join!(present(&world, &first), present(&world, &first));
    assert_eq!(left, right);
    assert!(left.is_ok());
}

#[tokio::test]
async fn texts_that_are_no_tokens_change_nothing() {
    let world = World::new().await;
    let token = world.grant("app", None).await.refresh_token.reveal().clone();
    let (grant, rest) = token.split_once('.').unwrap();
    let unknown_id = format!("{grant}.{}{}", "A".repeat(22), &rest[22..]);
    let unknown_grant = format!("other.{rest}");
    for text in ["", ".", grant, &token[..90], &format!("{token}x"), &unknown_id, &unknown_grant] {
        assert_eq!(present(&world, text).await, Err("unknown"), "{text}");
    }
    assert!(present(&world, &token).await.is_ok());
}

#[tokio::test]
async fn a_token_of_another_project_is_unknown() {
    let world = World::new().await;
    let token = world.grant("app", None).await.refresh_token.reveal().clone();
    let ctx = world.other_project();
    let mut tx = world.store.write(&ctx.app.id).await.unwrap();
    let found = find(&ctx, &mut tx, &token).await.unwrap();
    assert!(matches!(found, Found::Refused(Refusal::Unknown)));
}

#[tokio::test]
async fn idleness_and_age_end_a_grant() {
    let world = World::new().await;
    let idle = world.grant("app", None).await.refresh_token.reveal().clone();
    world.sleep(7_200);
    assert_eq!(present(&world, &idle).await, Err("ended"));

    let mut token = world.grant("app", None).await.refresh_token.reveal().clone();
    for _ in 0..13 {
        world.sleep(6_600);
        let mut tx = world.write().await;
        let Found::Live(live) = find(&world.ctx(), &mut tx, &token).await.unwrap() else {
            panic!("used often enough")
        };
        super::touch(&world.ctx(), &mut tx, &live.grant).await.unwrap();
        token = rotate(&world.ctx(), &mut tx, &live).await.unwrap().unwrap().reveal().clone();
        tx.commit().await.unwrap();
    }
    world.sleep(600);
    assert_eq!(present(&world, &token).await, Err("ended"));
}

#[tokio::test]
async fn a_disabled_person_cannot_refresh_and_can_again_when_enabled() {
    let world = World::new().await;
    let token = world.grant("app", None).await.refresh_token.reveal().clone();
    world.set_disabled(true).await;
    assert_eq!(present(&world, &token).await, Err("ended"));
    world.set_disabled(false).await;
    assert!(present(&world, &token).await.is_ok());
}

#[tokio::test]
async fn a_removed_client_cannot_refresh() {
    let world = World::new().await;
    let token = world.grant("app", None).await.refresh_token.reveal().clone();
    let app = std::sync::Arc::new(crate::world::app("test", &["other"]));
    let ctx = ctx::Ctx { app, ..world.ctx() };
    let mut tx = world.write().await;
    let found = find(&ctx, &mut tx, &token).await.unwrap();
    assert!(matches!(found, Found::Refused(Refusal::Ended)));
}

#[tokio::test]
async fn a_shared_browser_session_takes_its_grants_along() {
    let world = World::new().await;
    let (session, cookie) = world.browser().await;
    let first = world.grant("app", Some(&session)).await.refresh_token.reveal().clone();
    let second = world.grant("other", Some(&session)).await.refresh_token.reveal().clone();
    let alone = world.grant("other", None).await.refresh_token.reveal().clone();

    let mut tx = world.write().await;
    let Found::Live(live) = find(&world.ctx(), &mut tx, &first).await.unwrap() else { panic!() };
    let ended = end::grant(&world.ctx(), &mut tx, &live.grant).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ended.len(), 3);

    assert_eq!(present(&world, &second).await, Err("ended"));
    assert!(present(&world, &alone).await.is_ok());
    let credentials = Credentials { idp_session: Some(&cookie), ..Credentials::default() };
    let resolved = world.sessions.resolve(&world.ctx(), credentials).await.unwrap();
    assert_eq!(resolved, Resolved::Invalid);
}

#[tokio::test]
async fn a_withdrawn_consent_ends_what_stood_on_it() {
    let world = World::new().await;
    let issued = world.grant("app", None).await;
    let mut tx = world.write().await;
    let rows = tx.refresh_tokens().list(&issued.grant.id).await.unwrap();
    let consent = rows[0].authorization_id.clone().unwrap();
    let ended = crate::consent::withdraw(&world.ctx(), &mut tx, &alice(), &consent).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ended.len(), 1);
    assert_eq!(present(&world, issued.refresh_token.reveal()).await, Err("ended"));
}

#[tokio::test]
async fn a_second_look_sees_an_end_and_does_not_take_a_rotation_for_a_replay() {
    let mut world = World::new().await;
    let client = &mut Arc::get_mut(&mut world.app).unwrap().config.oauth.clients[0];
    client.x_refresh_token_rotation_grace_period_seconds = Some(0);
    let issued = world.grant("app", None).await;
    let first = issued.refresh_token.reveal().clone();
    let ctx = world.ctx();
    let mut tx = world.write().await;
    let Found::Live(live) = find(&ctx, &mut tx, &first).await.unwrap() else { panic!("live") };
    tx.commit().await.unwrap();

    let second = present(&world, &first).await.unwrap();
    let mut tx = world.write().await;
    let again = find_again(&ctx, &mut tx, &live).await.unwrap().unwrap();
    assert_ne!(again.token.hash, live.token.hash, "what is now, not what was");
    tx.commit().await.unwrap();
    assert!(present(&world, &second).await.is_ok(), "the grant goes on");

    let mut tx = world.write().await;
    end::grant_alone(&ctx, &mut tx, &issued.grant.id).await.unwrap();
    assert!(find_again(&ctx, &mut tx, &live).await.unwrap().is_none());
}
