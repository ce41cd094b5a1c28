//! Events on their way out: the rows of `_authwarden_outbox`.
//!
//! A worker claims entries for a while; if it dies, another claims them again. An entry leaves in
//! the transaction that delivered it, so that what we keep ourselves is kept exactly once. A sink is
//! one place, such as the audit log or one handler; its name begins with its kind.

use domain::{AppId, OutboxEntry};
use stdx::Timestamp;

use crate::db::{Arg, Row};
use crate::{Result, Tx};

pub struct Outbox<'tx>(&'tx mut Tx);

impl Tx {
    pub fn outbox(&mut self) -> Outbox<'_> {
        Outbox(self)
    }
}

impl Outbox<'_> {
    /// Adds an entry for each place, due at once. `seq`, `sink` and `attempts` are filled in.
    pub async fn insert(&mut self, entry: &OutboxEntry, sinks: &[&str]) -> Result<()> {
        let sql = "INSERT INTO _authwarden_outbox
                     (app_id, id, sink, type, payload, context, created_at, attempts, run_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $7)";
        for sink in sinks {
            let args = [
                Arg::Text(&entry.id),
                Arg::Text(sink),
                Arg::Text(&entry.r#type),
                Arg::Object(&entry.payload),
                Arg::Object(&entry.context),
                Arg::Time(entry.created_at),
            ];
            self.0.execute(sql, &args).await?;
        }
        Ok(())
    }

    /// Whether there is anything to claim for `sink`. A reader will do.
    pub async fn is_due(&mut self, sink: &str, now: Timestamp) -> Result<bool> {
        let sql = "SELECT seq FROM _authwarden_outbox
                    WHERE ($1 = '' OR app_id = $1) AND sink = $2 AND run_at <= $3
                      AND (leased_until IS NULL OR leased_until <= $3)
                    LIMIT 1";
        Ok(self.0.fetch_optional(sql, &[Arg::Text(sink), Arg::Time(now)]).await?.is_some())
    }

    /// Where something can be claimed: projects and their sinks of one kind, those that have
    /// waited longest first. A reader will do.
    pub async fn list_due_sinks(
        &mut self,
        kind: &str,
        now: Timestamp,
    ) -> Result<Vec<(AppId, String)>> {
        let sql = "SELECT app_id, sink, MIN(seq) AS oldest FROM _authwarden_outbox
                    WHERE ($1 = '' OR app_id = $1) AND sink LIKE $2 AND run_at <= $3
                      AND (leased_until IS NULL OR leased_until <= $3)
                    GROUP BY app_id, sink ORDER BY oldest";
        // No kind has a wildcard in its name.
        let rows = self.0.fetch_all(sql, &[Arg::Text(&format!("{kind}%")), Arg::Time(now)]).await?;
        rows.iter().map(|row| Ok((AppId::new(row.text("app_id")?), row.text("sink")?))).collect()
    }

    /// Takes entries of `sink` that are due until an instant, oldest first.
    ///
    /// They are of every project if the transaction is of none. An entry that another worker
    /// claims at the same moment is its own.
    pub async fn claim(
        &mut self,
        sink: &str,
        now: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> Result<Vec<OutboxEntry>> {
        let sql = "UPDATE _authwarden_outbox
                      SET leased_until = $4, attempts = attempts + 1
                    WHERE run_at <= $3 AND (leased_until IS NULL OR leased_until <= $3)
                      AND seq IN (
                            SELECT seq FROM _authwarden_outbox
                             WHERE ($1 = '' OR app_id = $1) AND sink = $2 AND run_at <= $3
                               AND (leased_until IS NULL OR leased_until <= $3)
                             ORDER BY seq LIMIT $5)
                   RETURNING seq, app_id, id, sink, type, payload, context, created_at, attempts";
        let args = [Arg::Text(sink), Arg::Time(now), Arg::Time(until), Arg::Int(limit)];
        let rows = self.0.fetch_all(sql, &args).await?;
        let mut entries: Vec<_> = rows.iter().map(entry_from_row).collect::<Result<_>>()?;
        entries.sort_by_key(|entry| entry.seq);
        Ok(entries)
    }

    /// Gives a claimed entry back that nobody tried to deliver.
    pub async fn release(&mut self, seq: i64) -> Result<()> {
        let sql = "UPDATE _authwarden_outbox
                      SET leased_until = NULL, attempts = attempts - 1
                    WHERE app_id = $1 AND seq = $2 AND leased_until IS NOT NULL";
        self.0.execute(sql, &[Arg::Int(seq)]).await?;
        Ok(())
    }

    /// Removes a delivered entry. False when it was gone: then its delivery must not be kept.
    pub async fn delete(&mut self, seq: i64) -> Result<bool> {
        let sql = "DELETE FROM _authwarden_outbox WHERE app_id = $1 AND seq = $2";
        Ok(self.0.execute(sql, &[Arg::Int(seq)]).await? == 1)
    }

    /// Lets a failed entry be tried again at an instant, or never.
    pub async fn postpone(
        &mut self,
        seq: i64,
        run_at: Option<Timestamp>,
        error: &str,
    ) -> Result<()> {
        let sql = "UPDATE _authwarden_outbox
                      SET run_at = $3, leased_until = NULL, last_error = $4
                    WHERE app_id = $1 AND seq = $2";
        let args = [Arg::Int(seq), Arg::MaybeTime(run_at), Arg::Text(error)];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// Forgets entries that were given up and are older than an instant.
    pub async fn sweep(&mut self, before: Timestamp) -> Result<()> {
        let sql = "DELETE FROM _authwarden_outbox
                    WHERE ($1 = '' OR app_id = $1) AND run_at IS NULL AND created_at < $2";
        self.0.execute(sql, &[Arg::Time(before)]).await?;
        Ok(())
    }

    /// How many entries wait to be delivered, those that were given up left out.
    pub async fn count_waiting(&mut self) -> Result<i64> {
        let sql = "SELECT COUNT(*) AS waiting FROM _authwarden_outbox
                    WHERE ($1 = '' OR app_id = $1) AND run_at >= $2";
        let row = self.0.fetch_optional(sql, &[Arg::Time(Timestamp::EPOCH)]).await?;
        row.map_or(Ok(0), |row| row.int("waiting"))
    }
}

fn entry_from_row(row: &Row) -> Result<OutboxEntry> {
    Ok(OutboxEntry {
        seq: row.int("seq")?,
        app_id: AppId::new(row.text("app_id")?),
        id: row.text("id")?,
        sink: row.text("sink")?,
        r#type: row.text("type")?,
        payload: row.object("payload")?,
        context: row.object("context")?,
        created_at: row.time("created_at")?,
        attempts: row.int("attempts")?,
    })
}
