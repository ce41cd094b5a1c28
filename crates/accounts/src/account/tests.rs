//! Making accounts and finding them.

use serde_json::json;
use stdx::Secret;

use super::*;
use crate::login_id::{Lists, check_new};
use crate::password::{PasswordCheck, Prepared, prepare, verify};
use crate::world::{START, World};

fn login_id(world: &World, key: &str, value: &str) -> CheckedLoginId {
    check_new(&world.ctx.app.config, &Lists::builtin(), key, value).unwrap()
}

fn account(id: &str, login_ids: Vec<CheckedLoginId>) -> NewAccount {
    NewAccount::new(UserId::new(id)).with_login_ids(login_ids)
}

async fn create_and_commit(world: &World, new: NewAccount) -> Created {
    let mut tx = world.write().await;
    let created = create(&world.ctx, &mut tx, new).await.unwrap();
    if matches!(created, Created::Created { .. }) {
        tx.commit().await.unwrap();
    }
    created
}

async fn find(world: &World, value: &str) -> Option<String> {
    let mut tx = world.read().await;
    let found = find_by_any_login_id(&world.ctx, &mut tx, value).await.unwrap();
    found.map(|it| it.base.user_id.to_string())
}

#[tokio::test]
async fn a_new_person_is_found_by_everything_they_are_known_by() {
    let world = World::new("").await;
    let login_ids = vec![
        login_id(&world, "email", "Alice@example.com"),
        login_id(&world, "phone", "+852 9876 5432"),
        login_id(&world, "username", "Alice"),
    ];
    let created = create_and_commit(&world, account("alice", login_ids)).await;
    let Created::Created { user, identities } = created else { panic!("{created:?}") };
    assert_eq!(identities.len(), 3);
    assert_eq!(user.created_at, START);
    assert_eq!(
        json!(user.standard_attributes),
        json!({
            "email": "alice@example.com",
            "phone_number": "+85298765432",
            "preferred_username": "alice",
        })
    );
    for value in ["ALICE@EXAMPLE.COM", "+85298765432", "aLiCe"] {
        assert_eq!(find(&world, value).await.as_deref(), Some("alice"), "{value}");
    }
    assert_eq!(find(&world, "bob").await, None);
}

#[tokio::test]
async fn a_login_id_that_somebody_has_is_refused_and_nothing_is_written() {
    let world = World::new("").await;
    let mine = login_id(&world, "email", "a@example.com");
    create_and_commit(&world, account("alice", vec![mine])).await;

    let theirs = login_id(&world, "email", "A@EXAMPLE.com");
    let refused = create_and_commit(&world, account("bob", vec![theirs.clone()])).await;
    let Created::Refused(conflict) = refused else { panic!("{refused:?}") };
    let Conflict { existing, incoming } = *conflict;
    assert_eq!((existing.user_id().as_str(), incoming), ("alice", NewIdentity::LoginId(theirs)));
    let mut tx = world.read().await;
    assert_eq!(tx.users().find(&UserId::new("bob")).await.unwrap(), None);
}

#[tokio::test]
async fn a_new_person_signs_in_with_their_password() {
    let world = World::new("").await;
    let password = Secret::new("correct horse".to_owned());
    let Prepared::Ready(new) =
        prepare(&world.ctx, &world.store, &world.hasher, None, &password).await.unwrap()
    else {
        panic!()
    };
    let login_ids = vec![login_id(&world, "username", "alice")];
    let account = account("alice", login_ids).with_password(AuthenticatorKind::Primary, new);
    create_and_commit(&world, account).await;

    let user = UserId::new("alice");
    let user = Some((&user, AuthenticatorKind::Primary));
    let check = verify(&world.ctx, &world.store, &world.hasher, user, &password).await.unwrap();
    assert!(matches!(check, PasswordCheck::Right { must_change: None, .. }), "{check:?}");
}

#[tokio::test]
async fn what_was_proved_while_signing_up_is_verified() {
    let world = World::new("").await;
    let email = login_id(&world, "email", "a@example.com");
    let username = login_id(&world, "username", "alice");
    let proof = ProvedClaim {
        name: "email".to_owned(),
        value: email.login_id.clone(),
        channel: Some("email".to_owned()),
    };
    let verified = vec![proof.clone(), proof];
    let account = NewAccount { verified, ..account("alice", vec![email, username]) };
    create_and_commit(&world, account).await;
    let mut tx = world.read().await;
    let claims = tx.verified_claims().list(&UserId::new("alice")).await.unwrap();
    let [claim] = claims.try_into().unwrap();
    let VerifiedClaim { name, value, channel, .. } = claim;
    assert_eq!((name, value), ("email".to_owned(), "a@example.com".to_owned()));
    assert_eq!(channel.as_deref(), Some("email"));
}

#[tokio::test]
async fn attributes_follow_the_identities() {
    let mut world = World::new("").await;
    let first = login_id(&world, "email", "first@example.com");
    let created = create_and_commit(&world, account("alice", vec![first])).await;
    let Created::Created { user, identities } = created else { panic!() };

    world.sleep(1);
    let second = login_id(&world, "email", "second@example.com");
    let mut tx = world.write().await;
    let attached = attach_login_id(&world.ctx, &mut tx, &user.id, second).await.unwrap();
    assert!(matches!(attached, Attached::Attached(_)));
    let kept = attributes::follow_identities(&world.ctx, &mut tx, &user.id).await.unwrap();
    assert_eq!(kept["email"], "first@example.com", "what was there stays");

    tx.identities().delete(identities[0].id()).await.unwrap();
    let moved = attributes::follow_identities(&world.ctx, &mut tx, &user.id).await.unwrap();
    assert_eq!(moved["email"], "second@example.com");

    let [last] = tx.identities().list(&user.id).await.unwrap().try_into().unwrap();
    tx.identities().delete(last.id()).await.unwrap();
    let none = attributes::follow_identities(&world.ctx, &mut tx, &user.id).await.unwrap();
    assert_eq!(none.get("email"), None);
}
