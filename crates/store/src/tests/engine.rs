//! Transactions: what is kept, what is undone, and what is told to whom.

use domain::{User, UserId};

use super::{NOW, conformance, read, user, write};
use crate::{Store, StoreError, Tx};

async fn insert(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.users().insert(&User::new(UserId::new(id), NOW)).await
}

async fn exists(store: &Store, id: &str) -> bool {
    read(store).await.users().find(&UserId::new(id)).await.unwrap().is_some()
}

async fn dropping_a_transaction_rolls_back(store: &Store) {
    let mut tx = write(store).await;
    insert(&mut tx, "alice").await.unwrap();
    drop(tx);
    user(store, "bob").await;
    assert!(!exists(store, "alice").await);
    assert!(exists(store, "bob").await);
}

async fn a_reader_does_not_see_what_is_not_committed(store: &Store) {
    let mut tx = write(store).await;
    insert(&mut tx, "alice").await.unwrap();
    assert!(!exists(store, "alice").await);
    tx.commit().await.unwrap();
    assert!(exists(store, "alice").await);
}

async fn a_reader_cannot_write(store: &Store) {
    let error = insert(&mut read(store).await, "alice").await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly));
}

async fn after_a_failed_statement_nothing_is_kept(store: &Store) {
    user(store, "alice").await;
    let mut tx = write(store).await;
    insert(&mut tx, "bob").await.unwrap();
    let error = insert(&mut tx, "alice").await.unwrap_err();
    assert!(error.is_unique_violation(), "{error:?}");
    assert!(matches!(insert(&mut tx, "carol").await, Err(StoreError::Failed)));
    assert!(matches!(tx.commit().await, Err(StoreError::Failed)));
    assert!(!exists(store, "bob").await);
}

async fn a_failure_is_the_failure_of_one(store: &Store) {
    user(store, "taken").await;
    let good = async {
        let mut tx = write(store).await;
        insert(&mut tx, "good").await.unwrap();
        tx.commit().await
    };
    let bad = async {
        let mut tx = write(store).await;
        insert(&mut tx, "taken").await
    };
    let (good, bad) = tokio::join!(good, bad);
    assert!(good.is_ok() && bad.is_err());
    assert!(exists(store, "good").await);
}

async fn a_lock_is_held_until_the_end(store: &Store) {
    let mut tx = write(store).await;
    tx.lock("counter").await.unwrap();
    tx.lock("counter").await.unwrap();
    tx.commit().await.unwrap();
    assert!(read(store).await.lock("counter").await.is_err());
}

async fn migrating_twice_changes_nothing(store: &Store) {
    user(store, "alice").await;
    let (first, second) = tokio::join!(store.migrate(), store.migrate());
    first.and(second).unwrap();
    assert!(exists(store, "alice").await);
}

conformance! {
    dropping_a_transaction_rolls_back,
    a_reader_does_not_see_what_is_not_committed,
    a_reader_cannot_write,
    after_a_failed_statement_nothing_is_kept,
    a_failure_is_the_failure_of_one,
    a_lock_is_held_until_the_end,
    migrating_twice_changes_nothing,
}

#[tokio::test]
async fn writers_that_wait_together_share_a_commit() {
    let store = Store::memory().await.unwrap();
    let before = store.commits().unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..64 {
        let store = store.clone();
        writers.spawn(async move { user(&store, &format!("user{number}")).await });
    }
    let written = writers.join_all().await;
    let commits = store.commits().unwrap() - before;
    assert!(commits <= 8, "64 writers took {commits} commits");
    for id in written {
        assert!(exists(&store, id.as_str()).await);
    }
}

#[tokio::test]
async fn a_caller_that_gives_up_leaves_no_lock_behind() {
    let store = Store::memory().await.unwrap();
    for _ in 0..50 {
        let abandoned = async {
            let mut tx = write(&store).await;
            insert(&mut tx, "ghost").await.unwrap();
            std::future::pending::<()>().await;
        };
        let abandoned = std::pin::pin!(abandoned);
        assert!(futures_poll_some(abandoned).await.is_none());
    }
    user(&store, "alice").await;
    assert!(!exists(&store, "ghost").await);
}

/// Polls until the future has had every chance to get stuck where it means to.
async fn futures_poll_some<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    tokio::time::timeout(std::time::Duration::from_millis(5), future).await.ok()
}
