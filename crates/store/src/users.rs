//! People: the rows of `_auth_user`.

use domain::{Attributes, User, UserId};
use serde_json::Value;
use stdx::Timestamp;

use crate::db::{Arg, Row};
use crate::{Result, Tx};

/// Where a person's metadata says that they want no passkey.
const DECLINES_PASSKEYS: &str = "opt_out_passkey_upselling";

pub struct Users<'tx>(&'tx mut Tx);

impl Tx {
    pub fn users(&mut self) -> Users<'_> {
        Users(self)
    }
}

impl Users<'_> {
    pub(crate) fn tx(&mut self) -> &mut Tx {
        self.0
    }

    pub async fn find(&mut self, id: &UserId) -> Result<Option<User>> {
        let sql = "SELECT id, created_at, updated_at, login_at, last_login_at, is_disabled,
                          disable_reason, is_deactivated, delete_at, is_anonymized, anonymize_at,
                          temporarily_disabled_from, temporarily_disabled_until,
                          account_valid_from, account_valid_until, mfa_grace_period_end_at,
                          standard_attributes, custom_attributes
                     FROM _auth_user
                    WHERE app_id = $1 AND id = $2";
        let row = self.0.fetch_optional(sql, &[Arg::Text(id.as_str())]).await?;
        row.as_ref().map(user_from_row).transpose()
    }

    pub async fn insert(&mut self, user: &User) -> Result<()> {
        self.0
            .execute(
                "INSERT INTO _auth_user
                   (app_id, id, created_at, updated_at, login_at, last_login_at, is_disabled,
                    is_indefinitely_disabled, disable_reason, is_deactivated, delete_at,
                    is_anonymized, anonymize_at, temporarily_disabled_from,
                    temporarily_disabled_until, account_valid_from, account_valid_until,
                    mfa_grace_period_end_at, standard_attributes, custom_attributes)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                         $17, $18, $19)",
                &[
                    Arg::Text(user.id.as_str()),
                    Arg::Time(user.created_at),
                    Arg::Time(user.updated_at),
                    Arg::MaybeTime(user.login_at),
                    Arg::MaybeTime(user.last_login_at),
                    Arg::Bool(user.is_disabled),
                    Arg::MaybeText(user.disable_reason.as_deref()),
                    Arg::Bool(user.is_deactivated),
                    Arg::MaybeTime(user.delete_at),
                    Arg::Bool(user.is_anonymized),
                    Arg::MaybeTime(user.anonymize_at),
                    Arg::MaybeTime(user.temporarily_disabled_from),
                    Arg::MaybeTime(user.temporarily_disabled_until),
                    Arg::MaybeTime(user.account_valid_from),
                    Arg::MaybeTime(user.account_valid_until),
                    Arg::MaybeTime(user.mfa_grace_period_end_at),
                    Arg::Object(&user.standard_attributes),
                    Arg::Object(&user.custom_attributes),
                ],
            )
            .await?;
        Ok(())
    }

    /// Notes a sign-in: the previous one becomes the last.
    pub async fn note_login(&mut self, id: &UserId, at: Timestamp) -> Result<()> {
        let sql = "UPDATE _auth_user SET last_login_at = login_at, login_at = $3
                    WHERE app_id = $1 AND id = $2";
        self.0.execute(sql, &[Arg::Text(id.as_str()), Arg::Time(at)]).await?;
        Ok(())
    }

    pub async fn set_standard_attributes(
        &mut self,
        id: &UserId,
        attributes: &Attributes,
        at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE _auth_user SET standard_attributes = $3, updated_at = $4
                    WHERE app_id = $1 AND id = $2";
        let args = [Arg::Text(id.as_str()), Arg::Object(attributes), Arg::Time(at)];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    pub async fn set_custom_attributes(
        &mut self,
        id: &UserId,
        attributes: &Attributes,
        at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE _auth_user SET custom_attributes = $3, updated_at = $4
                    WHERE app_id = $1 AND id = $2";
        let args = [Arg::Text(id.as_str()), Arg::Object(attributes), Arg::Time(at)];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// Opens the account from one instant until another, or without a limit.
    pub async fn set_valid_period(
        &mut self,
        id: &UserId,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE _auth_user
                      SET account_valid_from = $3, account_valid_until = $4, updated_at = $5
                    WHERE app_id = $1 AND id = $2";
        let args =
            [Arg::Text(id.as_str()), Arg::MaybeTime(from), Arg::MaybeTime(until), Arg::Time(at)];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// Whether the person does not want to be offered a passkey.
    pub async fn declines_passkeys(&mut self, id: &UserId) -> Result<bool> {
        let sql = "SELECT metadata FROM _auth_user WHERE app_id = $1 AND id = $2";
        let row = self.0.fetch_optional(sql, &[Arg::Text(id.as_str())]).await?;
        let Some(row) = row else { return Ok(false) };
        Ok(row.object("metadata")?.get(DECLINES_PASSKEYS) == Some(&Value::Bool(true)))
    }

    /// Notes that the person does not want to be offered a passkey again.
    pub async fn decline_passkeys(&mut self, id: &UserId) -> Result<()> {
        let sql = "SELECT metadata FROM _auth_user WHERE app_id = $1 AND id = $2";
        let row = self.0.fetch_optional(sql, &[Arg::Text(id.as_str())]).await?;
        let Some(row) = row else { return Ok(()) };
        let mut metadata = row.object("metadata")?;
        metadata.insert(DECLINES_PASSKEYS.to_owned(), Value::Bool(true));
        let sql = "UPDATE _auth_user SET metadata = $3 WHERE app_id = $1 AND id = $2";
        self.0.execute(sql, &[Arg::Text(id.as_str()), Arg::Object(&metadata)]).await?;
        Ok(())
    }

    /// Notes that the person wants their account to go at `delete_at`. Until then it is closed.
    pub async fn schedule_deletion_by_owner(
        &mut self,
        id: &UserId,
        delete_at: Timestamp,
        at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE _auth_user
                      SET delete_at = $3, is_deactivated = TRUE, is_disabled = TRUE,
                          is_indefinitely_disabled = TRUE, disable_reason = NULL,
                          anonymize_at = NULL, temporarily_disabled_from = NULL,
                          temporarily_disabled_until = NULL, updated_at = $4
                    WHERE app_id = $1 AND id = $2";
        self.0.execute(sql, &[Arg::Text(id.as_str()), Arg::Time(delete_at), Arg::Time(at)]).await?;
        Ok(())
    }

    /// Opens an account again that was to be deleted.
    pub async fn unschedule_deletion(&mut self, id: &UserId, at: Timestamp) -> Result<()> {
        let sql = "UPDATE _auth_user
                      SET delete_at = NULL, is_deactivated = FALSE, is_disabled = FALSE,
                          is_indefinitely_disabled = FALSE, updated_at = $3
                    WHERE app_id = $1 AND id = $2";
        self.0.execute(sql, &[Arg::Text(id.as_str()), Arg::Time(at)]).await?;
        Ok(())
    }

    /// Accounts that should be gone by `now`, the longest overdue first.
    pub async fn list_due_deletions(&mut self, now: Timestamp, limit: i64) -> Result<Vec<UserId>> {
        let sql = "SELECT id FROM _auth_user
                    WHERE app_id = $1 AND delete_at <= $2
                    ORDER BY delete_at
                    LIMIT $3";
        let rows = self.0.fetch_all(sql, &[Arg::Time(now), Arg::Int(limit)]).await?;
        rows.iter().map(|row| row.text("id").map(UserId::new)).collect()
    }

    /// Disables indefinitely or, with `is_disabled` false, enables again.
    pub async fn set_disabled(
        &mut self,
        id: &UserId,
        is_disabled: bool,
        reason: Option<&str>,
        at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE _auth_user
                      SET is_disabled = $3, is_indefinitely_disabled = $3, disable_reason = $4,
                          updated_at = $5
                    WHERE app_id = $1 AND id = $2";
        let args =
            [Arg::Text(id.as_str()), Arg::Bool(is_disabled), Arg::MaybeText(reason), Arg::Time(at)];
        self.0.execute(sql, &args).await?;
        Ok(())
    }
}

pub(crate) fn user_from_row(row: &Row) -> Result<User> {
    Ok(User {
        id: UserId::new(row.text("id")?),
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        login_at: row.maybe_time("login_at")?,
        last_login_at: row.maybe_time("last_login_at")?,
        is_disabled: row.bool("is_disabled")?,
        disable_reason: row.maybe_text("disable_reason")?,
        is_deactivated: row.maybe_bool("is_deactivated")?,
        delete_at: row.maybe_time("delete_at")?,
        is_anonymized: row.bool("is_anonymized")?,
        anonymize_at: row.maybe_time("anonymize_at")?,
        temporarily_disabled_from: row.maybe_time("temporarily_disabled_from")?,
        temporarily_disabled_until: row.maybe_time("temporarily_disabled_until")?,
        account_valid_from: row.maybe_time("account_valid_from")?,
        account_valid_until: row.maybe_time("account_valid_until")?,
        mfa_grace_period_end_at: row.maybe_time("mfa_grace_period_end_at")?,
        standard_attributes: row.object("standard_attributes")?,
        custom_attributes: row.object("custom_attributes")?,
    })
}
