//! SQLite, called where the request runs.
//!
//! A statement on a page that is in memory takes some microseconds: handing it to another thread
//! and waiting for its answer would take several times as long. So statements run in place, one
//! connection for each that runs at the same time. What waits for the disk, which is COMMIT, does
//! not run here: see `writer`.

#[cfg(test)]
mod plan;
mod row;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use foldhash::fast::FixedState;
use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement};

use super::error::{Result, failed};
use super::value::{Arg, to_sqlite_time};
use row::Columns;
pub(crate) use row::SqliteRow;

/// More than there are statements, so that none is prepared twice.
const STATEMENTS: usize = 512;

/// For somebody who recovers or migrates the file at the moment. Readers never wait for writers.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Pages that a connection keeps: the upper levels of every index of some million people.
const CACHE_KIB: i64 = 8 * 1024;

/// Where the file is, and how safely it is written.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub path: PathBuf,
    /// Whether a commit waits for the disk.
    pub is_durable: bool,
}

/// One connection, and what it knows of the statements that it has seen.
pub(super) struct Sqlite {
    connection: Connection,
    columns: HashMap<(usize, usize), Arc<Columns>, FixedState>,
}

impl Place {
    /// The connection that writes; creates the file if need be.
    pub(super) fn open_writer(&self) -> Result<Sqlite> {
        let opened = Sqlite::open(&self.path, OpenFlags::SQLITE_OPEN_CREATE)?;
        let synchronous = if self.is_durable { "FULL" } else { "OFF" };
        let settings =
            [("journal_mode", "WAL"), ("synchronous", synchronous), ("foreign_keys", "ON")];
        for (name, value) in settings {
            opened.connection.pragma_update(None, name, value).map_err(failed("connect"))?;
        }
        // From here on whoever waits for another process does so without holding a thread.
        opened.connection.busy_timeout(Duration::ZERO).map_err(failed("connect"))?;
        Ok(opened)
    }
}

impl Sqlite {
    fn open(path: &Path, mode: OpenFlags) -> Result<Self> {
        let access = if mode == OpenFlags::SQLITE_OPEN_CREATE {
            mode | OpenFlags::SQLITE_OPEN_READ_WRITE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        };
        // No mutex: a connection is never in two hands.
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed("connect"))?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed("connect"))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.pragma_update(None, "cache_size", -CACHE_KIB).map_err(failed("connect"))?;
        Ok(Self { connection, columns: HashMap::default() })
    }

    /// Runs statements that have no arguments and no answer.
    pub(super) fn run(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.execute_batch(sql)
    }

    /// Whether no transaction is open, be it that the engine has rolled it back by itself.
    pub(super) fn is_outside_transactions(&self) -> bool {
        self.connection.is_autocommit()
    }

    /// At most `rows_max` rows of an answer.
    pub(super) fn fetch(
        &mut self,
        sql: &'static str,
        app: &str,
        args: &[Arg<'_>],
        rows_max: usize,
    ) -> rusqlite::Result<Vec<SqliteRow>> {
        #[cfg(test)]
        plan::check(&self.connection, sql);
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, app, args)?;
        // The text of a statement is there once, so its address is its name.
        let columns = self.columns.entry((sql.as_ptr() as usize, sql.len()));
        let columns = columns.or_insert_with(|| Columns::of(&statement)).clone();
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while found.len() < rows_max
            && let Some(row) = rows.next()?
        {
            found.push(SqliteRow::read(row, columns.clone())?);
        }
        Ok(found)
    }

    /// How many rows a statement touched.
    pub(super) fn execute(
        &mut self,
        sql: &'static str,
        app: &str,
        args: &[Arg<'_>],
    ) -> rusqlite::Result<u64> {
        #[cfg(test)]
        plan::check(&self.connection, sql);
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, app, args)?;
        Ok(statement.raw_execute()? as u64)
    }
}

/// Binds the project as `$1` and the caller's arguments as `$2…`.
///
/// To SQLite `$2` is a name, and the names are numbered as they come.
fn bind(statement: &mut Statement<'_>, app: &str, args: &[Arg<'_>]) -> rusqlite::Result<()> {
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).unwrap_or_default();
        match name.trim_start_matches('$').parse::<usize>() {
            Ok(1) => statement.raw_bind_parameter(index, app)?,
            Ok(number) if (2..args.len() + 2).contains(&number) => {
                statement.raw_bind_parameter(index, args[number - 2])?;
            }
            _ => return Err(rusqlite::Error::InvalidParameterName(name.to_owned())),
        }
    }
    Ok(())
}

impl ToSql for Arg<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let integer = |number: i64| ToSqlOutput::Owned(Value::Integer(number));
        let owned = |text: String| ToSqlOutput::Owned(Value::Text(text));
        let null = || ToSqlOutput::Owned(Value::Null);
        Ok(match *self {
            Arg::Text(text) | Arg::MaybeText(Some(text)) => {
                ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
            }
            Arg::Int(number) => integer(number),
            Arg::Bool(flag) => integer(i64::from(flag)),
            Arg::Time(at) | Arg::MaybeTime(Some(at)) => integer(to_sqlite_time(at)),
            Arg::Object(value) => owned(serde_json::to_string(value).map_err(not_json)?),
            Arg::Json(value) | Arg::MaybeJson(Some(value)) => owned(value.to_string()),
            Arg::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Arg::MaybeIp(Some(ip)) => owned(ip.to_string()),
            Arg::MaybeText(None)
            | Arg::MaybeTime(None)
            | Arg::MaybeJson(None)
            | Arg::MaybeIp(None) => null(),
        })
    }
}

fn not_json(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

/// Connections to read with: as many as there are readers at the same time, which is as many as
/// there are threads that run requests.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Sqlite>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Arc<Self> {
        Arc::new(Self { path, idle: Mutex::default() })
    }

    /// Reads with a connection that nobody else uses meanwhile.
    pub(super) fn fetch(
        &self,
        sql: &'static str,
        app: &str,
        args: &[Arg<'_>],
        rows_max: usize,
    ) -> Result<Vec<SqliteRow>> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = idle().pop();
        let mut reader = match waiting {
            Some(reader) => reader,
            None => Sqlite::open(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        };
        // One that failed is not used again: the next one is opened afresh.
        let rows = reader.fetch(sql, app, args, rows_max).map_err(failed("query"))?;
        idle().push(reader);
        Ok(rows)
    }
}
