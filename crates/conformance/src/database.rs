//! The database under test, asked in SQL as cases write it.
//!
//! PostgreSQL answers in text and says what type it was; on SQLite the column's declared type says
//! it. Both become the values that the case format lists.

mod rows;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use sqlx::{AssertSqlSafe, Executor as _};

/// Cases at once, and one more for the runner's own rows.
const CONNECTIONS: u32 = 16;

/// The server writes to the same file.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

#[derive(Clone, Debug)]
pub enum Database {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

impl Database {
    pub fn postgres(url: &str) -> Result<Self> {
        let options: PgConnectOptions = url.parse().context("the address of PostgreSQL")?;
        let options = options.options([("search_path", "public"), ("TimeZone", "UTC")]);
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect_lazy_with(options);
        Ok(Self::Postgres(pool))
    }

    pub fn sqlite(path: &std::path::Path) -> Self {
        let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT);
        Self::Sqlite(SqlitePool::connect_lazy_with(options))
    }

    /// Runs a statement and gives its rows, each an object by column.
    pub async fn query(&self, sql: &str) -> Result<Vec<Value>> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(match self {
            Self::Postgres(pool) => {
                let rows = pool.fetch_all(sqlx::raw_sql(sql)).await?;
                rows.iter().map(rows::from_postgres).collect::<Result<_>>()?
            }
            Self::Sqlite(pool) => {
                let rows = pool.fetch_all(sqlx::raw_sql(sql)).await?;
                rows.iter().map(rows::from_sqlite).collect::<Result<_>>()?
            }
        })
    }

    /// Runs statements in one transaction.
    pub async fn script(&self, sql: &str) -> Result<()> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                sqlx::raw_sql(sql).execute(&mut *tx).await?;
                tx.commit().await?;
            }
            Self::Sqlite(pool) => {
                let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                sqlx::raw_sql(sql).execute(&mut *tx).await?;
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// Writes a project's files and its host.
    pub async fn put_project(
        &self,
        app_id: &str,
        domain: &str,
        files: &Map<String, Value>,
        ids: [String; 3],
    ) -> Result<()> {
        let [source, host, nonce] = ids;
        let now = match self {
            Self::Postgres(_) => "now() AT TIME ZONE 'utc'",
            Self::Sqlite(_) => "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
        };
        let quoted = |text: &str| text.replace('\'', "''");
        let files = quoted(&Value::Object(files.clone()).to_string());
        let sql = format!(
            "INSERT INTO _portal_config_source (id, app_id, created_at, updated_at, data, plan_name)
             VALUES ('{source}', '{app_id}', {now}, {now}, '{files}', '')
             ON CONFLICT (app_id) DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at;
             INSERT INTO _portal_domain
               (id, app_id, created_at, domain, apex_domain, verification_nonce, is_custom)
             VALUES ('{host}', '{app_id}', {now}, '{domain}', '{domain}', '{nonce}', false)
             ON CONFLICT DO NOTHING;"
        );
        self.script(&sql).await
    }
}
