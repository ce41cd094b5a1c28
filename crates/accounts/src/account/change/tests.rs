use domain::{Identity, LoginIdType, UserId};

use super::*;
use crate::account::{Created, NewAccount, create, mark_verified};
use crate::login_id::{Lists, check_new};
use crate::world::World;

fn checked(world: &World, value: &str) -> CheckedLoginId {
    check_new(&world.ctx.app.config, &Lists::builtin(), "email", value).unwrap()
}

/// A person with these addresses, the first of which is proved.
async fn person(world: &World, id: &str, values: &[&str]) -> Vec<LoginId> {
    let login_ids = values.iter().map(|it| checked(world, it));
    let new = NewAccount::new(UserId::new(id)).with_login_ids(login_ids);
    let mut tx = world.write().await;
    let created = create(&world.ctx, &mut tx, new).await.unwrap();
    let Created::Created { identities, .. } = created else { panic!("{created:?}") };
    let login_ids = identities.into_iter().map(|it| match it {
        Identity::LoginId(login_id) => login_id,
        other => panic!("{other:?}"),
    });
    let identities: Vec<LoginId> = login_ids.collect();
    mark_verified(&world.ctx, &mut tx, &identities[0]).await.unwrap();
    tx.commit().await.unwrap();
    identities
}

async fn state(world: &World, id: &str) -> String {
    let user = UserId::new(id);
    let mut tx = world.read().await;
    let email = tx.users().find(&user).await.unwrap().unwrap().standard_attributes["email"].clone();
    let count = tx.identities().list(&user).await.unwrap().len();
    let proved = tx.verified_claims().list(&user).await.unwrap().len();
    format!("{count} identities, {email} is primary, {proved} proved")
}

#[tokio::test]
async fn a_changed_address_is_the_same_identity_without_the_proof() {
    let mut world = World::new("").await;
    let identities = person(&world, "alice", &["a@example.com"]).await;
    world.sleep(60);
    let mut tx = world.write().await;
    let next = checked(&world, "b@example.com");
    let changed = change_login_id(&world.ctx, &mut tx, &identities[0], next).await.unwrap();
    tx.commit().await.unwrap();
    let Attached::Attached(changed) = changed else { panic!("{changed:?}") };
    let before = &identities[0].base;
    assert_eq!((&changed.base.id, changed.base.created_at), (&before.id, before.created_at));
    assert_eq!(changed.r#type, LoginIdType::Email);
    assert_eq!(changed.base.updated_at, world.ctx.now);
    assert_eq!(
        state(&world, "alice").await,
        r#"1 identities, "b@example.com" is primary, 0 proved"#
    );
}

#[tokio::test]
async fn another_spelling_of_the_same_address_keeps_the_proof() {
    let world = World::new("").await;
    let identities = person(&world, "alice", &["a@example.com"]).await;
    let mut tx = world.write().await;
    let next = checked(&world, "A@example.com");
    change_login_id(&world.ctx, &mut tx, &identities[0], next).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        state(&world, "alice").await,
        r#"1 identities, "a@example.com" is primary, 1 proved"#
    );
}

#[tokio::test]
async fn nobody_takes_the_address_of_somebody_else() {
    let world = World::new("").await;
    let alice = person(&world, "alice", &["a@example.com"]).await;
    let bob = person(&world, "bob", &["b@example.com"]).await;
    let mut tx = world.write().await;
    let next = checked(&world, "b@example.com");
    let refused = change_login_id(&world.ctx, &mut tx, &alice[0], next).await.unwrap();
    let Attached::Refused { existing, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(existing.base.id, bob[0].base.id);
}

#[tokio::test]
async fn the_last_identity_stays() {
    let world = World::new("").await;
    let identities = person(&world, "alice", &["a@example.com", "b@example.com"]).await;
    let mut tx = world.write().await;
    let ctx = &world.ctx;
    let first = detach_login_id(ctx, &mut tx, &identities[0]).await.unwrap();
    let last = detach_login_id(ctx, &mut tx, &identities[1]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((first, last), (Detached::Detached, Detached::RefusedAsLast));
    assert_eq!(
        state(&world, "alice").await,
        r#"1 identities, "b@example.com" is primary, 0 proved"#
    );
}
