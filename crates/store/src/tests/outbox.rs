//! Events on their way out, and wrong proofs that are counted.

use domain::{AppId, Lockout, OutboxEntry};
use serde_json::json;

use super::{NOW, app, conformance, read, user, write};
use crate::Store;

fn entry(id: &str) -> OutboxEntry {
    OutboxEntry {
        seq: 0,
        app_id: app(),
        id: id.to_owned(),
        sink: String::new(),
        r#type: "user.created".to_owned(),
        payload: [("user".to_owned(), json!({ "id": "alice" }))].into_iter().collect(),
        context: [("timestamp".to_owned(), json!(NOW.seconds()))].into_iter().collect(),
        created_at: NOW,
        attempts: 0,
    }
}

async fn insert(store: &Store, ids: &[&str], sinks: &[&str]) {
    let mut tx = write(store).await;
    for id in ids {
        tx.outbox().insert(&entry(id), sinks).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Claims what is due for a sink after some seconds, for ten: `id/sink#attempts`.
async fn claim_of(store: &Store, sink: &str, seconds: i64, limit: i64) -> Vec<String> {
    let now = NOW.plus_seconds(seconds);
    let mut tx = store.write_any().await.unwrap();
    let claimed = tx.outbox().claim(sink, now, now.plus_seconds(10), limit).await.unwrap();
    tx.commit().await.unwrap();
    claimed.into_iter().map(|it| format!("{}/{}#{}", it.id, it.sink, it.attempts)).collect()
}

async fn claim(store: &Store, seconds: i64, limit: i64) -> Vec<String> {
    claim_of(store, "audit", seconds, limit).await
}

async fn is_due(store: &Store, seconds: i64) -> bool {
    read(store).await.outbox().is_due("audit", NOW.plus_seconds(seconds)).await.unwrap()
}

async fn an_entry_goes_to_each_place(store: &Store) {
    insert(store, &["a", "b"], &["audit", "webhook"]).await;
    assert_eq!(claim_of(store, "webhook", 0, 1).await, ["a/webhook#1"]);
    assert_eq!(claim(store, 0, 3).await, ["a/audit#1", "b/audit#1"]);
    assert_eq!(claim_of(store, "webhook", 0, 3).await, ["b/webhook#1"]);
}

async fn a_claimed_entry_comes_back_when_its_worker_died(store: &Store) {
    insert(store, &["a"], &["audit"]).await;
    assert!(is_due(store, 0).await);
    assert_eq!(claim(store, 0, 9).await, ["a/audit#1"]);
    assert!(claim(store, 9, 9).await.is_empty());
    assert!(!is_due(store, 9).await && is_due(store, 10).await);
    assert_eq!(claim(store, 10, 9).await, ["a/audit#2"]);
}

async fn an_entry_is_read_as_written(store: &Store) {
    insert(store, &["a"], &["audit"]).await;
    let mut tx = write(store).await;
    let claimed = tx.outbox().claim("audit", NOW, NOW.plus_seconds(1), 1).await.unwrap();
    let expected =
        OutboxEntry { seq: claimed[0].seq, sink: "audit".to_owned(), attempts: 1, ..entry("a") };
    assert_eq!(claimed, [expected]);
    assert!(tx.outbox().delete(claimed[0].seq).await.unwrap());
    assert!(!tx.outbox().delete(claimed[0].seq).await.unwrap());
    assert_eq!(tx.outbox().count_waiting().await.unwrap(), 0);
}

async fn a_failed_entry_waits_or_is_given_up(store: &Store) {
    insert(store, &["a"], &["audit"]).await;
    let mut tx = write(store).await;
    let claimed = tx.outbox().claim("audit", NOW, NOW.plus_seconds(60), 1).await.unwrap();
    let later = NOW.plus_seconds(5);
    tx.outbox().postpone(claimed[0].seq, Some(later), "refused").await.unwrap();
    tx.commit().await.unwrap();
    assert!(claim(store, 4, 9).await.is_empty());
    assert_eq!(claim(store, 5, 9).await, ["a/audit#2"]);

    let mut tx = write(store).await;
    assert_eq!(tx.outbox().count_waiting().await.unwrap(), 1);
    tx.outbox().postpone(claimed[0].seq, None, "refused").await.unwrap();
    assert_eq!(tx.outbox().count_waiting().await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert!(claim(store, 86_400, 9).await.is_empty());
}

async fn a_worker_of_one_project_leaves_the_others_alone(store: &Store) {
    insert(store, &["a"], &["audit"]).await;
    let mut tx = store.write(&AppId::new("other")).await.unwrap();
    assert!(tx.outbox().claim("audit", NOW, NOW.plus_seconds(1), 9).await.unwrap().is_empty());
}

async fn sinks_of_a_kind_are_found_by_who_waits_longest(store: &Store) {
    insert(store, &["a"], &["hook:b", "audit"]).await;
    insert(store, &["b"], &["hook:a", "hook:b"]).await;
    let due = |seconds: i64| async move {
        let now = NOW.plus_seconds(seconds);
        read(store).await.outbox().list_due_sinks("hook:", now).await.unwrap()
    };
    assert_eq!(due(0).await, [(app(), "hook:b".to_owned()), (app(), "hook:a".to_owned())]);
    assert_eq!(claim_of(store, "hook:b", 0, 9).await.len(), 2);
    assert_eq!(due(0).await, [(app(), "hook:a".to_owned())]);
    assert_eq!(due(10).await.len(), 2);
}

async fn what_nobody_tried_is_given_back_as_it_was(store: &Store) {
    insert(store, &["a"], &["audit"]).await;
    let mut tx = write(store).await;
    let claimed = tx.outbox().claim("audit", NOW, NOW.plus_seconds(60), 1).await.unwrap();
    tx.outbox().release(claimed[0].seq).await.unwrap();
    // Once it is nobody's, giving it back changes nothing.
    tx.outbox().release(claimed[0].seq).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claim(store, 0, 9).await, ["a/audit#1"]);
}

async fn what_was_given_up_is_forgotten_in_the_end(store: &Store) {
    insert(store, &["a", "b"], &["audit"]).await;
    let mut tx = write(store).await;
    let claimed = tx.outbox().claim("audit", NOW, NOW.plus_seconds(60), 1).await.unwrap();
    tx.outbox().postpone(claimed[0].seq, None, "refused").await.unwrap();
    tx.outbox().sweep(NOW).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.write_any().await.unwrap();
    tx.outbox().sweep(NOW.plus_seconds(1)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = write(store).await;
    assert!(!tx.outbox().delete(claimed[0].seq).await.unwrap());
    assert_eq!(tx.outbox().count_waiting().await.unwrap(), 1);
}

async fn two_workers_never_claim_the_same_entry(store: &Store) {
    insert(store, &["a", "b", "c"], &["audit"]).await;
    let (mut first, second) = tokio::join!(claim(store, 0, 2), claim(store, 0, 2));
    first.extend(second);
    first.sort();
    let all = first.len();
    first.dedup();
    assert_eq!(first.len(), all);
}

async fn attempts_are_kept_until_they_no_longer_count(store: &Store) {
    let alice = user(store, "alice").await;
    let lockout = |contributor: &str, attempts, locked_for: Option<i64>| Lockout {
        user_id: alice.clone(),
        contributor: contributor.to_owned(),
        attempts,
        locked_until: locked_for.map(|it| NOW.plus_seconds(it)),
        expires_at: NOW.plus_seconds(60),
    };
    let mut tx = write(store).await;
    tx.lockouts().put(&lockout("", 1, None)).await.unwrap();
    tx.lockouts().put(&lockout("", 2, None)).await.unwrap();
    tx.lockouts().put(&lockout("192.0.2.1", 2, Some(90))).await.unwrap();
    tx.commit().await.unwrap();

    let both = [lockout("", 2, None), lockout("192.0.2.1", 2, Some(90))];
    let mut tx = read(store).await;
    assert_eq!(tx.lockouts().list(&alice, NOW).await.unwrap(), both);
    let later = NOW.plus_seconds(60);
    assert_eq!(tx.lockouts().list(&alice, later).await.unwrap(), both[1..]);
    drop(tx);

    let mut tx = store.write_any().await.unwrap();
    tx.lockouts().sweep(later).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = write(store).await;
    assert_eq!(tx.lockouts().list(&alice, NOW).await.unwrap(), both[1..]);
    tx.lockouts().delete_all(&alice).await.unwrap();
    assert_eq!(tx.lockouts().list(&alice, NOW).await.unwrap(), []);
}

conformance! {
    an_entry_goes_to_each_place,
    a_claimed_entry_comes_back_when_its_worker_died,
    an_entry_is_read_as_written,
    a_failed_entry_waits_or_is_given_up,
    a_worker_of_one_project_leaves_the_others_alone,
    sinks_of_a_kind_are_found_by_who_waits_longest,
    what_nobody_tried_is_given_back_as_it_was,
    what_was_given_up_is_forgotten_in_the_end,
    two_workers_never_claim_the_same_entry,
    attempts_are_kept_until_they_no_longer_count,
}
