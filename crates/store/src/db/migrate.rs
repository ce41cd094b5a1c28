//! Migrations: numbered files, one text for both engines.
//!
//! A type that the engines name differently is written `@time`, `@json`, `@bytes` or `@inet`;
//! `@last` puts nulls last where an index can.
//! Every file creates only what is missing, so that a database made by upstream is taken over
//! where it stands. All of it is one transaction, under a lock that a second node waits for.

use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use super::error::{Result, failed};
use super::{Engine, Store};

/// In order. A file that was released never changes: the next change is the next number.
const MIGRATIONS: &[(i64, &str)] = &[
    (1, include_str!("../migrations/0001_accounts.sql")),
    (2, include_str!("../migrations/0002_audit_and_portal.sql")),
    (10, include_str!("../migrations/0010_sessions.sql")),
];

/// A word nobody else uses as an advisory lock.
const LOCK: i64 = 0x0061_7574_6877_6172;

const HISTORY: &str = "CREATE TABLE IF NOT EXISTS _authwarden_migration (
  number BIGINT PRIMARY KEY
)";
const APPLIED: &str = "SELECT number FROM _authwarden_migration";
const RECORD: &str = "INSERT INTO _authwarden_migration (number) VALUES ($1)";

const ON_SQLITE: [(&str, &str); 5] =
    [("@time", "INTEGER"), ("@json", "TEXT"), ("@bytes", "BLOB"), ("@inet", "TEXT"), ("@last", "")];
const ON_POSTGRES: [(&str, &str); 5] = [
    ("@time", "timestamp without time zone"),
    ("@json", "jsonb"),
    ("@bytes", "bytea"),
    ("@inet", "inet"),
    ("@last", "NULLS LAST"),
];

fn translate(sql: &str, words: &[(&str, &str)]) -> String {
    words.iter().fold(sql.to_owned(), |sql, (from, to)| sql.replace(from, to))
}

/// Applies what is missing, in order; numbers that `$tx` already knows are left out.
macro_rules! apply_missing {
    ($tx:expr, $words:expr) => {{
        sqlx::raw_sql(HISTORY).execute(&mut *$tx).await.map_err(failed("migrate"))?;
        let rows = sqlx::query(APPLIED).fetch_all(&mut *$tx).await.map_err(failed("migrate"))?;
        let applied: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        for (number, sql) in MIGRATIONS.iter().filter(|(number, _)| !applied.contains(number)) {
            let sql = AssertSqlSafe(translate(sql, &$words));
            sqlx::raw_sql(sql).execute(&mut *$tx).await.map_err(failed("migrate"))?;
            let record = sqlx::query(RECORD).bind(number);
            record.execute(&mut *$tx).await.map_err(failed("migrate"))?;
        }
    }};
}

impl Store {
    /// Brings the database up to this program. Safe to run from several nodes at once.
    pub async fn migrate(&self) -> Result<()> {
        match &self.engine {
            Engine::Sqlite { writer, .. } => {
                let mut turn = writer.begin().await?;
                apply_missing!(turn.connection(), ON_SQLITE);
                turn.commit().await
            }
            Engine::Postgres { pool, schema } => {
                let mut connection = pool.acquire().await.map_err(failed("migrate"))?;
                let mut tx = connection.begin().await.map_err(failed("migrate"))?;
                // Another node may be migrating for longer than a statement may take.
                sqlx::raw_sql("SET LOCAL statement_timeout = 0")
                    .execute(&mut *tx)
                    .await
                    .map_err(failed("migrate"))?;
                let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK);
                lock.execute(&mut *tx).await.map_err(failed("migrate"))?;
                let sql = AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\""));
                sqlx::raw_sql(sql).execute(&mut *tx).await.map_err(failed("migrate"))?;
                apply_missing!(tx, ON_POSTGRES);
                tx.commit().await.map_err(failed("migrate"))
            }
        }
    }
}
