//! What people prove it with: `_auth_authenticator` and one table per kind.

mod insert;
mod passwords;
mod recovery_codes;
pub(crate) mod rows;
mod totp;

use domain::{Authenticator, AuthenticatorId, OobTarget, UserId};
use rows::{authenticator_from_row, authenticators};
use stdx::Timestamp;

use crate::db::{Arg, Row};
use crate::{Result, Tx};

pub use insert::InsertedAuthenticator;

pub struct Authenticators<'tx>(&'tx mut Tx);

impl Tx {
    pub fn authenticators(&mut self) -> Authenticators<'_> {
        Authenticators(self)
    }
}

impl Authenticators<'_> {
    /// Everything the person can prove it with, oldest first.
    pub async fn list(&mut self, user: &UserId) -> Result<Vec<Authenticator>> {
        let sql = authenticators!(
            "WHERE a.app_id = $1 AND a.user_id = $2
             ORDER BY a.created_at, a.id"
        );
        let rows = self.0.fetch_all(sql, &[Arg::Text(user.as_str())]).await?;
        all_from_rows(&rows)
    }

    pub async fn find(&mut self, id: &AuthenticatorId) -> Result<Option<Authenticator>> {
        let sql = authenticators!("WHERE a.app_id = $1 AND a.id = $2");
        match self.0.fetch_optional(sql, &[Arg::Text(id.as_str())]).await? {
            Some(row) => authenticator_from_row(&row),
            None => Ok(None),
        }
    }

    /// Whose passkey this credential is.
    pub async fn find_passkey(&mut self, credential_id: &str) -> Result<Option<Authenticator>> {
        let sql = authenticators!("WHERE p.app_id = $1 AND p.credential_id = $2");
        match self.0.fetch_optional(sql, &[Arg::Text(credential_id)]).await? {
            Some(row) => authenticator_from_row(&row),
            None => Ok(None),
        }
    }

    /// Everybody's authenticators that send codes to this address or number.
    pub async fn list_by_target(&mut self, target: &OobTarget) -> Result<Vec<Authenticator>> {
        let sql = match target {
            OobTarget::Email(_) => authenticators!("WHERE o.app_id = $1 AND o.email = $2"),
            OobTarget::Phone(_) => authenticators!("WHERE o.app_id = $1 AND o.phone = $2"),
        };
        let rows = self.0.fetch_all(sql, &[Arg::Text(target.as_str())]).await?;
        all_from_rows(&rows)
    }

    /// Notes by which channel the person was last reached.
    pub async fn note_channel(&mut self, id: &AuthenticatorId, channel: &str) -> Result<()> {
        let metadata = serde_json::json!({ "last_used_channel": channel });
        let sql = "UPDATE _auth_authenticator_oob SET metadata = $3
                    WHERE app_id = $1 AND id = $2";
        self.0.execute(sql, &[Arg::Text(id.as_str()), Arg::Json(&metadata)]).await?;
        Ok(())
    }

    /// Notes what a passkey's counter shows now, unless somebody noted more meanwhile.
    pub async fn note_sign_count(
        &mut self,
        id: &AuthenticatorId,
        count: i64,
        at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE _auth_authenticator_passkey SET sign_count = $3
                    WHERE app_id = $1 AND id = $2 AND sign_count < $3";
        let id = Arg::Text(id.as_str());
        if self.0.execute(sql, &[id, Arg::Int(count)]).await? == 1 {
            let sql = "UPDATE _auth_authenticator SET updated_at = $3
                        WHERE app_id = $1 AND id = $2";
            self.0.execute(sql, &[id, Arg::Time(at)]).await?;
        }
        Ok(())
    }

    pub async fn delete(&mut self, id: &AuthenticatorId) -> Result<()> {
        for sql in [
            "DELETE FROM _auth_authenticator_password WHERE app_id = $1 AND id = $2",
            "DELETE FROM _auth_authenticator_totp WHERE app_id = $1 AND id = $2",
            "DELETE FROM _auth_authenticator_oob WHERE app_id = $1 AND id = $2",
            "DELETE FROM _auth_authenticator_passkey WHERE app_id = $1 AND id = $2",
            "DELETE FROM _authwarden_totp_use WHERE app_id = $1 AND authenticator_id = $2",
            "DELETE FROM _auth_authenticator WHERE app_id = $1 AND id = $2",
        ] {
            self.0.execute(sql, &[Arg::Text(id.as_str())]).await?;
        }
        Ok(())
    }
}

fn all_from_rows(rows: &[Row]) -> Result<Vec<Authenticator>> {
    rows.iter().filter_map(|row| authenticator_from_row(row).transpose()).collect()
}
