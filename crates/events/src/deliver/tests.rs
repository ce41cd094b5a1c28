//! From the transaction to the audit log.

use expect_test::expect;

use super::*;
use crate::world::World;
use crate::{Event, Source, TriggeredBy, UserModel, record};

fn signed_up() -> Event {
    let user = UserModel { id: UserId::new("alice"), model: json!({ "id": "alice" }) };
    Event::UserCreated { user, identities: Vec::new() }
}

async fn happen(world: &World, source: &Source, event: Event) {
    let mut tx = world.write().await;
    record(&world.ctx, &mut tx, source, event).await.unwrap();
    tx.commit().await.unwrap();
}

async fn lines(world: &World) -> Vec<AuditEntry> {
    let mut tx = world.store.read(&world.ctx.app.id).await.unwrap();
    tx.audit_log().list(None, 1_000).await.unwrap()
}

#[tokio::test]
async fn what_happened_is_in_the_audit_log_once() {
    let world = World::new().await;
    let source = Source {
        client_id: Some(ClientId::new("app")),
        state: Some("xyz".to_owned()),
        preferred_languages: vec!["zh-HK".to_owned()],
        http_url: "https://auth.example/login".to_owned(),
        ..Source::default()
    };
    happen(&world, &source, signed_up()).await;
    assert_eq!(lines(&world).await, []);
    let expected = Delivered { delivered: 1, failed: 0, is_more: false };
    assert_eq!(deliver(&world.store, world.ctx.now).await.unwrap(), expected);
    assert_eq!(deliver(&world.store, world.ctx.now).await.unwrap(), Delivered::default());

    let [line] = lines(&world).await.try_into().unwrap();
    assert_eq!(line.activity_type, "user.created");
    assert_eq!(line.user_id, Some(UserId::new("alice")));
    assert_eq!(line.ip, Some("192.0.2.1".parse().unwrap()));
    assert_eq!(line.user_agent.as_deref(), Some("curl/8"));
    assert_eq!(line.client_id, Some(ClientId::new("app")));
    assert_eq!(line.created_at, world.ctx.now);
    expect![[r#"
        {
          "id": "374708ff-f771-4dd5-979e-c875d56cd228",
          "seq": 1,
          "type": "user.created",
          "payload": {
            "user": {
              "id": "alice"
            },
            "identities": []
          },
          "context": {
            "timestamp": 1767225600,
            "user_id": "alice",
            "triggered_by": "user",
            "audit_context": {
              "http_url": "https://auth.example/login"
            },
            "preferred_languages": [
              "zh-HK"
            ],
            "language": "en",
            "geo_location_code": null,
            "app_id": "test",
            "ip_address": "192.0.2.1",
            "user_agent": "curl/8",
            "client_id": "app",
            "tracking_id": "request",
            "oauth": {
              "state": "xyz"
            }
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&line.data).unwrap());
}

#[tokio::test]
async fn what_was_rolled_back_did_not_happen() {
    let world = World::new().await;
    let mut tx = world.write().await;
    record(&world.ctx, &mut tx, &Source::default(), signed_up()).await.unwrap();
    drop(tx);
    assert_eq!(deliver(&world.store, world.ctx.now).await.unwrap(), Delivered::default());
}

#[tokio::test]
async fn an_event_about_nobody_has_no_user() {
    let world = World::new().await;
    let source = Source { triggered_by: TriggeredBy::System, ..Source::default() };
    happen(&world, &source, Event::LoginIdNotFound { login_id: "bob".to_owned() }).await;
    deliver(&world.store, world.ctx.now).await.unwrap();
    let [line] = lines(&world).await.try_into().unwrap();
    assert_eq!(line.user_id, None);
    assert_eq!(line.data["context"]["user_id"], Value::Null);
    assert_eq!(line.data["context"]["triggered_by"], "system");
}

#[tokio::test]
async fn many_events_take_several_rounds() {
    let world = World::new().await;
    for _ in 0..101 {
        happen(&world, &Source::default(), signed_up()).await;
    }
    let first = deliver(&world.store, world.ctx.now).await.unwrap();
    assert_eq!(first, Delivered { delivered: 100, failed: 0, is_more: true });
    let second = deliver(&world.store, world.ctx.now).await.unwrap();
    assert_eq!(second, Delivered { delivered: 1, failed: 0, is_more: false });
    assert_eq!(lines(&world).await.len(), 101);
}

#[tokio::test]
async fn two_workers_deliver_an_event_once() {
    let world = World::new().await;
    for _ in 0..20 {
        happen(&world, &Source::default(), signed_up()).await;
    }
    let now = world.ctx.now;
    let (first, second) = tokio::join!(deliver(&world.store, now), deliver(&world.store, now));
    assert_eq!(first.unwrap().delivered + second.unwrap().delivered, 20);
    assert_eq!(lines(&world).await.len(), 20);
}

#[tokio::test]
async fn a_worker_that_comes_back_too_late_keeps_nothing_twice() {
    let world = World::new().await;
    happen(&world, &Source::default(), signed_up()).await;
    let now = world.ctx.now;
    let mut tx = world.write().await;
    let claimed = tx.outbox().claim(AUDIT_LOG, now, now.plus_seconds(1), 1).await.unwrap();
    tx.commit().await.unwrap();
    deliver(&world.store, now.plus_seconds(1)).await.unwrap();
    keep(&world.store, &world.ctx.app.id, &claimed).await.unwrap();
    assert_eq!(lines(&world).await.len(), 1);
}

#[tokio::test]
async fn a_failure_waits_longer_each_time_and_is_given_up_in_the_end() {
    let world = World::new().await;
    happen(&world, &Source::default(), signed_up()).await;
    let mut now = world.ctx.now;
    let mut waits = Vec::new();
    for _ in 0..ATTEMPTS_MAX {
        let mut tx = world.store.write_any().await.unwrap();
        let claimed = tx.outbox().claim(AUDIT_LOG, now, now.plus_seconds(1), 1).await.unwrap();
        tx.commit().await.unwrap();
        postpone(&world.store, &claimed[0], &StoreError::Busy, now).await.unwrap();
        let mut wait = 1;
        while wait < 2_i64.pow(20) && !is_due(&world, now.plus_seconds(wait)).await {
            wait *= 2;
        }
        waits.push(wait);
        now = now.plus_seconds(wait);
    }
    assert_eq!(waits[..5], [1, 2, 4, 8, 16]);
    assert!(!is_due(&world, now.plus_seconds(1_000_000_000)).await);
}

async fn is_due(world: &World, at: Timestamp) -> bool {
    let mut tx = world.store.write_any().await.unwrap();
    // Rolled back: nobody claimed it.
    !tx.outbox().claim(AUDIT_LOG, at, at.plus_seconds(1), 1).await.unwrap().is_empty()
}
