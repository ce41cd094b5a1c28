//! Checking passwords and replacing them.

use domain::User;

use super::*;
use crate::world::World;
use crate::{HashFormat, HasherSettings};

const PRIMARY: AuthenticatorKind = AuthenticatorKind::Primary;

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn alice() -> UserId {
    UserId::new("alice")
}

async fn prepared(world: &World, password: &str) -> NewPassword {
    let user = alice();
    let password = secret(password);
    match prepare(&world.ctx, &world.store, &world.hasher, Some(&user), &password).await.unwrap() {
        Prepared::Ready(new) => new,
        Prepared::Refused(rules) => panic!("{rules:?}"),
    }
}

/// A project where Alice has the password `first password`.
async fn world(yaml: &str) -> World {
    let world = World::new(yaml).await;
    let new = prepared(&world, "first password").await;
    let mut tx = world.write().await;
    tx.users().insert(&User::new(alice(), world.ctx.now)).await.unwrap();
    add(&world.ctx, &mut tx, &alice(), PRIMARY, new).await.unwrap();
    tx.commit().await.unwrap();
    world
}

async fn check_password(world: &World, password: &str) -> PasswordCheck {
    let user = alice();
    let user = Some((&user, PRIMARY));
    verify(&world.ctx, &world.store, &world.hasher, user, &secret(password)).await.unwrap()
}

async fn must_change_of(world: &World, password: &str) -> Option<MustChange> {
    match check_password(world, password).await {
        PasswordCheck::Right { must_change, .. } => must_change,
        other => panic!("{other:?}"),
    }
}

async fn change(world: &World, from: &str, to: &str) -> bool {
    let new = prepared(world, to).await;
    let PasswordCheck::Right { authenticator, .. } = check_password(world, from).await else {
        panic!("{from} is not the password");
    };
    let mut tx = world.write().await;
    let replaced = replace(&world.ctx, &mut tx, &authenticator, new).await.unwrap();
    tx.commit().await.unwrap();
    replaced
}

#[tokio::test]
async fn the_right_password_is_right() {
    let world = world("").await;
    assert_eq!(must_change_of(&world, "first password").await, None);
    assert_eq!(check_password(&world, "First password").await, PasswordCheck::Wrong);
    let nobody = verify(&world.ctx, &world.store, &world.hasher, None, &secret("x")).await;
    assert_eq!(nobody.unwrap(), PasswordCheck::Absent);
}

#[tokio::test]
async fn a_changed_password_replaces_the_old_one() {
    let world = world("").await;
    assert!(change(&world, "first password", "second password").await);
    assert_eq!(check_password(&world, "first password").await, PasswordCheck::Wrong);
    assert_eq!(must_change_of(&world, "second password").await, None);
}

#[tokio::test]
async fn of_two_changes_the_first_wins() {
    let world = world("").await;
    let PasswordCheck::Right { authenticator, .. } = check_password(&world, "first password").await
    else {
        panic!()
    };
    assert!(change(&world, "first password", "second password").await);
    let late = prepared(&world, "third password").await;
    let mut tx = world.write().await;
    assert!(!replace(&world.ctx, &mut tx, &authenticator, late).await.unwrap());
}

#[tokio::test]
async fn an_old_format_is_rewritten_when_it_is_seen() {
    let mut world = world("").await;
    world.sleep(60);
    let format = HashFormat::BcryptSha512;
    world.hasher = Hasher::new(&HasherSettings { format, threads: 1, queue_max: 4 });
    assert_eq!(must_change_of(&world, "first password").await, None);
    let mut tx = world.read().await;
    let found = tx.authenticators().find_password(&alice(), PRIMARY).await.unwrap().unwrap();
    assert!(found.password_hash.reveal().starts_with("$bcrypt-sha512$"));
    assert_eq!(found.base.updated_at, found.base.created_at, "the age of the password stays");
    drop(tx);
    assert_eq!(must_change_of(&world, "first password").await, None);
}

#[tokio::test]
async fn a_password_that_is_too_weak_is_refused_and_named() {
    let world = World::new("").await;
    let weak = secret("short");
    let refused = prepare(&world.ctx, &world.store, &world.hasher, None, &weak).await.unwrap();
    let expected = Rule::Length { minimum: 8, actual: Some(5) };
    assert_eq!(refused, Prepared::Refused(vec![expected]));
}

#[tokio::test]
async fn a_password_that_is_guessed_at_once_is_refused() {
    let yaml = "authenticator: { password: { policy: { minimum_guessable_level: 3 } } }";
    let world = World::new(yaml).await;
    let prepare = async |password: &str| {
        let password = secret(password);
        prepare(&world.ctx, &world.store, &world.hasher, None, &password).await.unwrap()
    };
    let refused = Prepared::Refused(vec![Rule::Guessable { level_min: 3, level: Some(1) }]);
    assert_eq!(prepare("password").await, refused);
    assert!(matches!(prepare("9qLkf!x2mZ7w").await, Prepared::Ready(_)));
}

#[tokio::test]
async fn a_password_that_no_longer_meets_the_policy_must_be_changed() {
    let policy = |force: bool| {
        format!(
            "authenticator: {{ password: {{ force_change: {force}, policy: {{ min_length: 20 }} }} }}"
        )
    };
    let mut world = world("").await;
    let store = world.store.clone();
    world.ctx = World::new(&policy(true)).await.ctx;
    world.store = store;
    assert_eq!(must_change_of(&world, "first password").await, Some(MustChange::Policy));
    world.ctx = World::new(&policy(false)).await.ctx;
    assert_eq!(must_change_of(&world, "first password").await, None);
}

#[tokio::test]
async fn an_old_password_must_be_changed() {
    let yaml = "authenticator:
  password:
    expiry: { force_change: { enabled: true, duration_since_last_update: 24h } }";
    let mut world = world(yaml).await;
    world.sleep(86_399);
    assert_eq!(must_change_of(&world, "first password").await, None);
    world.sleep(1);
    assert_eq!(must_change_of(&world, "first password").await, Some(MustChange::Expired));
    assert!(change(&world, "first password", "second password").await);
    assert_eq!(must_change_of(&world, "second password").await, None);
}

#[tokio::test]
async fn earlier_passwords_do_not_come_back() {
    let yaml = "authenticator: { password: { policy: { history_size: 2 } } }";
    let world = world(yaml).await;
    assert!(change(&world, "first password", "second password").await);
    let user = alice();
    let again = async |password| {
        let password = secret(password);
        prepare(&world.ctx, &world.store, &world.hasher, Some(&user), &password).await.unwrap()
    };
    let reused = Prepared::Refused(vec![Rule::NotReused { size: 2, days: 0 }]);
    assert_eq!(again("first password").await, reused);
    assert_eq!(again("second password").await, reused);
    assert!(matches!(again("third password").await, Prepared::Ready(_)));
}

#[tokio::test]
async fn passwords_of_long_ago_may_come_back() {
    let yaml = "authenticator: { password: { policy: { history_days: 7 } } }";
    let mut world = world(yaml).await;
    world.sleep(8 * 86_400);
    assert!(change(&world, "first password", "second password").await);
    assert!(change(&world, "second password", "first password").await);
}
