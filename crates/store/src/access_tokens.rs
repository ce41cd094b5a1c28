//! Access tokens that were handed out: the rows of `_authwarden_access_token`.

use domain::{AccessToken, AccessTokenHolder, ClientId, GrantId, IdpSessionId, Scopes};
use stdx::Timestamp;

use crate::db::{Arg, Row};
use crate::{Result, Tx};

pub struct AccessTokens<'tx>(&'tx mut Tx);

impl Tx {
    pub fn access_tokens(&mut self) -> AccessTokens<'_> {
        AccessTokens(self)
    }
}

impl AccessTokens<'_> {
    pub async fn find(&mut self, hash: &str) -> Result<Option<AccessToken>> {
        let sql = "SELECT hash, grant_id, idp_session_id, client_id, scopes, audience, dpop_jkt,
                          created_at, expires_at
                     FROM _authwarden_access_token WHERE app_id = $1 AND hash = $2";
        let row = self.0.fetch_optional(sql, &[Arg::Text(hash)]).await?;
        row.as_ref().map(token_from_row).transpose()
    }

    pub async fn insert(&mut self, token: &AccessToken) -> Result<()> {
        let sql = "INSERT INTO _authwarden_access_token
                     (app_id, hash, grant_id, idp_session_id, client_id, scopes, audience, dpop_jkt,
                      created_at, expires_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let (grant, session) = match &token.holder {
            AccessTokenHolder::Grant(id) => (Some(id.as_str()), None),
            AccessTokenHolder::IdpSession(id) => (None, Some(id.as_str())),
            AccessTokenHolder::Client => (None, None),
        };
        let scopes = token.scopes.to_string();
        let args = [
            Arg::Text(&token.hash),
            Arg::MaybeText(grant),
            Arg::MaybeText(session),
            Arg::Text(token.client_id.as_str()),
            Arg::Text(&scopes),
            Arg::MaybeText(token.audience.as_deref()),
            Arg::MaybeText(token.dpop_jkt.as_deref()),
            Arg::Time(token.created_at),
            Arg::Time(token.expires_at),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// Whether there was one to delete.
    pub async fn delete(&mut self, hash: &str) -> Result<bool> {
        let sql = "DELETE FROM _authwarden_access_token WHERE app_id = $1 AND hash = $2";
        Ok(self.0.execute(sql, &[Arg::Text(hash)]).await? == 1)
    }

    /// Clears out some of what expired before `at`; how many that were.
    pub async fn sweep(&mut self, at: Timestamp, limit: i64) -> Result<u64> {
        let sql = "DELETE FROM _authwarden_access_token WHERE hash IN
                     (SELECT hash FROM _authwarden_access_token
                       WHERE app_id = $1 AND expires_at < $2 LIMIT $3)";
        self.0.execute(sql, &[Arg::Time(at), Arg::Int(limit)]).await
    }
}

fn token_from_row(row: &Row) -> Result<AccessToken> {
    let holder = match (row.maybe_text("grant_id")?, row.maybe_text("idp_session_id")?) {
        (Some(grant), _) => AccessTokenHolder::Grant(GrantId::new(grant)),
        (None, Some(session)) => AccessTokenHolder::IdpSession(IdpSessionId::new(session)),
        (None, None) => AccessTokenHolder::Client,
    };
    Ok(AccessToken {
        hash: row.text("hash")?,
        holder,
        client_id: ClientId::new(row.text("client_id")?),
        scopes: Scopes::parse(&row.text("scopes")?),
        audience: row.maybe_text("audience")?,
        dpop_jkt: row.maybe_text("dpop_jkt")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
    })
}
