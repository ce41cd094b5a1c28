//! The two kinds of lockout, step by step.

use appconfig::FeatureConfig;

use super::*;
use crate::world::{World, alice};

async fn world(kind: &str) -> World {
    let yaml = format!(
        "authentication:
  lockout:
    max_attempts: 3
    history_duration: 1h
    minimum_duration: 1m
    maximum_duration: 5m
    backoff_factor: 2
    lockout_type: {kind}
    password: {{ enabled: true }}"
    );
    World::new(&yaml, FeatureConfig::default()).await
}

/// Plays a story: `a` and `b` are wrong passwords from two addresses, `A` and `B` right ones, a
/// number is seconds that pass. Writes seconds of lock, or `.`, for each password.
async fn check(kind: &str, story: &str, expected: &str) {
    let mut world = world(kind).await;
    let mut heard = Vec::new();
    for step in story.split_whitespace() {
        if let Ok(seconds) = step.parse() {
            world.ctx.now = world.ctx.now.plus_seconds(seconds);
            continue;
        }
        let is_first = step.eq_ignore_ascii_case("a");
        world.ctx.caller.ip = if is_first { "192.0.2.1" } else { "192.0.2.2" }.into();
        let mut tx = world.write().await;
        let (ctx, user) = (&world.ctx, &alice());
        let mut state = check_state(&world, &mut tx).await;
        if let Taken::Attempt(attempt) = take(ctx, &mut tx, user).await.unwrap() {
            if step.to_lowercase() == step {
                state = attempt.locked_until.map_or(state, |until| LockState::Locked { until });
            } else {
                give_back(ctx, &mut tx, user, attempt).await.unwrap();
                forgive(ctx, &mut tx, user, &[Method::Password]).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
        heard.push(match state {
            LockState::Open => ".".to_owned(),
            LockState::Locked { until } => until.seconds_since(world.ctx.now).to_string(),
        });
    }
    assert_eq!(heard.join(" "), expected, "{kind}: {story}");
}

async fn check_state(world: &World, tx: &mut Tx) -> LockState {
    super::check(&world.ctx, tx, &alice()).await.unwrap()
}

#[tokio::test]
async fn an_account_is_locked_by_everybody_together() {
    check("per_user", "a a b", ". . 60").await;
    check("per_user", "a a b 30 a A 30 A b b", ". . 60 30 30 . . 60").await;
}

#[tokio::test]
async fn an_address_is_locked_by_itself() {
    check("per_user_per_ip", "a a b a b b", ". . . 60 . 60").await;
    check("per_user_per_ip", "a a a 60 A b b b 60 b", ". . 60 . . . 60 120").await;
}

#[tokio::test]
async fn locks_grow_up_to_the_maximum() {
    check("per_user", "a a a 60 a 120 a 240 a 300 a", ". . 60 120 240 300 300").await;
}

#[tokio::test]
async fn attempts_of_long_ago_do_not_count() {
    check("per_user", "a a 3600 a a a", ". . . . 60").await;
}

#[tokio::test]
async fn what_is_tried_while_locked_is_not_counted() {
    check("per_user", "a a a a a a 60 a", ". . 60 60 60 60 120").await;
}

#[tokio::test]
async fn proofs_that_do_not_take_part_lock_nothing() {
    let world = world("per_user").await;
    assert!(is_counted(&world.ctx, Method::Password));
    assert!(!is_counted(&world.ctx, Method::Totp));
}

#[tokio::test]
async fn without_configuration_nothing_is_counted() {
    let world = World::new("", FeatureConfig::default()).await;
    assert!(!is_counted(&world.ctx, Method::Password));
}

#[tokio::test]
async fn an_attempt_that_was_forgiven_is_not_given_back_twice() {
    let mut world = world("per_user").await;
    let mut tx = world.write().await;
    world.ctx.caller.ip = "192.0.2.2".into();
    let _ = take(&world.ctx, &mut tx, &alice()).await.unwrap();
    world.ctx.caller.ip = "192.0.2.1".into();
    let Taken::Attempt(own) = take(&world.ctx, &mut tx, &alice()).await.unwrap() else {
        panic!("locked")
    };
    forgive(&world.ctx, &mut tx, &alice(), &[Method::Password]).await.unwrap();
    give_back(&world.ctx, &mut tx, &alice(), own).await.unwrap();
    let rows = tx.lockouts().list(&alice(), world.ctx.now).await.unwrap();
    let counted: Vec<_> = rows.iter().map(|it| (it.contributor.as_str(), it.attempts)).collect();
    assert_eq!(counted, [("", 1), ("192.0.2.1", 0), ("192.0.2.2", 1)], "the stranger's stays");
}

#[tokio::test]
async fn an_administrator_sees_and_lifts_locks() {
    let mut world = world("per_user_per_ip").await;
    for (ip, after) in [("192.0.2.1", 0), ("192.0.2.2", 10)] {
        world.ctx.now = world.ctx.now.plus_seconds(after);
        world.ctx.caller.ip = ip.into();
        let mut tx = world.write().await;
        for _ in 0..3 {
            let _ = take(&world.ctx, &mut tx, &alice()).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    let mut tx = world.write().await;
    let expected = Locks {
        account_until: None,
        addresses: vec![
            ("192.0.2.2".to_owned(), world.ctx.now.plus_seconds(60)),
            ("192.0.2.1".to_owned(), world.ctx.now.plus_seconds(50)),
        ],
    };
    assert_eq!(locks(&world.ctx, &mut tx, &alice()).await.unwrap(), expected);
    reset(&mut tx, &alice()).await.unwrap();
    assert_eq!(locks(&world.ctx, &mut tx, &alice()).await.unwrap(), Locks::default());
    assert_eq!(check_state(&world, &mut tx).await, LockState::Open);
}
