//! The conformance suite: every engine must pass every case.

mod accounts;
mod audit;
mod config_sources;
mod coverage;
mod engine;
mod factors;
mod outbox;
mod passwords;
mod registered_clients;
mod resources;
mod sessions;

use domain::{AppId, User, UserId};
use stdx::Timestamp;

use crate::{Store, Tx};

/// 2026-01-01T00:00:00Z.
pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// Declares the cases of a module: each is an `async fn(&Store)` and runs on every engine.
macro_rules! conformance {
    ($($case:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $case() {
                super::$case(&crate::Store::memory().await.unwrap()).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $case() {
                let schema = concat!("authwarden_", stringify!($case));
                if let Some(store) = crate::tests::postgres(schema).await {
                    super::$case(&store).await;
                }
            })*
        }
    };
}
pub(crate) use conformance;

/// An empty schema on the server that `TEST_POSTGRES` names, or `None` to skip.
pub(crate) async fn postgres(schema: &str) -> Option<Store> {
    #[expect(clippy::disallowed_methods, reason = "the one switch of the test suite")]
    let url = std::env::var("TEST_POSTGRES").ok()?;
    let schema = &schema[..schema.len().min(63)];
    let admin = sqlx::PgPool::connect(&url).await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE"));
    sqlx::raw_sql(sql).execute(&admin).await.unwrap();
    Some(Store::postgres(&url, schema).await.unwrap())
}

pub(crate) fn app() -> AppId {
    AppId::new("test")
}

pub(crate) async fn write(store: &Store) -> Tx {
    store.write(&app()).await.unwrap()
}

pub(crate) async fn read(store: &Store) -> Tx {
    store.read(&app()).await.unwrap()
}

/// Writes a person who has done nothing yet.
pub(crate) async fn user(store: &Store, id: &str) -> UserId {
    let user = User::new(UserId::new(id), NOW);
    let mut tx = write(store).await;
    tx.users().insert(&user).await.unwrap();
    tx.commit().await.unwrap();
    user.id
}
