//! The engine seam: the only place that knows there are two databases.
//!
//! SQLite: one writer whose commits are shared (`writer`), a pool of readers, WAL. PostgreSQL: a
//! pool, five seconds for a statement, UTC, the schema of the project's settings. Everything
//! above this module writes one SQL text, in which `$1` is the project.

mod changes;
mod error;
mod migrate;
mod open;
mod readers;
#[cfg(test)]
mod tests;
mod value;
mod writer;

use std::sync::Arc;

use domain::AppId;
use sqlx::postgres::{PgConnection, PgPool, Postgres};
use sqlx::sqlite::SqliteConnection;

pub use changes::Changes;
pub(crate) use error::failed;
pub use error::{Result, StoreError};
use readers::{Reader, Readers};
pub(crate) use value::{Arg, Row};
use value::{bind, to_postgres_ip, to_postgres_time, to_sqlite_ip, to_sqlite_time};
use writer::{Turn, Writer};

/// A handle on the database. Clones share everything.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Sqlite {
        readers: Arc<Readers<SqliteConnection>>,
        writer: Arc<Writer>,
        _place: Option<Arc<open::Throwaway>>,
    },
    Postgres {
        readers: Arc<Readers<PgConnection>>,
        pool: PgPool,
        schema: Arc<str>,
    },
}

/// A unit of work on one project. Dropping it without [`Tx::commit`] rolls it back.
///
/// A reader is not a transaction: each of its statements sees the newest commit.
#[must_use = "a transaction that is not committed is rolled back"]
pub struct Tx {
    conn: Conn,
    app: AppId,
    failed: bool,
}

enum Conn {
    SqliteReader(Reader<SqliteConnection>),
    SqliteWriter(Turn),
    PostgresReader(Reader<PgConnection>),
    PostgresWriter(sqlx::Transaction<'static, Postgres>),
}

impl Store {
    /// A connection to read with.
    pub async fn read(&self, app: &AppId) -> Result<Tx> {
        let conn = match &self.engine {
            Engine::Sqlite { readers, .. } => Conn::SqliteReader(readers.acquire().await?),
            Engine::Postgres { readers, .. } => Conn::PostgresReader(readers.acquire().await?),
        };
        Ok(Tx { conn, app: app.clone(), failed: false })
    }

    /// The writer. Keep it short: on SQLite there is one, and everybody else is waiting.
    pub async fn write(&self, app: &AppId) -> Result<Tx> {
        let conn = match &self.engine {
            Engine::Sqlite { writer, .. } => Conn::SqliteWriter(writer.begin().await?),
            Engine::Postgres { pool, .. } => {
                Conn::PostgresWriter(pool.begin().await.map_err(acquire_failed)?)
            }
        };
        Ok(Tx { conn, app: app.clone(), failed: false })
    }

    /// The writer for work that serves every project: statements say so with `$1 = ''`.
    pub async fn write_any(&self) -> Result<Tx> {
        self.write(&AppId::new("")).await
    }

    /// How many times SQLite has waited for the disk; `None` on PostgreSQL.
    pub fn commits(&self) -> Option<u64> {
        match &self.engine {
            Engine::Sqlite { writer, .. } => Some(writer.commits()),
            Engine::Postgres { .. } => None,
        }
    }
}

fn acquire_failed(source: sqlx::Error) -> StoreError {
    match source {
        sqlx::Error::PoolTimedOut => StoreError::Busy,
        source => StoreError::database("connect", source),
    }
}

/// Runs `$method` on whichever engine the transaction is of.
macro_rules! on_engine {
    ($self:ident, $sql:ident, $args:ident, $method:ident) => {{
        let Self { conn, app, .. } = $self;
        match conn {
            Conn::SqliteReader(reader) => {
                let query = bind!(sqlx::query($sql), app, $args, to_sqlite_time, to_sqlite_ip);
                query.$method(reader.ask()?).await.map(Into::into)
            }
            Conn::SqliteWriter(turn) => {
                let query = bind!(sqlx::query($sql), app, $args, to_sqlite_time, to_sqlite_ip);
                query.$method(turn.connection()).await.map(Into::into)
            }
            Conn::PostgresReader(reader) => {
                let query = bind!(sqlx::query($sql), app, $args, to_postgres_time, to_postgres_ip);
                query.$method(reader.ask()?).await.map(Into::into)
            }
            Conn::PostgresWriter(conn) => {
                let query = bind!(sqlx::query($sql), app, $args, to_postgres_time, to_postgres_ip);
                query.$method(&mut **conn).await.map(Into::into)
            }
        }
    }};
}

impl Tx {
    /// The project that this unit of work belongs to.
    pub fn app(&self) -> &AppId {
        &self.app
    }

    /// Makes it durable. When this returns an error, nothing of it happened, except that after
    /// [`StoreError::OutcomeUnknown`] nobody knows.
    pub async fn commit(self) -> Result<()> {
        if self.failed {
            return Err(StoreError::Failed);
        }
        match self.conn {
            Conn::SqliteReader(_) | Conn::PostgresReader(_) => Ok(()),
            Conn::SqliteWriter(turn) => turn.commit().await,
            Conn::PostgresWriter(tx) => tx.commit().await.map_err(StoreError::committing),
        }
    }

    /// Waits until no other writer of this project holds `key`, and holds it until the end.
    ///
    /// For rules that read, decide and write. On SQLite every writer is alone already.
    pub async fn lock(&mut self, key: &str) -> Result<()> {
        match self.conn {
            Conn::SqliteReader(_) | Conn::PostgresReader(_) => Err(StoreError::ReadOnly),
            Conn::SqliteWriter(_) => Ok(()),
            Conn::PostgresWriter(_) => {
                let sql = "SELECT 1 AS held
                             FROM (SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0))) it";
                self.fetch_optional(sql, &[Arg::Text(key)]).await.map(drop)
            }
        }
    }

    pub(crate) async fn fetch_optional(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Option<Row>> {
        self.ready()?;
        let row: sqlx::Result<Found> = on_engine!(self, sql, args, fetch_optional);
        self.noting(row.map(|found| found.0))
    }

    pub(crate) async fn fetch_all(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Vec<Row>> {
        self.ready()?;
        let rows: sqlx::Result<Rows> = on_engine!(self, sql, args, fetch_all);
        self.noting(rows.map(|rows| rows.0))
    }

    /// Runs a statement and reports how many rows it touched.
    pub(crate) async fn execute(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64> {
        if matches!(self.conn, Conn::SqliteReader(_) | Conn::PostgresReader(_)) {
            return Err(StoreError::ReadOnly);
        }
        self.ready()?;
        let touched: sqlx::Result<Touched> = on_engine!(self, sql, args, execute);
        self.noting(touched.map(|touched| touched.0))
    }

    fn ready(&self) -> Result<()> {
        if self.failed { Err(StoreError::Failed) } else { Ok(()) }
    }

    /// After an error a writer is finished on both engines, as PostgreSQL has it.
    fn noting<T>(&mut self, outcome: sqlx::Result<T>) -> Result<T> {
        match &mut self.conn {
            Conn::SqliteReader(reader) => reader.answered(),
            Conn::PostgresReader(reader) => reader.answered(),
            Conn::SqliteWriter(_) | Conn::PostgresWriter(_) => {}
        }
        outcome.map_err(failed("query")).inspect_err(|error| {
            if error.loses_the_transaction() {
                match &mut self.conn {
                    Conn::SqliteReader(reader) => reader.give_up(),
                    Conn::PostgresReader(reader) => reader.give_up(),
                    Conn::SqliteWriter(turn) => turn.lose_batch(),
                    Conn::PostgresWriter(_) => {}
                }
            }
            self.failed = !matches!(self.conn, Conn::SqliteReader(_) | Conn::PostgresReader(_));
        })
    }
}

/// What the drivers return, under one name each.
struct Found(Option<Row>);
struct Rows(Vec<Row>);
struct Touched(u64);

impl From<Option<sqlx::sqlite::SqliteRow>> for Found {
    fn from(row: Option<sqlx::sqlite::SqliteRow>) -> Self {
        Self(row.map(Row::Sqlite))
    }
}

impl From<Option<sqlx::postgres::PgRow>> for Found {
    fn from(row: Option<sqlx::postgres::PgRow>) -> Self {
        Self(row.map(Row::Postgres))
    }
}

impl From<Vec<sqlx::sqlite::SqliteRow>> for Rows {
    fn from(rows: Vec<sqlx::sqlite::SqliteRow>) -> Self {
        Self(rows.into_iter().map(Row::Sqlite).collect())
    }
}

impl From<Vec<sqlx::postgres::PgRow>> for Rows {
    fn from(rows: Vec<sqlx::postgres::PgRow>) -> Self {
        Self(rows.into_iter().map(Row::Postgres).collect())
    }
}

impl From<sqlx::sqlite::SqliteQueryResult> for Touched {
    fn from(done: sqlx::sqlite::SqliteQueryResult) -> Self {
        Self(done.rows_affected())
    }
}

impl From<sqlx::postgres::PgQueryResult> for Touched {
    fn from(done: sqlx::postgres::PgQueryResult) -> Self {
        Self(done.rows_affected())
    }
}
