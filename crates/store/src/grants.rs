//! OAuth grants: the rows of `_authwarden_grant`.

use domain::{Access, ClientId, Grant, GrantId, IdentityId, IdpSessionId, UserId};
use stdx::Timestamp;

use crate::access::{access, words};
use crate::db::{Arg, Row};
use crate::{Result, Tx};

pub struct Grants<'tx>(&'tx mut Tx);

impl Tx {
    pub fn grants(&mut self) -> Grants<'_> {
        Grants(self)
    }
}

/// Statements that read whole grants, with the condition and order they end in.
macro_rules! select_grant {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, client_id, idp_session_id, identity_id, created_at,
                    authenticated_at, amr, initial_access_at, initial_ip, initial_user_agent,
                    last_access_at, last_ip, last_user_agent, device_info, sso_enabled,
                    app2app_device_key_jwk, device_secret_hash, device_secret_dpop_jkt,
                    expires_at, idle_expires_at, ended_at
               FROM _authwarden_grant WHERE app_id = $1 AND ",
            $rest
        )
    };
}

impl Grants<'_> {
    /// Ended and expired grants too: what that means is the caller's business.
    pub async fn find(&mut self, id: &GrantId) -> Result<Option<Grant>> {
        let sql = select_grant!("id = $2");
        let row = self.0.fetch_optional(sql, &[Arg::Text(id.as_str())]).await?;
        row.as_ref().map(grant_from_row).transpose()
    }

    /// The grants of a person that nobody ended, newest first; expired ones too.
    pub async fn list(&mut self, user: &UserId) -> Result<Vec<Grant>> {
        let sql = select_grant!(
            "user_id = $2 AND ended_at IS NULL ORDER BY created_at DESC, id LIMIT 1000"
        );
        let rows = self.0.fetch_all(sql, &[Arg::Text(user.as_str())]).await?;
        rows.iter().map(grant_from_row).collect()
    }

    /// The grants that came out of a browser session and that nobody ended.
    pub async fn list_of_idp_session(&mut self, id: &IdpSessionId) -> Result<Vec<Grant>> {
        let sql = select_grant!("idp_session_id = $2 AND ended_at IS NULL ORDER BY id LIMIT 1000");
        let rows = self.0.fetch_all(sql, &[Arg::Text(id.as_str())]).await?;
        rows.iter().map(grant_from_row).collect()
    }

    pub async fn insert(&mut self, grant: &Grant) -> Result<()> {
        let sql = "INSERT INTO _authwarden_grant
                     (app_id, id, user_id, client_id, idp_session_id, identity_id, created_at,
                      authenticated_at, amr, initial_access_at, initial_ip, initial_user_agent,
                      last_access_at, last_ip, last_user_agent, device_info, sso_enabled,
                      app2app_device_key_jwk, device_secret_hash, device_secret_dpop_jkt,
                      expires_at, idle_expires_at, ended_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                           $17, $18, $19, $20, $21, $22, $23)";
        let amr = grant.amr.join(" ");
        let args = [
            Arg::Text(grant.id.as_str()),
            Arg::Text(grant.user_id.as_str()),
            Arg::Text(grant.client_id.as_str()),
            Arg::MaybeText(grant.idp_session_id.as_ref().map(IdpSessionId::as_str)),
            Arg::MaybeText(grant.identity_id.as_ref().map(IdentityId::as_str)),
            Arg::Time(grant.created_at),
            Arg::Time(grant.authenticated_at),
            Arg::Text(&amr),
            Arg::MaybeTime(grant.initial_access.at),
            Arg::Text(&grant.initial_access.ip),
            Arg::Text(&grant.initial_access.user_agent),
            Arg::MaybeTime(grant.last_access.at),
            Arg::Text(&grant.last_access.ip),
            Arg::Text(&grant.last_access.user_agent),
            Arg::MaybeText(grant.device_info.as_deref()),
            Arg::Bool(grant.sso_enabled),
            Arg::MaybeText(grant.app2app_device_key_jwk.as_deref()),
            Arg::MaybeText(grant.device_secret_hash.as_deref()),
            Arg::MaybeText(grant.device_secret_dpop_jkt.as_deref()),
            Arg::Time(grant.expires_at),
            Arg::MaybeTime(grant.idle_expires_at),
            Arg::MaybeTime(grant.ended_at),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// Notes a use. An older use never overwrites a newer one.
    pub async fn touch(
        &mut self,
        id: &GrantId,
        access: &Access,
        idle_expires_at: Option<Timestamp>,
    ) -> Result<()> {
        let sql = "UPDATE _authwarden_grant
                      SET last_access_at = $3, last_ip = $4, last_user_agent = $5,
                          idle_expires_at = $6
                    WHERE app_id = $1 AND id = $2 AND ended_at IS NULL
                      AND (last_access_at IS NULL OR last_access_at < $3)";
        let args = [
            Arg::Text(id.as_str()),
            Arg::MaybeTime(access.at),
            Arg::Text(&access.ip),
            Arg::Text(&access.user_agent),
            Arg::MaybeTime(idle_expires_at),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    pub async fn set_device_info(&mut self, id: &GrantId, device_info: &str) -> Result<()> {
        let sql = "UPDATE _authwarden_grant SET device_info = $3 WHERE app_id = $1 AND id = $2";
        self.0.execute(sql, &[Arg::Text(id.as_str()), Arg::Text(device_info)]).await?;
        Ok(())
    }

    /// Notes that the person authenticated again for this grant.
    pub async fn set_authenticated_at(&mut self, id: &GrantId, at: Timestamp) -> Result<()> {
        let sql = "UPDATE _authwarden_grant SET authenticated_at = $3
                    WHERE app_id = $1 AND id = $2 AND authenticated_at < $3";
        self.0.execute(sql, &[Arg::Text(id.as_str()), Arg::Time(at)]).await?;
        Ok(())
    }

    /// Binds the key of the device, unless one is bound already; whether it did.
    pub async fn bind_app2app_key(&mut self, id: &GrantId, jwk: &str) -> Result<bool> {
        let sql = "UPDATE _authwarden_grant SET app2app_device_key_jwk = $3
                    WHERE app_id = $1 AND id = $2 AND app2app_device_key_jwk IS NULL
                      AND ended_at IS NULL";
        let touched = self.0.execute(sql, &[Arg::Text(id.as_str()), Arg::Text(jwk)]).await?;
        Ok(touched == 1)
    }

    /// Puts a device secret in the place of the one that the grant had; whether that was still so.
    pub async fn set_device_secret(
        &mut self,
        id: &GrantId,
        current: Option<&str>,
        (next, dpop_jkt): (&str, Option<&str>),
    ) -> Result<bool> {
        let sql = "UPDATE _authwarden_grant
                      SET device_secret_hash = $4, device_secret_dpop_jkt = $5
                    WHERE app_id = $1 AND id = $2 AND ended_at IS NULL
                      AND device_secret_hash IS NOT DISTINCT FROM $3";
        let args = [
            Arg::Text(id.as_str()),
            Arg::MaybeText(current),
            Arg::Text(next),
            Arg::MaybeText(dpop_jkt),
        ];
        Ok(self.0.execute(sql, &args).await? == 1)
    }

    /// Clears out some of the grants that ended or expired before `at`; how many that were.
    pub async fn sweep(&mut self, at: Timestamp, limit: i64) -> Result<u64> {
        let sql = "DELETE FROM _authwarden_grant WHERE id IN
                     (SELECT id FROM _authwarden_grant
                       WHERE app_id = $1 AND (expires_at < $2 OR ended_at < $2) LIMIT $3)";
        self.0.execute(sql, &[Arg::Time(at), Arg::Int(limit)]).await
    }

    /// Whether it had not ended before.
    pub async fn end(&mut self, id: &GrantId, at: Timestamp) -> Result<bool> {
        let sql = "UPDATE _authwarden_grant SET ended_at = $3
                    WHERE app_id = $1 AND id = $2 AND ended_at IS NULL";
        let touched = self.0.execute(sql, &[Arg::Text(id.as_str()), Arg::Time(at)]).await?;
        Ok(touched == 1)
    }
}

fn grant_from_row(row: &Row) -> Result<Grant> {
    Ok(Grant {
        id: GrantId::new(row.text("id")?),
        user_id: UserId::new(row.text("user_id")?),
        client_id: ClientId::new(row.text("client_id")?),
        idp_session_id: row.maybe_text("idp_session_id")?.map(IdpSessionId::new),
        identity_id: row.maybe_text("identity_id")?.map(IdentityId::new),
        created_at: row.time("created_at")?,
        authenticated_at: row.time("authenticated_at")?,
        amr: words(row, "amr")?,
        initial_access: access(row, "initial_access_at", "initial_ip", "initial_user_agent")?,
        last_access: access(row, "last_access_at", "last_ip", "last_user_agent")?,
        device_info: row.maybe_text("device_info")?,
        sso_enabled: row.bool("sso_enabled")?,
        app2app_device_key_jwk: row.maybe_text("app2app_device_key_jwk")?,
        device_secret_hash: row.maybe_text("device_secret_hash")?,
        device_secret_dpop_jkt: row.maybe_text("device_secret_dpop_jkt")?,
        expires_at: row.time("expires_at")?,
        idle_expires_at: row.maybe_time("idle_expires_at")?,
        ended_at: row.maybe_time("ended_at")?,
    })
}
