//! Which time step of a TOTP was used last (RFC 6238 §5.2: a code works once).

use domain::AuthenticatorId;

use super::Authenticators;
use crate::Result;
use crate::db::Arg;

impl Authenticators<'_> {
    /// Uses a time step up. Returns false when it, or a later one, was used before.
    pub async fn use_totp_step(&mut self, id: &AuthenticatorId, step: i64) -> Result<bool> {
        let sql = "INSERT INTO _authwarden_totp_use (app_id, authenticator_id, time_step)
                   VALUES ($1, $2, $3)
                   ON CONFLICT (authenticator_id) DO UPDATE SET time_step = excluded.time_step
                    WHERE _authwarden_totp_use.app_id = $1
                      AND _authwarden_totp_use.time_step < excluded.time_step";
        Ok(self.0.execute(sql, &[Arg::Text(id.as_str()), Arg::Int(step)]).await? == 1)
    }
}
