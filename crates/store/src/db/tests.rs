//! How the engines are set up, and what can go wrong underneath: a full disk, lost connections.

use domain::{AppId, User, UserId};
use stdx::Timestamp;

use super::*;

fn app() -> AppId {
    AppId::new("test")
}

/// Writes a person of some size.
async fn write_user(store: &Store, id: &str, bytes: usize) -> Result<()> {
    let mut user = User::new(UserId::new(id), Timestamp::EPOCH);
    user.disable_reason = Some("x".repeat(bytes));
    let mut tx = store.write(&app()).await?;
    tx.users().insert(&user).await?;
    tx.commit().await
}

async fn exists(store: &Store, id: &str) -> bool {
    let mut tx = store.read(&app()).await.unwrap();
    tx.users().find(&UserId::new(id)).await.unwrap().is_some()
}

async fn pages_max(store: &Store, pages: u32) {
    let Engine::Sqlite { writer, .. } = &store.engine else { panic!("not SQLite") };
    let mut turn = writer.begin().await.unwrap();
    turn.connection().run(&format!("PRAGMA max_page_count = {pages}")).unwrap();
    turn.commit().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_cleanly_and_recovers() {
    let store = Store::memory().await.unwrap();
    write_user(&store, "before", 10).await.unwrap();
    pages_max(&store, 200).await;

    let error = write_user(&store, "too big", 2_000_000).await.unwrap_err();
    assert!(error.to_string().contains("failed"), "{error:?}");
    assert!(!exists(&store, "too big").await);
    assert!(exists(&store, "before").await);
    write_user(&store, "small", 10).await.unwrap();

    pages_max(&store, 1_000_000).await;
    write_user(&store, "too big", 2_000_000).await.unwrap();
    assert!(exists(&store, "too big").await && exists(&store, "small").await);
}

#[tokio::test]
async fn nobody_is_told_done_when_the_disk_filled_up_meanwhile() {
    let store = Store::memory().await.unwrap();
    pages_max(&store, 400).await;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..40 {
        let store = store.clone();
        let bytes = if number % 5 == 0 { 2_000_000 } else { 10 };
        let id = format!("user{number}");
        writers.spawn(async move { (write_user(&store, &id, bytes).await.is_ok(), id) });
    }
    let told = writers.join_all().await;
    assert!(told.iter().any(|(is_ok, _)| !is_ok));
    for (is_ok, id) in told {
        assert_eq!(exists(&store, &id).await, is_ok, "{id} was told {is_ok}");
    }
}

#[tokio::test]
async fn another_process_that_writes_for_too_long_is_busy() {
    let place = open::Throwaway::new().unwrap();
    let path = place.path().join("busy.db");
    let store = Store::sqlite(&path).await.unwrap();
    let place = sqlite::Place { path, is_durable: true };
    let other = Writer::open(place, std::time::Duration::from_millis(10)).unwrap();
    let held = store.write(&app()).await.unwrap();
    assert!(matches!(other.begin().await.err(), Some(StoreError::Busy)));
    drop(held);
    write_user(&store, "alice", 10).await.unwrap();
    other.begin().await.unwrap().commit().await.unwrap();
}

/// Leaves a savepoint as somebody does who gave up, after `sql` happened to it.
async fn abandon_after(store: &Store, sql: &'static str) {
    let Engine::Sqlite { writer, .. } = &store.engine else { panic!("not SQLite") };
    let mut turn = writer.begin().await.unwrap();
    turn.connection().run(sql).unwrap();
}

#[tokio::test]
async fn who_gives_up_harms_nobody_else() {
    let store = Store::memory().await.unwrap();
    let mut first = store.write(&app()).await.unwrap();
    first.users().insert(&User::new(UserId::new("first"), Timestamp::EPOCH)).await.unwrap();
    // The one after us gives up while its savepoint is open, and the next while it is released.
    let (committed, (), ()) = tokio::join!(
        first.commit(),
        abandon_after(&store, "SELECT 1"),
        abandon_after(&store, "RELEASE turn")
    );
    committed.unwrap();
    assert!(exists(&store, "first").await);
    write_user(&store, "afterwards", 10).await.unwrap();
}

#[tokio::test]
async fn a_batch_that_the_engine_rolled_back_is_not_mistaken_for_a_whole_one() {
    let store = Store::memory().await.unwrap();
    let mut first = store.write(&app()).await.unwrap();
    first.users().insert(&User::new(UserId::new("first"), Timestamp::EPOCH)).await.unwrap();
    let (committed, ()) = tokio::join!(first.commit(), abandon_after(&store, "ROLLBACK"));
    assert!(matches!(committed, Err(StoreError::BatchLost)), "{committed:?}");
    assert!(!exists(&store, "first").await);
    write_user(&store, "afterwards", 10).await.unwrap();
    assert!(exists(&store, "afterwards").await);
}

/// Some commit, some change their minds, some collide, some are gone in the middle of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_writers_do_everybody_is_told_the_truth() {
    let store = Store::memory().await.unwrap();
    write_user(&store, "taken", 10).await.unwrap();
    let mut told = tokio::task::JoinSet::new();
    let mut handles = Vec::new();
    for number in 0..400_u32 {
        let store = store.clone();
        handles.push(told.spawn(async move {
            let id = format!("user{number}");
            for _ in 0..number % 7 {
                tokio::task::yield_now().await;
            }
            let kept = match number % 4 {
                0 | 1 => write_user(&store, &id, 10).await.is_ok(),
                2 => {
                    let mut tx = store.write(&app()).await.unwrap();
                    let user = User::new(UserId::new(&id), Timestamp::EPOCH);
                    tx.users().insert(&user).await.unwrap();
                    false
                }
                _ => write_user(&store, "taken", 10).await.is_ok(),
            };
            (id, kept)
        }));
        if number % 5 == 4 {
            tokio::task::yield_now().await;
            handles[number as usize - 4 + number as usize / 5 % 5].abort();
        }
    }
    let mut heard = 0;
    while let Some(outcome) = told.join_next().await {
        // Who was aborted heard nothing, and either is right.
        let Ok((id, kept)) = outcome else { continue };
        heard += 1;
        assert_eq!(exists(&store, &id).await, kept, "{id}");
        let number: u32 = id.trim_start_matches("user").parse().unwrap();
        assert_eq!(kept, number % 4 < 2, "{id} pays for what somebody else did");
    }
    assert!(heard >= 300, "only {heard} of 400 got to the end");
    write_user(&store, "afterwards", 10).await.unwrap();
    assert!(exists(&store, "afterwards").await);
}

#[tokio::test]
async fn a_file_can_be_opened_twice_and_migrated_once() {
    let place = open::Throwaway::new().unwrap();
    let path = place.path().join("shared.db");
    let (first, second) = tokio::join!(Store::sqlite(&path), Store::sqlite(&path));
    let (first, second) = (first.unwrap(), second.unwrap());
    write_user(&first, "alice", 10).await.unwrap();
    assert!(exists(&second, "alice").await);
    write_user(&second, "bob", 10).await.unwrap();
    assert!(exists(&first, "bob").await);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_an_error() {
    assert!(Store::sqlite("/proc/nowhere/authwarden.db").await.is_err());
}

#[tokio::test]
async fn a_schema_is_a_name_and_nothing_else() {
    for schema in ["", "public; DROP TABLE x", "a\"b", &"x".repeat(64)] {
        let refused = Store::postgres("postgres://localhost/none", schema).await;
        assert!(matches!(refused, Err(StoreError::SchemaName(_))), "{schema}");
    }
}

#[tokio::test]
async fn a_server_that_drops_connections_is_found_again() {
    let Some(store) = crate::tests::postgres("authwarden_reconnect").await else { return };
    write_user(&store, "before", 10).await.unwrap();
    let Engine::Postgres { pool, .. } = &store.engine else { panic!("not PostgreSQL") };
    let mut held = store.write(&app()).await.unwrap();
    // As a restart would: everybody of this store but the one who asks.
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND application_name = 'authwarden_reconnect'";
    sqlx::query(sql).execute(pool).await.unwrap();
    let lost = held.users().insert(&User::new(UserId::new("lost"), Timestamp::EPOCH)).await;
    drop(held);
    let mut attempts = 0;
    while write_user(&store, "after", 10).await.is_err() {
        attempts += 1;
        assert!(attempts < 30, "it was never found again");
    }
    assert!(exists(&store, "before").await && exists(&store, "after").await);
    assert!(lost.is_err() && !exists(&store, "lost").await);
}

#[tokio::test]
async fn two_nodes_that_start_at_once_migrate_once() {
    let schema = "authwarden_two_nodes";
    let Some(before) = crate::tests::postgres(schema).await else { return };
    let Engine::Postgres { pool, .. } = &before.engine else { panic!("not PostgreSQL") };
    let sql = "DROP SCHEMA authwarden_two_nodes CASCADE";
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "the one switch of the test suite")]
    let url = std::env::var("TEST_POSTGRES").unwrap();
    let start = || Store::postgres(&url, schema);
    let (first, second, third) = tokio::join!(start(), start(), start());
    write_user(&first.unwrap(), "alice", 10).await.unwrap();
    assert!(exists(&second.unwrap(), "alice").await && exists(&third.unwrap(), "alice").await);
}

#[tokio::test]
async fn postgres_is_told_how_we_work() {
    let Some(store) = crate::tests::postgres("authwarden_settings").await else { return };
    let mut tx = store.write(&app()).await.unwrap();
    let sql = "SELECT $1 AS app, current_setting('statement_timeout') AS timeout,
                      current_setting('search_path') AS schema, current_setting('TimeZone') AS zone";
    let row = tx.fetch_optional(sql, &[]).await.unwrap().unwrap();
    assert_eq!(row.text("timeout").unwrap(), "5s");
    assert_eq!(row.text("schema").unwrap(), "\"authwarden_settings\"");
    assert_eq!(row.text("zone").unwrap(), "UTC");
}

#[tokio::test]
async fn sqlite_is_told_how_we_work() {
    let place = open::Throwaway::new().unwrap();
    let store = Store::sqlite(place.path().join("settings.db")).await.unwrap();
    let mut tx = store.write(&app()).await.unwrap();
    let sql = "SELECT $1 AS app, s.synchronous, j.journal_mode, f.foreign_keys
                 FROM pragma_synchronous s, pragma_journal_mode j, pragma_foreign_keys f";
    let row = tx.fetch_optional(sql, &[]).await.unwrap().unwrap();
    // 2 is FULL.
    assert_eq!(row.int("synchronous").unwrap(), 2);
    assert_eq!(row.text("journal_mode").unwrap(), "wal");
    assert_eq!(row.int("foreign_keys").unwrap(), 1);
}

#[tokio::test]
async fn what_is_over_is_found_without_reading_everything() {
    let store = Store::memory().await.unwrap();
    let mut tx = store.read(&app()).await.unwrap();
    let sql = "EXPLAIN QUERY PLAN SELECT hash FROM _authwarden_access_token
                WHERE app_id = $1 AND expires_at < $2 LIMIT 1";
    let plan = tx.fetch_all(sql, &[Arg::Time(Timestamp::EPOCH)]).await.unwrap();
    let plan = plan[0].text("detail").unwrap();
    assert!(plan.contains("_app_id_expires_at (app_id=? AND expires_at<?)"), "{plan}");
}
