use super::{CodeGrant, LIFETIME_SECONDS, Redeemed, issue, redeem, settle};
use crate::world::World;

fn grant() -> CodeGrant {
    CodeGrant {
        grant_id: "grant".into(),
        client_id: "app".into(),
        redirect_uri: "https://app.example/cb".into(),
        code_challenge: None,
        scope: "openid".into(),
        nonce: None,
        sso_enabled: false,
        authorization_id: "authorization".into(),
        user_id: "alice".into(),
        amr: Vec::new(),
        authenticated_at_micros: 0,
        idp_session_id: None,
        shared_grant_id: None,
        is_news: false,
        reauthenticated_sid: None,
        dpop_jkt: None,
        claims: Vec::new(),
        resource: None,
    }
}

async fn code(world: &World) -> String {
    issue(&world.ctx(), &world.kv, grant()).await.unwrap().reveal().clone()
}

async fn present(world: &World, code: &str) -> &'static str {
    match redeem(&world.ctx(), &world.kv, code).await.unwrap() {
        Redeemed::Fresh(found, _) if *found == grant() => "fresh",
        Redeemed::Fresh(..) => "changed",
        Redeemed::Replayed(id) if id.as_str() == "grant" => "replayed",
        Redeemed::Replayed(_) => "another",
        Redeemed::Unknown => "unknown",
    }
}

#[tokio::test]
async fn a_code_works_once_and_every_other_time_is_a_replay() {
    let world = World::new().await;
    let code = code(&world).await;
    assert_eq!(present(&world, &code).await, "fresh");
    assert_eq!(present(&world, &code).await, "replayed");
    assert_eq!(present(&world, &code).await, "replayed");
}

#[tokio::test]
async fn a_code_is_over_after_five_minutes() {
    let world = World::new().await;
    let code = code(&world).await;
    world.sleep(LIFETIME_SECONDS);
    assert_eq!(present(&world, &code).await, "unknown");
}

#[tokio::test]
async fn a_code_of_another_project_is_unknown() {
    let world = World::new().await;
    let code = code(&world).await;
    let found = redeem(&world.other_project(), &world.kv, &code).await.unwrap();
    assert!(matches!(found, Redeemed::Unknown));
}

#[tokio::test]
async fn of_a_hundred_parallel_parties_one_gets_the_grant() {
    let world = World::new().await;
    let code = code(&world).await;
    let mut fresh = 0;
    for _ in 0..50 {
        let (left, right) = tokio::join!(present(&world, &code), present(&world, &code));
        fresh += [left, right].iter().filter(|it| **it == "fresh").count();
    }
    assert_eq!(fresh, 1);
}

#[tokio::test]
async fn a_replay_during_the_exchange_is_noticed_when_it_settles() {
    let world = World::new().await;
    let code = code(&world).await;
    let Redeemed::Fresh(_, receipt) = redeem(&world.ctx(), &world.kv, &code).await.unwrap() else {
        panic!("first")
    };
    assert!(settle(&world.ctx(), &world.kv, &receipt).await.unwrap());
    assert_eq!(present(&world, &code).await, "replayed");
    assert!(!settle(&world.ctx(), &world.kv, &receipt).await.unwrap());
}

#[tokio::test]
async fn a_code_does_not_open_other_single_use_things() {
    let world = World::new().await;
    let (ctx, code) = (world.ctx(), code(&world).await);
    assert!(crate::app_session::exchange(&ctx, &world.kv, &code).await.unwrap().is_none());
    assert_eq!(crate::authentication_info::find(&ctx, &world.kv, &code).await.unwrap(), None);
    assert_eq!(crate::oauth_session::load(&ctx, &world.kv, &code).await.unwrap(), None);
    let purpose = crate::challenge::Purpose::App2appRequest;
    assert!(!crate::challenge::consume(&ctx, &world.kv, &code, purpose).await.unwrap());
}
