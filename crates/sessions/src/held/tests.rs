use kv::Key;

use super::{hold, keep, take};
use crate::world::World;

async fn kept(world: &World) -> Key {
    let key = Key::new(&world.app.id, "test", "it");
    keep(&world.ctx(), &world.kv, &key, 7, 60).await.unwrap();
    key
}

async fn held_by(world: &World, key: &Key, holder: &str) -> bool {
    hold::<i32>(&world.ctx(), &world.kv, key, holder).await.unwrap() == Some(7)
}

#[tokio::test]
async fn whoever_comes_first_holds_it_and_nobody_else() {
    let world = World::new().await;
    let key = kept(&world).await;
    assert!(held_by(&world, &key, "first").await);
    assert!(!held_by(&world, &key, "second").await);
    assert!(held_by(&world, &key, "first").await, "a page may be opened again");
}

#[tokio::test]
async fn what_is_held_cannot_be_used_up_and_what_is_used_up_cannot_be_held() {
    let world = World::new().await;
    let key = kept(&world).await;
    assert!(held_by(&world, &key, "first").await);
    assert_eq!(take::<i32>(&world.ctx(), &world.kv, &key).await.unwrap(), None);

    let key = kept(&world).await;
    assert_eq!(take::<i32>(&world.ctx(), &world.kv, &key).await.unwrap(), Some(7));
    assert!(!held_by(&world, &key, "first").await);
}

#[tokio::test]
async fn it_must_be_presented_in_time_and_is_then_held_for_a_visit() {
    let world = World::new().await;
    let key = kept(&world).await;
    world.sleep(60);
    assert!(!held_by(&world, &key, "late").await);

    let key = kept(&world).await;
    assert!(held_by(&world, &key, "first").await);
    world.sleep(19 * 60);
    assert!(held_by(&world, &key, "first").await);
    world.sleep(60);
    assert!(!held_by(&world, &key, "first").await);
}
