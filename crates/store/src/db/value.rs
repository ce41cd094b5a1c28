//! Values on their way into a statement, and rows on their way out.
//!
//! Times are `timestamp without time zone` in UTC on PostgreSQL and microseconds on SQLite; JSON
//! is `jsonb` and text; addresses are `inet` and text.

use std::net::IpAddr;

use serde_json::{Map, Value};
use sqlx::Row as _;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgRow, PgTypeInfo, PgValueRef, Postgres};
use sqlx::sqlite::SqliteRow;
use stdx::Timestamp;
use time::PrimitiveDateTime;

use super::error::{Result, failed};

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

/// Binds the project as `$1` and the caller's arguments as `$2…`.
macro_rules! bind {
    ($query:expr, $app:expr, $args:expr, $time:path, $ip:path) => {{
        let mut query = $query.bind($app.as_str());
        for arg in $args {
            query = match *arg {
                Arg::Text(text) => query.bind(text),
                Arg::MaybeText(text) => query.bind(text),
                Arg::Int(number) => query.bind(number),
                Arg::Bool(flag) => query.bind(flag),
                Arg::Time(at) => query.bind($time(at)),
                Arg::MaybeTime(at) => query.bind(at.map($time)),
                Arg::Object(value) => query.bind(sqlx::types::Json(value)),
                Arg::Json(value) => query.bind(sqlx::types::Json(value)),
                Arg::MaybeJson(value) => query.bind(value.map(sqlx::types::Json)),
                Arg::Bytes(bytes) => query.bind(bytes),
                Arg::MaybeIp(ip) => query.bind(ip.map($ip)),
            };
        }
        query
    }};
}
pub(super) use bind;

macro_rules! get {
    ($row:expr, $column:expr) => {
        match $row {
            Row::Sqlite(row) => row.try_get($column),
            Row::Postgres(row) => row.try_get($column),
        }
        .map_err(failed("decode"))
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
            Self::Sqlite(row) => row.try_get(column).map(Timestamp),
            Self::Postgres(row) => row.try_get(column).map(from_postgres_time),
        }
        .map_err(failed("decode"))
    }

    pub(crate) fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>> {
        match self {
            Self::Sqlite(row) => row.try_get::<Option<i64>, _>(column).map(|at| at.map(Timestamp)),
            Self::Postgres(row) => row
                .try_get::<Option<PrimitiveDateTime>, _>(column)
                .map(|at| at.map(from_postgres_time)),
        }
        .map_err(failed("decode"))
    }

    /// A JSON object; null is an empty one.
    pub(crate) fn object(&self, column: &str) -> Result<Map<String, Value>> {
        let value: Result<Option<sqlx::types::Json<Map<String, Value>>>> = get!(self, column);
        Ok(value?.map(|json| json.0).unwrap_or_default())
    }

    pub(crate) fn json(&self, column: &str) -> Result<Value> {
        let value: Result<sqlx::types::Json<Value>> = get!(self, column);
        Ok(value?.0)
    }

    pub(crate) fn maybe_json(&self, column: &str) -> Result<Option<Value>> {
        let value: Result<Option<sqlx::types::Json<Value>>> = get!(self, column);
        Ok(value?.map(|json| json.0))
    }

    pub(crate) fn bytes(&self, column: &str) -> Result<Vec<u8>> {
        get!(self, column)
    }

    pub(crate) fn maybe_ip(&self, column: &str) -> Result<Option<IpAddr>> {
        match self {
            Self::Sqlite(row) => {
                row.try_get::<Option<String>, _>(column).map(|ip| ip.and_then(|ip| ip.parse().ok()))
            }
            Self::Postgres(row) => {
                row.try_get::<Option<Inet>, _>(column).map(|ip| ip.map(|Inet(ip)| ip))
            }
        }
        .map_err(failed("decode"))
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

pub(super) fn to_sqlite_ip(ip: IpAddr) -> String {
    ip.to_string()
}

/// PostgreSQL's `inet`, which sqlx speaks only with one more dependency.
pub(super) struct Inet(IpAddr);

pub(super) fn to_postgres_ip(ip: IpAddr) -> Inet {
    Inet(ip)
}

/// The wire format: family, prefix length, "is a cidr", length, bytes.
const IPV4: u8 = 2;
const IPV6: u8 = 3;

impl sqlx::Type<Postgres> for Inet {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("inet")
    }
}

impl sqlx::Encode<'_, Postgres> for Inet {
    fn encode_by_ref(
        &self,
        buffer: &mut PgArgumentBuffer,
    ) -> std::result::Result<IsNull, BoxDynError> {
        match self.0 {
            IpAddr::V4(ip) => {
                buffer.extend([IPV4, 32, 0, 4]);
                buffer.extend(ip.octets());
            }
            IpAddr::V6(ip) => {
                buffer.extend([IPV6, 128, 0, 16]);
                buffer.extend(ip.octets());
            }
        }
        Ok(IsNull::No)
    }
}

impl sqlx::Decode<'_, Postgres> for Inet {
    fn decode(value: PgValueRef<'_>) -> std::result::Result<Self, BoxDynError> {
        match value.as_bytes()? {
            [IPV4, _, _, 4, octets @ ..] => Ok(Self(<[u8; 4]>::try_from(octets)?.into())),
            [IPV6, _, _, 16, octets @ ..] => Ok(Self(<[u8; 16]>::try_from(octets)?.into())),
            _ => Err("not an inet value".into()),
        }
    }
}
