//! Values on their way into a statement, and rows on their way out.
//!
//! Times are `timestamp without time zone` in UTC on PostgreSQL and microseconds on SQLite; JSON
//! is `jsonb` and text; addresses are `inet` and text.

mod inet;

use std::net::IpAddr;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use stdx::Timestamp;
use time::PrimitiveDateTime;

use super::error::{Result, failed};
use super::sqlite::SqliteRow;
use inet::Inet;
pub(super) use inet::to_postgres_ip;

/// A value on its way into a statement.
#[derive(Clone, Copy)]
pub(crate) enum Arg<'a> {
    Text(&'a str),
    MaybeText(Option<&'a str>),
    Int(i64),
    Bool(bool),
    Time(Timestamp),
    MaybeTime(Option<Timestamp>),
    Object(&'a Map<String, Value>),
    Json(&'a Value),
    MaybeJson(Option<&'a Value>),
    Bytes(&'a [u8]),
    MaybeIp(Option<IpAddr>),
}

/// A row on its way out.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// Binds the project as `$1` and the caller's arguments as `$2…`, for PostgreSQL.
macro_rules! bind {
    ($query:expr, $app:expr, $args:expr) => {{
        let mut query = $query.bind($app.as_str());
        for arg in $args {
            query = match *arg {
                Arg::Text(text) => query.bind(text),
                Arg::MaybeText(text) => query.bind(text),
                Arg::Int(number) => query.bind(number),
                Arg::Bool(flag) => query.bind(flag),
                Arg::Time(at) => query.bind(to_postgres_time(at)),
                Arg::MaybeTime(at) => query.bind(at.map(to_postgres_time)),
                Arg::Object(value) => query.bind(sqlx::types::Json(value)),
                Arg::Json(value) => query.bind(sqlx::types::Json(value)),
                Arg::MaybeJson(value) => query.bind(value.map(sqlx::types::Json)),
                Arg::Bytes(bytes) => query.bind(bytes),
                Arg::MaybeIp(ip) => query.bind(ip.map(to_postgres_ip)),
            };
        }
        query
    }};
}
pub(super) use bind;

macro_rules! get {
    ($row:expr, $column:expr) => {
        match $row {
            Row::Sqlite(row) => row.get($column).map_err(failed("decode")),
            Row::Postgres(row) => row.try_get($column).map_err(failed("decode")),
        }
    };
}

impl Row {
    pub(crate) fn text(&self, column: &str) -> Result<String> {
        get!(self, column)
    }

    pub(crate) fn maybe_text(&self, column: &str) -> Result<Option<String>> {
        get!(self, column)
    }

    pub(crate) fn int(&self, column: &str) -> Result<i64> {
        get!(self, column)
    }

    pub(crate) fn bool(&self, column: &str) -> Result<bool> {
        get!(self, column)
    }

    /// For columns that upstream added later and left null: absent is false.
    pub(crate) fn maybe_bool(&self, column: &str) -> Result<bool> {
        let flag: Result<Option<bool>> = get!(self, column);
        Ok(flag?.unwrap_or_default())
    }

    pub(crate) fn time(&self, column: &str) -> Result<Timestamp> {
        match self {
            Self::Sqlite(row) => row.get(column).map(Timestamp).map_err(failed("decode")),
            Self::Postgres(row) => {
                row.try_get(column).map(from_postgres_time).map_err(failed("decode"))
            }
        }
    }

    pub(crate) fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>> {
        match self {
            Self::Sqlite(row) => {
                let at: Option<i64> = row.get(column).map_err(failed("decode"))?;
                Ok(at.map(Timestamp))
            }
            Self::Postgres(row) => {
                let at: Option<PrimitiveDateTime> =
                    row.try_get(column).map_err(failed("decode"))?;
                Ok(at.map(from_postgres_time))
            }
        }
    }

    /// A JSON object; null is an empty one.
    pub(crate) fn object(&self, column: &str) -> Result<Map<String, Value>> {
        Ok(self.parsed(column)?.unwrap_or_default())
    }

    pub(crate) fn json(&self, column: &str) -> Result<Value> {
        Ok(self.parsed(column)?.unwrap_or_default())
    }

    pub(crate) fn maybe_json(&self, column: &str) -> Result<Option<Value>> {
        self.parsed(column)
    }

    pub(crate) fn bytes(&self, column: &str) -> Result<Vec<u8>> {
        get!(self, column)
    }

    pub(crate) fn maybe_ip(&self, column: &str) -> Result<Option<IpAddr>> {
        match self {
            Self::Sqlite(row) => {
                let ip: Option<String> = row.get(column).map_err(failed("decode"))?;
                Ok(ip.and_then(|ip| ip.parse().ok()))
            }
            Self::Postgres(row) => {
                let ip: Option<Inet> = row.try_get(column).map_err(failed("decode"))?;
                Ok(ip.map(|Inet(ip)| ip))
            }
        }
    }

    fn parsed<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>> {
        match self {
            Self::Sqlite(row) => {
                let text: Option<String> = row.get(column).map_err(failed("decode"))?;
                text.map(|it| serde_json::from_str(&it).map_err(failed("decode"))).transpose()
            }
            Self::Postgres(row) => {
                let json: Option<sqlx::types::Json<T>> =
                    row.try_get(column).map_err(failed("decode"))?;
                Ok(json.map(|it| it.0))
            }
        }
    }
}

pub(super) fn to_sqlite_time(at: Timestamp) -> i64 {
    at.0
}

pub(super) fn to_postgres_time(at: Timestamp) -> PrimitiveDateTime {
    let at = at.date_time();
    PrimitiveDateTime::new(at.date(), at.time())
}

fn from_postgres_time(at: PrimitiveDateTime) -> Timestamp {
    let micros = at.assume_utc().unix_timestamp_nanos() / 1_000;
    Timestamp(i64::try_from(micros).expect("PostgreSQL's calendar fits in 64 bits"))
}
