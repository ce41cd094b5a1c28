//! What happened: the rows of `_audit_log`.

use domain::{AuditEntry, ClientId, UserId};

use crate::db::{Arg, Row};
use crate::{Result, Tx};

pub struct AuditLog<'tx>(&'tx mut Tx);

/// A statement for the newest lines of those that a condition names.
macro_rules! newest {
    ($condition:literal, $limit:literal) => {
        concat!(
            "SELECT id, created_at, user_id, activity_type, ip_address, user_agent, client_id, data
               FROM _audit_log ",
            $condition,
            " ORDER BY created_at DESC, id DESC ",
            $limit
        )
    };
}

impl Tx {
    pub fn audit_log(&mut self) -> AuditLog<'_> {
        AuditLog(self)
    }
}

impl AuditLog<'_> {
    /// Adds a line. Events without a person have an empty `user_id`, which cannot be null.
    pub async fn insert(&mut self, entry: &AuditEntry) -> Result<()> {
        let sql = "INSERT INTO _audit_log
                     (app_id, id, created_at, user_id, activity_type, ip_address, user_agent,
                      client_id, data)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let args = [
            Arg::Text(&entry.id),
            Arg::Time(entry.created_at),
            Arg::Text(entry.user_id.as_ref().map_or("", UserId::as_str)),
            Arg::Text(&entry.activity_type),
            Arg::MaybeIp(entry.ip),
            Arg::MaybeText(entry.user_agent.as_deref()),
            Arg::MaybeText(entry.client_id.as_ref().map(ClientId::as_str)),
            Arg::Object(&entry.data),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// The newest lines, newest first, of everybody or of one person.
    pub async fn list(&mut self, user: Option<&UserId>, limit: i64) -> Result<Vec<AuditEntry>> {
        // Two statements, because each has an index of its own.
        let rows = match user {
            None => {
                let sql = newest!("WHERE app_id = $1", "LIMIT $2");
                self.0.fetch_all(sql, &[Arg::Int(limit)]).await?
            }
            Some(user) => {
                let sql = newest!("WHERE app_id = $1 AND user_id = $2", "LIMIT $3");
                self.0.fetch_all(sql, &[Arg::Text(user.as_str()), Arg::Int(limit)]).await?
            }
        };
        rows.iter().map(entry_from_row).collect()
    }
}

fn entry_from_row(row: &Row) -> Result<AuditEntry> {
    let user_id = row.text("user_id")?;
    Ok(AuditEntry {
        id: row.text("id")?,
        created_at: row.time("created_at")?,
        activity_type: row.text("activity_type")?,
        user_id: (!user_id.is_empty()).then(|| UserId::new(user_id)),
        ip: row.maybe_ip("ip_address")?,
        user_agent: row.maybe_text("user_agent")?,
        client_id: row.maybe_text("client_id")?.map(ClientId::new),
        data: row.object("data")?,
    })
}
