//! Many people at once, copied from one who came in by the front door.
//!
//! Every row that the first person has is copied with other ids and hashes, so this knows the
//! names of tables and of the columns that tell people apart, and nothing else of them. All of
//! it is one transaction without a journal: nobody needs the file if this fails.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, QueryBuilder, Row as _};
use stdx::{base64url, sha256, sha256_hex};

use crate::sign_in::SignedIn;

/// The name of the person whose rows are copied.
pub const TEMPLATE: &str = "template";

/// People of one batch: their names and numbers fit into memory with ease.
const BATCH: usize = 20_000;

/// Rows of one statement: eleven values each, of the 32,766 that SQLite takes.
const ROWS: usize = 2_000;

/// A value that tells people apart, and where the template has its own.
const TELLING: [(&str, &str, &str); 11] = [
    ("user_id", "_auth_user", "id"),
    ("identity_id", "_auth_identity", "id"),
    ("authenticator_id", "_auth_authenticator", "id"),
    ("session_id", "_authwarden_idp_session", "id"),
    ("session_hash", "_authwarden_idp_session", "token_hash"),
    ("grant_id", "_authwarden_grant", "id"),
    ("refresh_id", "_authwarden_refresh_token", "id"),
    ("refresh_hash", "_authwarden_refresh_token", "hash"),
    ("access_hash", "_authwarden_access_token", "hash"),
    ("authorization_id", "_auth_oauth_authorization", "id"),
    ("name", "_auth_identity_login_id", "login_id"),
];

/// In the order in which rows refer to each other.
const TABLES: [&str; 10] = [
    "_auth_user",
    "_auth_identity",
    "_auth_identity_login_id",
    "_auth_authenticator",
    "_auth_authenticator_password",
    "_auth_oauth_authorization",
    "_authwarden_idp_session",
    "_authwarden_grant",
    "_authwarden_refresh_token",
    "_authwarden_access_token",
];

/// One of many, known by a number.
pub struct Person {
    number: usize,
}

impl Person {
    pub fn new(number: usize) -> Self {
        Self { number }
    }

    pub fn signed_in(&self) -> SignedIn {
        let id = &self.word("refresh id")[..22];
        SignedIn {
            name: self.name(),
            access_token: self.word("access token"),
            refresh_token: format!("{}.{id}{}", self.uuid("grant"), self.word("refresh secret")),
            cookie: format!("session={}", self.cookie()),
        }
    }

    fn name(&self) -> String {
        format!("member{}", self.number)
    }

    fn cookie(&self) -> String {
        format!("{}.{}", self.uuid("session"), self.word("session secret"))
    }

    /// In the order of [`TELLING`].
    fn row(&self) -> [String; 11] {
        [
            self.uuid("user"),
            self.uuid("identity"),
            self.uuid("authenticator"),
            self.uuid("session"),
            sha256_hex(&self.cookie()),
            self.uuid("grant"),
            self.word("refresh id")[..22].to_owned(),
            sha256_hex(&self.word("refresh secret")),
            sha256_hex(&self.word("access token")),
            self.uuid("authorization"),
            self.name(),
        ]
    }

    /// Looks as random as what the server draws, so that indexes are as scattered.
    fn word(&self, what: &str) -> String {
        base64url(&sha256(format!("bench {} {what}", self.number).as_bytes()))
    }

    fn uuid(&self, what: &str) -> String {
        let hex = sha256_hex(&self.word(what));
        let part = |from: usize, to: usize| &hex[from..to];
        let (a, b, c, d) = (part(0, 8), part(8, 12), part(12, 15), part(15, 18));
        format!("{a}-{b}-4{c}-8{d}-{}", part(18, 30))
    }
}

/// Puts `count` people into the database at `path`, which has the template and nobody else.
pub async fn load(path: &Path, count: usize) -> Result<()> {
    let options = SqliteConnectOptions::new().filename(path).foreign_keys(false);
    let mut connection = options.connect().await?;
    let unsafe_and_fast = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
                           PRAGMA cache_size = -1000000; PRAGMA temp_store = MEMORY; BEGIN";
    sqlx::raw_sql(unsafe_and_fast).execute(&mut connection).await?;
    // Signing up opened a session, too, and signing in another one.
    let lone = "DELETE FROM _authwarden_idp_session
                 WHERE id NOT IN (SELECT idp_session_id FROM _authwarden_grant)";
    sqlx::raw_sql(lone).execute(&mut connection).await?;
    let columns: Vec<String> = TELLING.iter().map(|it| format!("{} TEXT", it.0)).collect();
    let person = format!("CREATE TEMP TABLE person ({})", columns.join(", "));
    sqlx::raw_sql(AssertSqlSafe(person)).execute(&mut connection).await?;
    let mut copies = Vec::new();
    for table in TABLES {
        copies.push(copy(&mut connection, table).await.with_context(|| table)?);
    }
    for first in (0..count).step_by(BATCH) {
        stage(&mut connection, first, count.min(first + BATCH)).await?;
        for sql in &copies {
            sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut connection).await?;
        }
        sqlx::raw_sql("DELETE FROM person").execute(&mut connection).await?;
    }
    sqlx::raw_sql("COMMIT; PRAGMA journal_mode = WAL").execute(&mut connection).await?;
    Ok(connection.close().await?)
}

async fn stage(connection: &mut SqliteConnection, first: usize, end: usize) -> Result<()> {
    for from in (first..end).step_by(ROWS) {
        let mut sql = QueryBuilder::new("INSERT INTO person ");
        sql.push_values(from..end.min(from + ROWS), |mut row, number| {
            for value in Person::new(number).row() {
                row.push_bind(value);
            }
        });
        sql.build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The statement that copies the template's row of a table for everybody who is staged.
async fn copy(connection: &mut SqliteConnection, table: &str) -> Result<String> {
    let mut telling = Vec::new();
    for (name, of, column) in TELLING {
        let sql = format!("SELECT {column} FROM {of}");
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *connection).await?;
        ensure!(rows.len() == 1, "{of} has {} rows and should have the template's", rows.len());
        telling.push((name, rows[0].try_get::<String, _>(0)?));
    }
    let info = format!("SELECT name FROM pragma_table_info('{table}')");
    let columns = sqlx::query(AssertSqlSafe(info)).fetch_all(&mut *connection).await?;
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for column in &columns {
        let column: String = column.try_get(0)?;
        let sql = format!("SELECT CAST({column} AS TEXT) FROM {table}");
        let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut *connection).await?;
        let value: Option<String> = row.try_get(0)?;
        let value = value.unwrap_or_default();
        let own = telling.iter().find(|(_, it)| *it == value);
        values.push(match own {
            Some((name, _)) => format!("p.{name}"),
            None if value.contains(TEMPLATE) => {
                format!("replace(t.{column}, '{TEMPLATE}', p.name)")
            }
            None => format!("t.{column}"),
        });
        names.push(column);
    }
    let first = &telling[0].1;
    let is_template = match table {
        "_auth_user" => format!("t.id = '{first}'"),
        _ if names.iter().any(|it| it == "user_id") => format!("t.user_id = '{first}'"),
        // The first row that was written: nothing has been deleted.
        _ => format!("t.rowid = (SELECT min(rowid) FROM {table})"),
    };
    let (names, values) = (names.join(", "), values.join(", "));
    Ok(format!(
        "INSERT INTO {table} ({names}) SELECT {values} FROM {table} t, person p WHERE {is_template}"
    ))
}
