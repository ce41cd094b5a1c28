use domain::UserId;
use events::Source;
use serde_json::json;

use super::{NewAnonymous, NewKey, are_allowed, find, sign_up};
use crate::world::World;

fn key(id: &str) -> NewKey {
    NewKey { id: id.to_owned(), jwk: json!({ "kty": "EC" }) }
}

async fn signed_up(world: &World, key: Option<NewKey>) -> Option<UserId> {
    let mut tx = world.write().await;
    let new = NewAnonymous::new(UserId::new(world.ctx.rng.uuid()), key);
    let signed_up = sign_up(&world.ctx, &mut tx, new, &Source::default()).await.unwrap();
    let user = signed_up.user_id();
    if user.is_some() {
        tx.commit().await.unwrap();
    }
    user
}

#[tokio::test]
async fn a_project_must_want_them() {
    let world = World::new("").await;
    assert!(!are_allowed(&world.ctx.app.config));
    let world = World::new("authentication: { identities: [login_id, anonymous] }").await;
    assert!(are_allowed(&world.ctx.app.config));
}

#[tokio::test]
async fn somebody_without_a_key_is_known_by_their_session_alone() {
    let world = World::new("").await;
    let (first, second) = (signed_up(&world, None).await, signed_up(&world, None).await);
    assert_ne!(first, second, "each is somebody else");
    let mut tx = world.read().await;
    let identity = find(&mut tx, &first.unwrap()).await.unwrap().unwrap();
    assert_eq!((identity.key_id, identity.key), (None, None));
}

#[tokio::test]
async fn a_key_has_one_owner() {
    let world = World::new("").await;
    let first = signed_up(&world, Some(key("a key of a device"))).await.unwrap();
    assert_eq!(signed_up(&world, Some(key("a key of a device"))).await, None);
    let mut tx = world.read().await;
    let identity = find(&mut tx, &first).await.unwrap().unwrap();
    assert_eq!(identity.key_id.as_deref(), Some("a key of a device"));
}

#[tokio::test]
async fn that_somebody_came_in_is_an_event() {
    let world = World::new("").await;
    signed_up(&world, None).await.unwrap();
    events::deliver(&world.store, world.ctx.now).await.unwrap();
    let mut tx = world.read().await;
    let entries = tx.audit_log().list(None, 10).await.unwrap();
    let [created] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(created.activity_type, "user.created");
    assert_eq!(created.data["payload"]["user"]["is_anonymous"], true);
    assert_eq!(created.data["payload"]["identities"][0]["type"], "anonymous");
}
