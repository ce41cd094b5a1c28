//! Many people at once, copied from one who came in by the front door.
//!
//! Every row that the first person has is copied with other ids and hashes, so this knows the
//! names of tables and of the columns that tell people apart, and nothing else of them. All of
//! it is one transaction without a journal: nobody needs the file if this fails.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use rusqlite::Connection;
use stdx::{base64url, sha256, sha256_hex};

use crate::sign_in::SignedIn;

/// The name of the person whose rows are copied.
pub const TEMPLATE: &str = "template";

/// People of one batch: their names and numbers fit into memory with ease.
const BATCH: usize = 20_000;

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
pub fn load(path: &Path, count: usize) -> Result<()> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA foreign_keys = OFF; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
         PRAGMA cache_size = -1000000; PRAGMA temp_store = MEMORY; BEGIN",
    )?;
    // Signing up opened a session, too, and signing in another one.
    connection.execute_batch(
        "DELETE FROM _authwarden_idp_session
          WHERE id NOT IN (SELECT idp_session_id FROM _authwarden_grant)",
    )?;
    let columns: Vec<String> = TELLING.iter().map(|it| format!("{} TEXT", it.0)).collect();
    connection.execute_batch(&format!("CREATE TEMP TABLE person ({})", columns.join(", ")))?;
    let mut copies = Vec::new();
    for table in TABLES {
        copies.push(copy(&connection, table).context(table)?);
    }
    for first in (0..count).step_by(BATCH) {
        stage(&connection, first, count.min(first + BATCH))?;
        for sql in &copies {
            connection.execute_batch(sql)?;
        }
        connection.execute_batch("DELETE FROM person")?;
    }
    Ok(connection.execute_batch("COMMIT; PRAGMA journal_mode = WAL")?)
}

fn stage(connection: &Connection, first: usize, end: usize) -> Result<()> {
    let places = ["?"; TELLING.len()].join(", ");
    let mut insert = connection.prepare(&format!("INSERT INTO person VALUES ({places})"))?;
    for number in first..end {
        insert.execute(rusqlite::params_from_iter(Person::new(number).row()))?;
    }
    Ok(())
}

/// The statement that copies the template's row of a table for everybody who is staged.
fn copy(connection: &Connection, table: &str) -> Result<String> {
    let telling = telling(connection)?;
    let mut info = connection.prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))?;
    let columns: Vec<String> =
        info.query_map((), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut values = Vec::new();
    for column in &columns {
        let sql = format!("SELECT CAST({column} AS TEXT) FROM {table}");
        let value: Option<String> = connection.query_row(&sql, (), |row| row.get(0))?;
        let value = value.unwrap_or_default();
        let own = telling.iter().find(|(_, it)| *it == value);
        values.push(match own {
            Some((name, _)) => format!("p.{name}"),
            None if value.contains(TEMPLATE) => {
                format!("replace(t.{column}, '{TEMPLATE}', p.name)")
            }
            None => format!("t.{column}"),
        });
    }
    let (columns, values) = (columns.join(", "), values.join(", "));
    // The first row that was written is the template's: nothing has been deleted.
    Ok(format!(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} t, person p
          WHERE t.rowid = (SELECT min(rowid) FROM {table})"
    ))
}

/// What tells the template from others.
fn telling(connection: &Connection) -> Result<Vec<(&'static str, String)>> {
    let mut telling = Vec::new();
    for (name, table, column) in TELLING {
        let sql = format!("SELECT count(*), min({column}) FROM {table}");
        let (rows, value): (i64, String) =
            connection.query_row(&sql, (), |row| Ok((row.get(0)?, row.get(1)?)))?;
        ensure!(rows == 1, "{table} has {rows} rows and should have the template's");
        telling.push((name, value));
    }
    Ok(telling)
}
