use appconfig::FeatureConfig;
use tokio::task::JoinSet;

use super::*;
use crate::Limit;
use crate::world::{World, alice};

async fn world(more: &str) -> World {
    let yaml = format!(
        "authentication:
  lockout:
    max_attempts: 5
    history_duration: 1h
    minimum_duration: 1m
    maximum_duration: 5m
    lockout_type: per_user
    password: {{ enabled: true }}
{more}"
    );
    World::new(&yaml, FeatureConfig::default()).await
}

async fn try_once(world: &World) -> Admitted {
    let World { ctx, store, kv } = world;
    admit(ctx, store, kv, &alice(), Limit::VerifyPassword, Method::Password).await.unwrap()
}

async fn succeed(world: &World) {
    let Admitted::Attempt(attempt) = try_once(world).await else { panic!("not admitted") };
    give_back(&world.ctx, &world.store, &world.kv, &alice(), attempt).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_from_many_addresses_at_once_do_not_outrun_the_lock() {
    let world = world("").await;
    let mut guesses = JoinSet::new();
    for number in 0..50 {
        let (mut ctx, store, kv) = (world.ctx.clone(), world.store.clone(), world.kv.clone());
        ctx.caller.ip = format!("192.0.2.{number}");
        guesses.spawn(async move {
            admit(&ctx, &store, &kv, &alice(), Limit::VerifyPassword, Method::Password).await
        });
    }
    let outcomes = guesses.join_all().await;
    let is_looked_at = |it: &&Result<Admitted, _>| matches!(it, Ok(Admitted::Attempt(_)));
    let is_locked = |it: &&Result<Admitted, _>| matches!(it, Ok(Admitted::Locked { .. }));
    assert_eq!(outcomes.iter().filter(is_looked_at).count(), 5);
    assert_eq!(outcomes.iter().filter(is_locked).count(), 45);
}

#[tokio::test]
async fn right_proofs_take_nothing_for_good() {
    let world = world("").await;
    for _ in 0..20 {
        succeed(&world).await;
    }
    for _ in 0..4 {
        assert!(matches!(try_once(&world).await, Admitted::Attempt(_)));
    }
    succeed(&world).await;
    assert!(matches!(try_once(&world).await, Admitted::Attempt(_)), "the fifth is looked at");
    assert!(matches!(try_once(&world).await, Admitted::Locked { .. }));
}

#[tokio::test]
async fn the_lock_of_a_right_proof_goes_with_it() {
    let world = world("").await;
    for _ in 0..4 {
        assert!(matches!(try_once(&world).await, Admitted::Attempt(_)));
    }
    let Admitted::Attempt(last) = try_once(&world).await else { panic!("not admitted") };
    assert!(matches!(try_once(&world).await, Admitted::Locked { .. }), "while it is looked at");
    give_back(&world.ctx, &world.store, &world.kv, &alice(), last).await.unwrap();
    assert!(matches!(try_once(&world).await, Admitted::Attempt(_)));
}

#[tokio::test]
async fn an_attempt_that_the_limit_refuses_is_not_counted() {
    let world =
        world("  rate_limits: { password: { per_ip: { enabled: true, period: 1m, burst: 2 } } }")
            .await;
    for _ in 0..2 {
        assert!(matches!(try_once(&world).await, Admitted::Attempt(_)));
    }
    for _ in 0..9 {
        assert!(matches!(try_once(&world).await, Admitted::Exhausted(_)));
    }
    let mut tx = world.write().await;
    let rows = tx.lockouts().list(&alice(), world.ctx.now).await.unwrap();
    assert!(rows.iter().all(|row| row.attempts == 2 && row.locked_until.is_none()), "{rows:?}");
}
