//! Browser sessions: the rows of `_authwarden_idp_session`.

use domain::{Access, IdpSession, IdpSessionId, UserId};
use stdx::Timestamp;

use crate::access::{access, words};
use crate::db::{Arg, Row};
use crate::{Result, Tx};

pub struct IdpSessions<'tx>(&'tx mut Tx);

impl Tx {
    pub fn idp_sessions(&mut self) -> IdpSessions<'_> {
        IdpSessions(self)
    }
}

impl IdpSessions<'_> {
    /// Ended and expired sessions too: what that means is the caller's business.
    pub async fn find(&mut self, id: &IdpSessionId) -> Result<Option<IdpSession>> {
        let sql = "SELECT id, user_id, created_at, authenticated_at, amr, initial_access_at,
                          initial_ip, initial_user_agent, last_access_at, last_ip,
                          last_user_agent, token_hash, expires_at, idle_expires_at, ended_at
                     FROM _authwarden_idp_session WHERE app_id = $1 AND id = $2";
        let row = self.0.fetch_optional(sql, &[Arg::Text(id.as_str())]).await?;
        row.as_ref().map(session_from_row).transpose()
    }

    /// The sessions of a person that nobody ended, newest first; expired ones too.
    pub async fn list(&mut self, user: &UserId) -> Result<Vec<IdpSession>> {
        let sql = "SELECT id, user_id, created_at, authenticated_at, amr, initial_access_at,
                          initial_ip, initial_user_agent, last_access_at, last_ip,
                          last_user_agent, token_hash, expires_at, idle_expires_at, ended_at
                     FROM _authwarden_idp_session
                    WHERE app_id = $1 AND user_id = $2 AND ended_at IS NULL
                    ORDER BY created_at DESC, id LIMIT 1000";
        let rows = self.0.fetch_all(sql, &[Arg::Text(user.as_str())]).await?;
        rows.iter().map(session_from_row).collect()
    }

    pub async fn insert(&mut self, session: &IdpSession) -> Result<()> {
        let sql = "INSERT INTO _authwarden_idp_session
                     (app_id, id, user_id, created_at, authenticated_at, amr, initial_access_at,
                      initial_ip, initial_user_agent, last_access_at, last_ip, last_user_agent,
                      token_hash, expires_at, idle_expires_at, ended_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
        let amr = session.amr.join(" ");
        let args = [
            Arg::Text(session.id.as_str()),
            Arg::Text(session.user_id.as_str()),
            Arg::Time(session.created_at),
            Arg::Time(session.authenticated_at),
            Arg::Text(&amr),
            Arg::MaybeTime(session.initial_access.at),
            Arg::Text(&session.initial_access.ip),
            Arg::Text(&session.initial_access.user_agent),
            Arg::MaybeTime(session.last_access.at),
            Arg::Text(&session.last_access.ip),
            Arg::Text(&session.last_access.user_agent),
            Arg::Text(&session.token_hash),
            Arg::Time(session.expires_at),
            Arg::MaybeTime(session.idle_expires_at),
            Arg::MaybeTime(session.ended_at),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// Notes a use. An older use never overwrites a newer one.
    pub async fn touch(
        &mut self,
        id: &IdpSessionId,
        access: &Access,
        idle_expires_at: Option<Timestamp>,
    ) -> Result<()> {
        let sql = "UPDATE _authwarden_idp_session
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

    /// Notes that the person authenticated again within the session.
    pub async fn set_authentication(
        &mut self,
        id: &IdpSessionId,
        amr: &[String],
        at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE _authwarden_idp_session SET authenticated_at = $3, amr = $4
                    WHERE app_id = $1 AND id = $2 AND ended_at IS NULL";
        let amr = amr.join(" ");
        let args = [Arg::Text(id.as_str()), Arg::Time(at), Arg::Text(&amr)];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// Clears out some of the sessions that ended or expired before `at`; how many that were.
    pub async fn sweep(&mut self, at: Timestamp, limit: i64) -> Result<u64> {
        let sql = "DELETE FROM _authwarden_idp_session WHERE app_id = $1 AND id IN
                     (SELECT id FROM _authwarden_idp_session
                       WHERE app_id = $1 AND (expires_at < $2 OR ended_at < $2) LIMIT $3)";
        self.0.execute(sql, &[Arg::Time(at), Arg::Int(limit)]).await
    }

    /// Whether it had not ended before.
    pub async fn end(&mut self, id: &IdpSessionId, at: Timestamp) -> Result<bool> {
        let sql = "UPDATE _authwarden_idp_session SET ended_at = $3
                    WHERE app_id = $1 AND id = $2 AND ended_at IS NULL";
        let touched = self.0.execute(sql, &[Arg::Text(id.as_str()), Arg::Time(at)]).await?;
        Ok(touched == 1)
    }
}

fn session_from_row(row: &Row) -> Result<IdpSession> {
    Ok(IdpSession {
        id: IdpSessionId::new(row.text("id")?),
        user_id: UserId::new(row.text("user_id")?),
        created_at: row.time("created_at")?,
        authenticated_at: row.time("authenticated_at")?,
        amr: words(row, "amr")?,
        initial_access: access(row, "initial_access_at", "initial_ip", "initial_user_agent")?,
        last_access: access(row, "last_access_at", "last_ip", "last_user_agent")?,
        token_hash: row.text("token_hash")?,
        expires_at: row.time("expires_at")?,
        idle_expires_at: row.maybe_time("idle_expires_at")?,
        ended_at: row.maybe_time("ended_at")?,
    })
}
