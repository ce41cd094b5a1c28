//! Recovery codes: a set of codes, each for one use in place of a second factor.

use domain::{RecoveryCode, UserId};
use stdx::{Secret, Timestamp};

use super::Authenticators;
use crate::Result;
use crate::db::{Arg, Row};

impl Authenticators<'_> {
    pub async fn list_recovery_codes(&mut self, user: &UserId) -> Result<Vec<RecoveryCode>> {
        let sql = "SELECT id, user_id, code, created_at, updated_at, consumed
                     FROM _auth_recovery_code
                    WHERE app_id = $1 AND user_id = $2
                    ORDER BY created_at, id";
        let rows = self.0.fetch_all(sql, &[Arg::Text(user.as_str())]).await?;
        rows.iter().map(recovery_code_from_row).collect()
    }

    /// Puts these in the place of all that the person had.
    pub async fn replace_recovery_codes(
        &mut self,
        user: &UserId,
        codes: &[RecoveryCode],
    ) -> Result<()> {
        self.delete_recovery_codes(user).await?;
        for code in codes {
            let sql = "INSERT INTO _auth_recovery_code
                         (app_id, id, user_id, code, created_at, updated_at, consumed)
                       VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let args = [
                Arg::Text(&code.id),
                Arg::Text(user.as_str()),
                Arg::Text(code.code.reveal()),
                Arg::Time(code.created_at),
                Arg::Time(code.updated_at),
                Arg::Bool(code.is_consumed),
            ];
            self.0.execute(sql, &args).await?;
        }
        Ok(())
    }

    pub async fn delete_recovery_codes(&mut self, user: &UserId) -> Result<()> {
        let sql = "DELETE FROM _auth_recovery_code WHERE app_id = $1 AND user_id = $2";
        self.0.execute(sql, &[Arg::Text(user.as_str())]).await?;
        Ok(())
    }

    /// Uses a code up. Returns false when it was used before.
    pub async fn consume_recovery_code(&mut self, id: &str, at: Timestamp) -> Result<bool> {
        let sql = "UPDATE _auth_recovery_code SET consumed = TRUE, updated_at = $3
                    WHERE app_id = $1 AND id = $2 AND consumed = FALSE";
        Ok(self.0.execute(sql, &[Arg::Text(id), Arg::Time(at)]).await? == 1)
    }
}

fn recovery_code_from_row(row: &Row) -> Result<RecoveryCode> {
    Ok(RecoveryCode {
        id: row.text("id")?,
        user_id: UserId::new(row.text("user_id")?),
        code: Secret::new(row.text("code")?),
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        is_consumed: row.bool("consumed")?,
    })
}
