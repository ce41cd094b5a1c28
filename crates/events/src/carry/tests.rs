use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::UserId;
use serde_json::json;

use super::*;
use crate::world::{World, ctx_of};
use crate::{Event, Source, UserModel, record};

const TWO_HANDLERS: &str = "hook: { non_blocking_handlers: [
    { events: [\"*\"], url: \"https://one.example/hook\" },
    { events: [\"user.created\"], url: \"https://two.example/hook\" },
    { events: [\"user.disabled\"], url: \"https://three.example/hook\" } ] }";

/// A receiver that takes everything but what is about the people it does not like.
#[derive(Default)]
struct Receiver {
    refuses: Vec<(&'static str, Retry)>,
    heard: Mutex<Vec<String>>,
}

impl Sink for Receiver {
    const KIND: &'static str = "hook:";
    const LIFETIME_SECONDS: i64 = 3 * 86_400;

    async fn deliver(
        &self,
        ctx: &Ctx,
        entry: &OutboxEntry,
    ) -> std::result::Result<(), Undelivered> {
        assert_eq!(ctx.request_id, entry.id);
        let user = entry.context["user_id"].as_str().unwrap_or_default();
        self.heard.lock().unwrap().push(format!("{user} {}", entry.r#type));
        match self.refuses.iter().find(|(it, _)| *it == user) {
            Some((_, retry)) => Err(Undelivered { why: "no".to_owned(), retry: *retry }),
            None => Ok(()),
        }
    }
}

impl Receiver {
    fn that_refuses(user: &'static str, retry: Retry) -> Self {
        Self { refuses: vec![(user, retry)], ..Self::default() }
    }

    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

/// A project with a clock that a test moves on.
struct Worker {
    world: World,
    seconds: AtomicI64,
}

impl Worker {
    async fn new() -> Self {
        let mut world = World::new().await;
        world.ctx = ctx_of(TWO_HANDLERS, json!({}), BTreeMap::new());
        Self { world, seconds: AtomicI64::new(0) }
    }

    fn now(&self) -> Timestamp {
        self.world.ctx.now.plus_seconds(self.seconds.load(Ordering::Relaxed))
    }

    async fn happen(&self, event: Event) {
        let mut tx = self.world.write().await;
        record(&self.world.ctx, &mut tx, &Source::default(), event).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn lanes(&self) -> Vec<String> {
        let lanes = due_lanes::<Receiver>(&self.world.store, self.now()).await.unwrap();
        lanes.into_iter().map(|it| it.sink).collect()
    }

    /// One turn of the lane to the first handler.
    async fn carry(&self, receiver: &Receiver, is_served: bool) {
        let ctx = &self.world.ctx;
        let sink = "hook:https://one.example/hook".to_owned();
        let lane = Lane { app: ctx.app.id.clone(), sink };
        let operation_of = |_: &AppId| is_served.then(|| ctx.clone());
        let now = || self.now();
        carry(&self.world.store, receiver, &lane, &operation_of, &now).await.unwrap();
    }
}

fn person(id: &str) -> UserModel {
    UserModel { id: UserId::new(id), model: json!({ "id": id }) }
}

fn created(id: &str) -> Event {
    Event::UserCreated { user: person(id), identities: Vec::new() }
}

#[tokio::test]
async fn a_handler_is_told_of_the_events_that_it_names() {
    let worker = Worker::new().await;
    worker.happen(created("alice")).await;
    let lanes = worker.lanes().await;
    assert_eq!(lanes, ["hook:https://one.example/hook", "hook:https://two.example/hook"]);
    // Failures are for the audit log alone.
    let worker = Worker::new().await;
    worker.happen(Event::LoginIdNotFound { login_id: "bob".to_owned() }).await;
    assert!(worker.lanes().await.is_empty());
}

#[tokio::test]
async fn what_happened_to_one_person_is_told_in_order_and_once() {
    let worker = Worker::new().await;
    for user in ["alice", "bob", "alice"] {
        worker.happen(created(user)).await;
        worker.happen(Event::UserDisabled { user: person(user) }).await;
    }
    let receiver = Receiver::default();
    worker.carry(&receiver, true).await;
    worker.carry(&receiver, true).await;
    let heard = receiver.heard();
    let of = |user: &str| -> Vec<String> {
        let own = heard.iter().filter_map(|it| it.strip_prefix(user)).map(str::trim);
        own.map(str::to_owned).collect()
    };
    let both = ["user.created", "user.disabled"];
    assert_eq!(of("alice"), [both, both].concat());
    assert_eq!(of("bob"), both);
}

#[tokio::test]
async fn what_is_refused_waits_longer_each_time_and_holds_up_nobody() {
    let worker = Worker::new().await;
    let receiver = Receiver::that_refuses("alice", Retry::Later);
    worker.happen(created("alice")).await;
    worker.happen(created("bob")).await;
    worker.carry(&receiver, true).await;
    assert_eq!(receiver.heard().len(), 2);
    for wait in [1, 2, 4, 8] {
        worker.seconds.fetch_add(wait - 1, Ordering::Relaxed);
        worker.carry(&receiver, true).await;
        assert!(receiver.heard().is_empty(), "before {wait} seconds");
        worker.seconds.fetch_add(1, Ordering::Relaxed);
        worker.carry(&receiver, true).await;
        assert_eq!(receiver.heard(), ["alice user.created"], "after {wait} seconds");
    }
}

#[tokio::test]
async fn a_receiver_that_asks_for_time_gets_it() {
    let worker = Worker::new().await;
    let receiver = Receiver::that_refuses("alice", Retry::After(120));
    worker.happen(created("alice")).await;
    worker.carry(&receiver, true).await;
    worker.seconds.store(119, Ordering::Relaxed);
    assert!(!worker.lanes().await.contains(&"hook:https://one.example/hook".to_owned()));
    worker.seconds.store(120, Ordering::Relaxed);
    assert!(worker.lanes().await.contains(&"hook:https://one.example/hook".to_owned()));
}

#[tokio::test]
async fn an_entry_is_given_up_after_three_days_or_when_there_is_no_use() {
    let worker = Worker::new().await;
    let receiver = Receiver::that_refuses("alice", Retry::Later);
    worker.happen(created("alice")).await;
    worker.seconds.store(3 * 86_400 - 1, Ordering::Relaxed);
    worker.carry(&receiver, true).await;
    worker.seconds.store(3 * 86_400, Ordering::Relaxed);
    worker.carry(&receiver, true).await;
    worker.seconds.store(1_000_000_000, Ordering::Relaxed);
    worker.carry(&receiver, true).await;
    assert_eq!(receiver.heard().len(), 2);

    let worker = Worker::new().await;
    let receiver = Receiver::that_refuses("alice", Retry::Never);
    worker.happen(created("alice")).await;
    worker.carry(&receiver, true).await;
    worker.seconds.store(86_400, Ordering::Relaxed);
    worker.carry(&receiver, true).await;
    assert_eq!(receiver.heard().len(), 1);
}

#[tokio::test]
async fn what_a_dead_worker_had_claimed_is_delivered_by_another() {
    let worker = Worker::new().await;
    worker.happen(created("alice")).await;
    let now = worker.now();
    let mut tx = worker.world.write().await;
    let sink = "hook:https://one.example/hook";
    tx.outbox().claim(sink, now, now.plus_seconds(LEASE_SECONDS), 9).await.unwrap();
    tx.commit().await.unwrap();
    let receiver = Receiver::default();
    worker.carry(&receiver, true).await;
    assert!(receiver.heard().is_empty());
    worker.seconds.store(LEASE_SECONDS, Ordering::Relaxed);
    worker.carry(&receiver, true).await;
    assert_eq!(receiver.heard(), ["alice user.created"]);
}

#[tokio::test]
async fn entries_of_a_project_that_is_not_served_wait_for_it() {
    let worker = Worker::new().await;
    worker.happen(created("alice")).await;
    let receiver = Receiver::default();
    worker.carry(&receiver, false).await;
    worker.seconds.store(1, Ordering::Relaxed);
    worker.carry(&receiver, true).await;
    assert_eq!(receiver.heard(), ["alice user.created"]);
}

#[test]
fn nothing_waits_longer_than_an_hour() {
    assert_eq!([1, 2, 12, 13, 400].map(backoff_seconds), [1, 2, 2_048, 3_600, 3_600]);
}
