//! Wrong proofs that were counted: the rows of `_authwarden_lockout`.

use domain::{Lockout, UserId};
use stdx::Timestamp;

use crate::db::{Arg, Row};
use crate::{Result, Tx};

pub struct Lockouts<'tx>(&'tx mut Tx);

impl Tx {
    pub fn lockouts(&mut self) -> Lockouts<'_> {
        Lockouts(self)
    }
}

impl Lockouts<'_> {
    /// Everything that still counts for an account.
    pub async fn list(&mut self, user: &UserId, now: Timestamp) -> Result<Vec<Lockout>> {
        let sql = "SELECT user_id, contributor, attempts, locked_until, expires_at
                     FROM _authwarden_lockout
                    WHERE app_id = $1 AND user_id = $2
                      AND (expires_at > $3 OR locked_until > $3)
                    ORDER BY contributor";
        let rows = self.0.fetch_all(sql, &[Arg::Text(user.as_str()), Arg::Time(now)]).await?;
        rows.iter().map(lockout_from_row).collect()
    }

    /// Writes a row whole, whether it is there or not.
    pub async fn put(&mut self, lockout: &Lockout) -> Result<()> {
        let sql = "INSERT INTO _authwarden_lockout
                     (app_id, user_id, contributor, attempts, locked_until, expires_at)
                   VALUES ($1, $2, $3, $4, $5, $6)
                   ON CONFLICT (app_id, user_id, contributor) DO UPDATE
                      SET attempts = excluded.attempts, locked_until = excluded.locked_until,
                          expires_at = excluded.expires_at";
        let args = [
            Arg::Text(lockout.user_id.as_str()),
            Arg::Text(&lockout.contributor),
            Arg::Int(lockout.attempts),
            Arg::MaybeTime(lockout.locked_until),
            Arg::Time(lockout.expires_at),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    pub async fn delete_all(&mut self, user: &UserId) -> Result<()> {
        let sql = "DELETE FROM _authwarden_lockout WHERE app_id = $1 AND user_id = $2";
        self.0.execute(sql, &[Arg::Text(user.as_str())]).await?;
        Ok(())
    }

    /// Forgets what no longer counts, of every project if the transaction is of none.
    pub async fn sweep(&mut self, now: Timestamp) -> Result<()> {
        let sql = "DELETE FROM _authwarden_lockout
                    WHERE ($1 = '' OR app_id = $1) AND expires_at <= $2
                      AND (locked_until IS NULL OR locked_until <= $2)";
        self.0.execute(sql, &[Arg::Time(now)]).await?;
        Ok(())
    }
}

fn lockout_from_row(row: &Row) -> Result<Lockout> {
    Ok(Lockout {
        user_id: UserId::new(row.text("user_id")?),
        contributor: row.text("contributor")?,
        attempts: row.int("attempts")?,
        locked_until: row.maybe_time("locked_until")?,
        expires_at: row.time("expires_at")?,
    })
}
