//! What people prove it with: `_auth_authenticator`, one table per kind, and old passwords.

use domain::{
    Authenticator, AuthenticatorId, AuthenticatorKind, AuthenticatorType, PasswordAuthenticator,
    PasswordHistoryEntry, UserId,
};
use stdx::{Secret, Timestamp};

use crate::db::{Arg, Row};
use crate::{Result, StoreError, Tx};

pub struct Authenticators<'tx>(&'tx mut Tx);

impl Tx {
    pub fn authenticators(&mut self) -> Authenticators<'_> {
        Authenticators(self)
    }
}

impl Authenticators<'_> {
    /// Everything the person can prove it with, oldest first.
    pub async fn list(&mut self, user: &UserId) -> Result<Vec<Authenticator>> {
        let sql = "SELECT a.id, a.user_id, a.created_at, a.updated_at, a.is_default, a.kind,
                          p.password_hash, p.expire_after
                     FROM _auth_authenticator a
                     JOIN _auth_authenticator_password p ON p.id = a.id
                    WHERE a.app_id = $1 AND a.user_id = $2
                    ORDER BY a.created_at, a.id";
        let rows = self.0.fetch_all(sql, &[Arg::Text(user.as_str())]).await?;
        rows.iter().map(|row| password_from_row(row).map(Authenticator::Password)).collect()
    }

    /// The password of a person for one factor.
    pub async fn find_password(
        &mut self,
        user: &UserId,
        kind: AuthenticatorKind,
    ) -> Result<Option<PasswordAuthenticator>> {
        let sql = "SELECT a.id, a.user_id, a.created_at, a.updated_at, a.is_default, a.kind,
                          p.password_hash, p.expire_after
                     FROM _auth_authenticator a
                     JOIN _auth_authenticator_password p ON p.id = a.id
                    WHERE a.app_id = $1 AND a.user_id = $2 AND a.kind = $3
                    ORDER BY a.created_at, a.id
                    LIMIT 1";
        let args = [Arg::Text(user.as_str()), Arg::Text(kind.as_str())];
        let row = self.0.fetch_optional(sql, &args).await?;
        row.as_ref().map(password_from_row).transpose()
    }

    pub async fn insert_password(&mut self, password: &PasswordAuthenticator) -> Result<()> {
        let sql = "INSERT INTO _auth_authenticator
                     (app_id, id, type, user_id, created_at, updated_at, is_default, kind)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let args = [
            Arg::Text(password.id.as_str()),
            Arg::Text(AuthenticatorType::Password.as_str()),
            Arg::Text(password.user_id.as_str()),
            Arg::Time(password.created_at),
            Arg::Time(password.updated_at),
            Arg::Bool(password.is_default),
            Arg::Text(password.kind.as_str()),
        ];
        self.0.execute(sql, &args).await?;
        let sql = "INSERT INTO _auth_authenticator_password
                     (app_id, id, password_hash, expire_after)
                   VALUES ($1, $2, $3, $4)";
        let args = [
            Arg::Text(password.id.as_str()),
            Arg::Text(password.password_hash.reveal()),
            Arg::MaybeTime(password.expire_after),
        ];
        self.0.execute(sql, &args).await?;
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

    pub async fn delete(&mut self, id: &AuthenticatorId) -> Result<()> {
        let sql = "DELETE FROM _auth_authenticator_password WHERE app_id = $1 AND id = $2";
        self.0.execute(sql, &[Arg::Text(id.as_str())]).await?;
        let sql = "DELETE FROM _auth_authenticator WHERE app_id = $1 AND id = $2";
        self.0.execute(sql, &[Arg::Text(id.as_str())]).await?;
        Ok(())
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

fn password_from_row(row: &Row) -> Result<PasswordAuthenticator> {
    Ok(PasswordAuthenticator {
        id: AuthenticatorId::new(row.text("id")?),
        user_id: UserId::new(row.text("user_id")?),
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        is_default: row.bool("is_default")?,
        kind: AuthenticatorKind::parse(&row.text("kind")?).ok_or(StoreError::Corrupt("kind"))?,
        password_hash: Secret::new(row.text("password_hash")?),
        expire_after: row.maybe_time("expire_after")?,
    })
}

fn history_from_row(row: &Row) -> Result<PasswordHistoryEntry> {
    Ok(PasswordHistoryEntry {
        id: row.text("id")?,
        user_id: UserId::new(row.text("user_id")?),
        created_at: row.time("created_at")?,
        password_hash: Secret::new(row.text("password")?),
    })
}
