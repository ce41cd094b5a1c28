//! The engine seam: the only place that knows there are two databases.
//!
//! SQLite: called in place (`sqlite`), one writer whose commits are shared (`writer`), WAL.
//! PostgreSQL: a pool, five seconds for a statement, UTC, the schema of the project's settings.
//! Everything above this module writes one SQL text, in which `$1` is the project.

mod changes;
mod error;
mod migrate;
mod open;
mod readers;
mod sqlite;
#[cfg(test)]
mod tests;
mod value;
mod writer;

use std::sync::Arc;

use domain::AppId;
use sqlx::postgres::{PgPool, Postgres};

pub use changes::Changes;
pub(crate) use error::failed;
pub use error::{DriverError, Result, StoreError};
use readers::{Reader, Readers};
pub(crate) use value::{Arg, Row};
use value::{bind, to_postgres_ip, to_postgres_time};
use writer::{Turn, Writer};

/// A handle on the database. Clones share everything.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Sqlite {
        readers: Arc<sqlite::Readers>,
        writer: Arc<Writer>,
        _place: Option<Arc<open::Throwaway>>,
    },
    Postgres {
        readers: Arc<Readers>,
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
    SqliteReader(Arc<sqlite::Readers>),
    SqliteWriter(Turn),
    PostgresReader(Reader),
    PostgresWriter(sqlx::Transaction<'static, Postgres>),
}

impl Store {
    /// A connection to read with.
    pub async fn read(&self, app: &AppId) -> Result<Tx> {
        let conn = match &self.engine {
            Engine::Sqlite { readers, .. } => Conn::SqliteReader(readers.clone()),
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

/// Runs `$method` on PostgreSQL.
macro_rules! on_postgres {
    ($connection:expr, $app:expr, $sql:ident, $args:ident, $method:ident) => {
        bind!(sqlx::query($sql), $app, $args).$method($connection).await.map_err(failed("query"))
    };
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
        let Self { conn, app, .. } = self;
        let found = match conn {
            Conn::SqliteReader(readers) => first(readers.fetch(sql, app.as_str(), args, 1)),
            Conn::SqliteWriter(turn) => {
                let rows = turn.connection().fetch(sql, app.as_str(), args, 1);
                first(rows.map_err(failed("query")))
            }
            Conn::PostgresReader(reader) => {
                let found = on_postgres!(reader.ask()?, app, sql, args, fetch_optional);
                found.map(|row| row.map(Row::Postgres))
            }
            Conn::PostgresWriter(tx) => {
                let found = on_postgres!(&mut **tx, app, sql, args, fetch_optional);
                found.map(|row| row.map(Row::Postgres))
            }
        };
        self.noting(found)
    }

    pub(crate) async fn fetch_all(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Vec<Row>> {
        self.ready()?;
        let Self { conn, app, .. } = self;
        let found = match conn {
            Conn::SqliteReader(readers) => all(readers.fetch(sql, app.as_str(), args, usize::MAX)),
            Conn::SqliteWriter(turn) => {
                let rows = turn.connection().fetch(sql, app.as_str(), args, usize::MAX);
                all(rows.map_err(failed("query")))
            }
            Conn::PostgresReader(reader) => {
                let rows = on_postgres!(reader.ask()?, app, sql, args, fetch_all);
                rows.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
            Conn::PostgresWriter(tx) => {
                let rows = on_postgres!(&mut **tx, app, sql, args, fetch_all);
                rows.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        };
        self.noting(found)
    }

    /// Runs a statement and reports how many rows it touched.
    pub(crate) async fn execute(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64> {
        self.ready()?;
        let Self { conn, app, .. } = self;
        let touched = match conn {
            Conn::SqliteReader(_) | Conn::PostgresReader(_) => return Err(StoreError::ReadOnly),
            Conn::SqliteWriter(turn) => {
                turn.connection().execute(sql, app.as_str(), args).map_err(failed("query"))
            }
            Conn::PostgresWriter(tx) => {
                let done = on_postgres!(&mut **tx, app, sql, args, execute);
                done.map(|it| it.rows_affected())
            }
        };
        self.noting(touched)
    }

    fn ready(&self) -> Result<()> {
        if self.failed { Err(StoreError::Failed) } else { Ok(()) }
    }

    /// After an error a writer is finished on both engines, as PostgreSQL has it.
    fn noting<T>(&mut self, outcome: Result<T>) -> Result<T> {
        let is_lost = outcome.as_ref().is_err_and(StoreError::loses_the_connection);
        match &mut self.conn {
            Conn::SqliteReader(_) => {}
            Conn::PostgresReader(reader) => {
                reader.answered();
                if is_lost {
                    reader.give_up();
                }
            }
            Conn::SqliteWriter(_) | Conn::PostgresWriter(_) => self.failed = outcome.is_err(),
        }
        outcome
    }
}

fn first(rows: Result<Vec<sqlite::SqliteRow>>) -> Result<Option<Row>> {
    Ok(rows?.pop().map(Row::Sqlite))
}

fn all(rows: Result<Vec<sqlite::SqliteRow>>) -> Result<Vec<Row>> {
    Ok(rows?.into_iter().map(Row::Sqlite).collect())
}
