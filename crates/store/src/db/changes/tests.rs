use std::time::Duration;

use domain::AppId;
use serde_json::Map;
use sqlx::postgres::PgListener;

use crate::config_sources::{CONFIG_SOURCE_CHANGE, DOMAIN_CHANGE};
use crate::db::Arg;
use crate::tests::{NOW, postgres, write};
use crate::{Changes, Store};

async fn tell(store: &Store, channel: &str) {
    let mut tx = write(store).await;
    let sql = "SELECT pg_notify($2, 'something') WHERE $1 = $1";
    tx.execute(sql, &[Arg::Text(channel)]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn told(changes: &mut Changes) {
    let waiting = tokio::time::timeout(Duration::from_secs(20), changes.next());
    waiting.await.expect("nobody said anything").unwrap();
}

#[tokio::test]
async fn sqlite_has_to_be_asked() {
    let store = Store::memory().await.unwrap();
    assert!(store.changes(&["anything"]).is_none());
}

#[tokio::test]
async fn a_commit_tells_those_who_listen() {
    let Some(store) = postgres("authwarden_changes").await else { return };
    let mut changes = store.changes(&["authwarden_test_told"]).unwrap();
    told(&mut changes).await;
    for _ in 0..2 {
        tell(&store, "authwarden_test_told").await;
        told(&mut changes).await;
    }
}

#[tokio::test]
async fn a_lost_connection_is_a_reason_to_look() {
    let Some(store) = postgres("authwarden_changes_lost").await else { return };
    let mut changes = store.changes(&["authwarden_test_lost"]).unwrap();
    told(&mut changes).await;
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE query LIKE 'LISTEN \"authwarden_test_lost\"%' AND $1 = $1";
    let mut tx = write(&store).await;
    assert_eq!(tx.execute(sql, &[]).await.unwrap(), 1);
    tx.commit().await.unwrap();
    // The first word of the server may be why it hung up, which is an error.
    if changes.next().await.is_err() {
        told(&mut changes).await;
    }
    tell(&store, "authwarden_test_lost").await;
    told(&mut changes).await;
}

#[tokio::test]
async fn projects_and_hosts_are_told_of_under_upstreams_names() {
    let Some(store) = postgres("authwarden_changes_named").await else { return };
    #[expect(clippy::disallowed_methods, reason = "the one switch of the test suite")]
    let mut listener = PgListener::connect(&std::env::var("TEST_POSTGRES").unwrap()).await.unwrap();
    listener.listen_all([CONFIG_SOURCE_CHANGE, DOMAIN_CHANGE]).await.unwrap();
    let mut tx = store.write(&AppId::new("told-of")).await.unwrap();
    tx.config_sources().put("1", &Map::new(), NOW).await.unwrap();
    assert!(tx.config_sources().add_domain("1", "told-of.example", NOW).await.unwrap());
    assert!(!tx.config_sources().add_domain("2", "told-of.example", NOW).await.unwrap());
    tx.commit().await.unwrap();

    // Channels are the whole database's: others may be saying something too.
    let mut heard = Vec::new();
    while heard.len() < 2 {
        let waiting = tokio::time::timeout(Duration::from_secs(20), listener.recv());
        let message = waiting.await.expect("nobody said anything").unwrap();
        if message.payload().starts_with("told-of") {
            heard.push(format!("{} {}", message.channel(), message.payload()));
        }
    }
    assert_eq!(heard, ["config_source_change told-of", "domain_change told-of.example"]);
}
