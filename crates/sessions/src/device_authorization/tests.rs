use super::*;
use crate::world::World;

fn grant() -> Box<CodeGrant> {
    Box::new(CodeGrant {
        grant_id: "grant".into(),
        client_id: "tv".into(),
        scope: "openid".into(),
        authorization_id: "authorization".into(),
        user_id: "alice".into(),
        ..CodeGrant::default()
    })
}

async fn asked(world: &World) -> Asked {
    ask(&world.ctx(), &world.kv, "tv", "openid").await.unwrap()
}

async fn polled(world: &World, asked: &Asked, client: &str) -> &'static str {
    let code = asked.device_code.reveal();
    match poll(&world.ctx(), &world.kv, code, client).await.unwrap() {
        Polled::Granted(grant) if grant.user_id == "alice" => "granted",
        Polled::Granted(_) => "another's",
        Polled::Pending => "pending",
        Polled::TooSoon => "too soon",
        Polled::Denied => "denied",
        Polled::Unknown => "unknown",
    }
}

async fn answer(world: &World, asked: &Asked, decision: Decision) -> bool {
    let waiting = find(&world.ctx(), &world.kv, &asked.user_code).await.unwrap().unwrap();
    decide(&world.ctx(), &world.kv, &waiting.id, &decision).await.unwrap()
}

#[tokio::test]
async fn what_is_approved_is_handed_out_once() {
    let world = World::new().await;
    let asked = asked(&world).await;
    assert_eq!(polled(&world, &asked, "tv").await, "pending");
    assert!(answer(&world, &asked, Decision::Approved(grant())).await);
    world.sleep(INTERVAL_SECONDS);
    assert_eq!(polled(&world, &asked, "tv").await, "granted");
    assert_eq!(polled(&world, &asked, "tv").await, "unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_ask_at_once_one_gets_it() {
    let world = World::new().await;
    let asked = asked(&world).await;
    answer(&world, &asked, Decision::Approved(grant())).await;
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (ctx, kv) = (world.ctx(), world.kv.clone());
        let code = asked.device_code.reveal().clone();
        all.spawn(async move { poll(&ctx, &kv, &code, "tv").await.unwrap() });
    }
    let all = all.join_all().await;
    let granted = all.iter().filter(|it| matches!(it, Polled::Granted(_))).count();
    assert_eq!(granted, 1);
}

#[tokio::test]
async fn what_is_denied_stays_denied() {
    let world = World::new().await;
    let asked = asked(&world).await;
    let waiting = find(&world.ctx(), &world.kv, &asked.user_code).await.unwrap().unwrap();
    assert!(answer(&world, &asked, Decision::Denied).await);
    let late = Decision::Approved(grant());
    assert!(!decide(&world.ctx(), &world.kv, &waiting.id, &late).await.unwrap());
    assert_eq!(polled(&world, &asked, "tv").await, "denied");
    assert_eq!(find(&world.ctx(), &world.kv, &asked.user_code).await.unwrap(), None);
}

#[tokio::test]
async fn who_asks_too_soon_waits_longer_each_time() {
    let world = World::new().await;
    let asked = asked(&world).await;
    assert_eq!(polled(&world, &asked, "tv").await, "pending");
    world.sleep(INTERVAL_SECONDS - 1);
    assert_eq!(polled(&world, &asked, "tv").await, "too soon");
    world.sleep(INTERVAL_SECONDS);
    assert_eq!(polled(&world, &asked, "tv").await, "too soon", "ten seconds now");
    world.sleep(3 * INTERVAL_SECONDS);
    assert_eq!(polled(&world, &asked, "tv").await, "pending");
}

#[tokio::test]
async fn an_approval_reaches_a_device_that_asks_too_soon() {
    let world = World::new().await;
    let asked = asked(&world).await;
    polled(&world, &asked, "tv").await;
    answer(&world, &asked, Decision::Approved(grant())).await;
    assert_eq!(polled(&world, &asked, "tv").await, "granted");
}

#[tokio::test]
async fn another_client_another_project_and_another_day_find_nothing() {
    let world = World::new().await;
    let asked = asked(&world).await;
    answer(&world, &asked, Decision::Approved(grant())).await;
    assert_eq!(polled(&world, &asked, "radio").await, "unknown");
    let other = world.other_project();
    let found = poll(&other, &world.kv, asked.device_code.reveal(), "tv").await.unwrap();
    assert!(matches!(found, Polled::Unknown));
    assert_eq!(find(&other, &world.kv, &asked.user_code).await.unwrap(), None);
    world.sleep(LIFETIME_SECONDS);
    assert_eq!(polled(&world, &asked, "tv").await, "unknown");
}

#[tokio::test]
async fn a_code_is_found_however_it_is_typed() {
    let world = World::new().await;
    let asked = asked(&world).await;
    let bare = asked.user_code.replace('-', "");
    let (first, second) = bare.split_at(4);
    for typed in [bare.to_lowercase(), format!(" {first} {second} "), format!("{first}–{second}")]
    {
        let found = find(&world.ctx(), &world.kv, &typed).await.unwrap();
        assert_eq!(found.map(|it| it.client_id).as_deref(), Some("tv"), "{typed}");
    }
    for typed in ["", "BBBB-BBBB", "AEIO-UAEI", &format!("{bare}B"), first] {
        assert_eq!(find(&world.ctx(), &world.kv, typed).await.unwrap(), None, "{typed}");
    }
}

#[test]
fn letters_are_as_likely_as_each_other() {
    let rng = Rng::seeded(1);
    let mut counts = std::collections::BTreeMap::<char, i32>::new();
    for _ in 0..5_000 {
        for letter in random_letters(&rng).chars() {
            *counts.entry(letter).or_default() += 1;
        }
    }
    assert_eq!(counts.len(), ALPHABET.len());
    // Two thousand of each are expected; five standard deviations are 220.
    assert!(counts.values().all(|it| (1_780..2_220).contains(it)), "{counts:?}");
}
