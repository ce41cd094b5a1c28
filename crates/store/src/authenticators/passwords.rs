//! Passwords: finding one, replacing it, and what it was before.

use domain::{
    Authenticator, AuthenticatorId, AuthenticatorKind, PasswordAuthenticator, PasswordHistoryEntry,
    UserId,
};
use stdx::{Secret, Timestamp};

use super::Authenticators;
use super::rows::{authenticator_from_row, authenticators};
use crate::Result;
use crate::db::{Arg, Row};

impl Authenticators<'_> {
    /// The password of a person for one factor.
    pub async fn find_password(
        &mut self,
        user: &UserId,
        kind: AuthenticatorKind,
    ) -> Result<Option<PasswordAuthenticator>> {
        let sql = authenticators!(
            "WHERE a.app_id = $1 AND a.user_id = $2 AND a.kind = $3 AND a.type = 'password'
             ORDER BY a.created_at, a.id
             LIMIT 1"
        );
        let args = [Arg::Text(user.as_str()), Arg::Text(kind.as_str())];
        let Some(row) = self.0.fetch_optional(sql, &args).await? else { return Ok(None) };
        Ok(authenticator_from_row(&row)?.and_then(|it| match it {
            Authenticator::Password(password) => Some(password),
            _ => None,
        }))
    }

    /// [`Authenticators::insert`] for a password.
    pub async fn insert_password(&mut self, password: &PasswordAuthenticator) -> Result<()> {
        self.insert(&Authenticator::Password(password.clone())).await?;
        Ok(())
    }

    /// Replaces the hash if it still is `current`, which was verified outside the transaction.
    ///
    /// Returns false, having changed nothing, when somebody else was first.
    pub async fn replace_password(
        &mut self,
        id: &AuthenticatorId,
        current: &Secret<String>,
        next: &Secret<String>,
        expire_after: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<bool> {
        let sql = "UPDATE _auth_authenticator_password
                      SET password_hash = $4, expire_after = $5
                    WHERE app_id = $1 AND id = $2 AND password_hash = $3";
        let args = [
            Arg::Text(id.as_str()),
            Arg::Text(current.reveal()),
            Arg::Text(next.reveal()),
            Arg::MaybeTime(expire_after),
        ];
        let replaced = self.0.execute(sql, &args).await? == 1;
        if replaced {
            let sql = "UPDATE _auth_authenticator SET updated_at = $3
                        WHERE app_id = $1 AND id = $2";
            self.0.execute(sql, &[Arg::Text(id.as_str()), Arg::Time(at)]).await?;
        }
        Ok(replaced)
    }

    /// Passwords that were used since an instant, newest first, and never fewer than `at_least`.
    pub async fn list_password_history(
        &mut self,
        user: &UserId,
        since: Timestamp,
        at_least: i64,
    ) -> Result<Vec<PasswordHistoryEntry>> {
        let sql = "SELECT id, user_id, created_at, password
                     FROM _auth_password_history
                    WHERE app_id = $1 AND user_id = $2
                      AND (created_at >= $3 OR id IN (
                            SELECT id FROM _auth_password_history
                             WHERE app_id = $1 AND user_id = $2
                             ORDER BY created_at DESC, id LIMIT $4))
                    ORDER BY created_at DESC, id";
        let args = [Arg::Text(user.as_str()), Arg::Time(since), Arg::Int(at_least)];
        let rows = self.0.fetch_all(sql, &args).await?;
        rows.iter().map(history_from_row).collect()
    }

    pub async fn insert_password_history(&mut self, entry: &PasswordHistoryEntry) -> Result<()> {
        let sql = "INSERT INTO _auth_password_history (app_id, id, user_id, created_at, password)
                   VALUES ($1, $2, $3, $4, $5)";
        let args = [
            Arg::Text(&entry.id),
            Arg::Text(entry.user_id.as_str()),
            Arg::Time(entry.created_at),
            Arg::Text(entry.password_hash.reveal()),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// Forgets what the re-use policy no longer asks for.
    pub async fn prune_password_history(
        &mut self,
        user: &UserId,
        since: Timestamp,
        at_least: i64,
    ) -> Result<()> {
        let sql = "DELETE FROM _auth_password_history
                    WHERE app_id = $1 AND user_id = $2 AND created_at < $3
                      AND id NOT IN (
                            SELECT id FROM _auth_password_history
                             WHERE app_id = $1 AND user_id = $2
                             ORDER BY created_at DESC, id LIMIT $4)";
        let args = [Arg::Text(user.as_str()), Arg::Time(since), Arg::Int(at_least)];
        self.0.execute(sql, &args).await?;
        Ok(())
    }
}

fn history_from_row(row: &Row) -> Result<PasswordHistoryEntry> {
    Ok(PasswordHistoryEntry {
        id: row.text("id")?,
        user_id: UserId::new(row.text("user_id")?),
        created_at: row.time("created_at")?,
        password_hash: Secret::new(row.text("password")?),
    })
}
