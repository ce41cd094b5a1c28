//! Refresh tokens, each a chain of secrets: the rows of `_authwarden_refresh_token`.

use domain::{AuthorizationId, ClientId, GrantId, RefreshToken, Scopes};
use stdx::Timestamp;

use crate::db::{Arg, Row};
use crate::{Result, Tx};

pub struct RefreshTokens<'tx>(&'tx mut Tx);

/// One step of a rotation.
pub struct Rotation<'a> {
    pub current_hash: &'a str,
    pub next_hash: &'a str,
    /// The next token, sealed with the current one.
    pub sealed_successor: &'a str,
    pub at: Timestamp,
}

impl Tx {
    pub fn refresh_tokens(&mut self) -> RefreshTokens<'_> {
        RefreshTokens(self)
    }
}

impl RefreshTokens<'_> {
    /// By its id; whether a presented secret is the current one is for the caller to see.
    pub async fn find(&mut self, grant: &GrantId, id: &str) -> Result<Option<RefreshToken>> {
        let sql = "SELECT id, grant_id, client_id, authorization_id, scopes, created_at, dpop_jkt,
                          hash, previous_hash, sealed_successor, rotated_at, expires_at
                     FROM _authwarden_refresh_token
                    WHERE app_id = $1 AND grant_id = $2 AND id = $3";
        let args = [Arg::Text(grant.as_str()), Arg::Text(id)];
        let row = self.0.fetch_optional(sql, &args).await?;
        row.as_ref().map(token_from_row).transpose()
    }

    /// The tokens of a grant, oldest first.
    pub async fn list(&mut self, grant: &GrantId) -> Result<Vec<RefreshToken>> {
        let sql = "SELECT id, grant_id, client_id, authorization_id, scopes, created_at, dpop_jkt,
                          hash, previous_hash, sealed_successor, rotated_at, expires_at
                     FROM _authwarden_refresh_token
                    WHERE app_id = $1 AND grant_id = $2 ORDER BY created_at, id LIMIT 100";
        let rows = self.0.fetch_all(sql, &[Arg::Text(grant.as_str())]).await?;
        rows.iter().map(token_from_row).collect()
    }

    pub async fn insert(&mut self, token: &RefreshToken) -> Result<()> {
        let sql = "INSERT INTO _authwarden_refresh_token
                     (app_id, id, grant_id, client_id, authorization_id, scopes, created_at,
                      dpop_jkt, hash, previous_hash, sealed_successor, rotated_at, expires_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let scopes = token.scopes.to_string();
        let args = [
            Arg::Text(&token.id),
            Arg::Text(token.grant_id.as_str()),
            Arg::Text(token.client_id.as_str()),
            Arg::MaybeText(token.authorization_id.as_ref().map(AuthorizationId::as_str)),
            Arg::Text(&scopes),
            Arg::Time(token.created_at),
            Arg::MaybeText(token.dpop_jkt.as_deref()),
            Arg::Text(&token.hash),
            Arg::MaybeText(token.previous_hash.as_deref()),
            Arg::MaybeText(token.sealed_successor.as_deref()),
            Arg::MaybeTime(token.rotated_at),
            Arg::MaybeTime(token.expires_at),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// Makes the next secret the current one; false when another request rotated first.
    pub async fn rotate(&mut self, id: &str, step: &Rotation<'_>) -> Result<bool> {
        let sql = "UPDATE _authwarden_refresh_token
                      SET hash = $4, previous_hash = $3, sealed_successor = $5, rotated_at = $6
                    WHERE app_id = $1 AND id = $2 AND hash = $3";
        let args = [
            Arg::Text(id),
            Arg::Text(step.current_hash),
            Arg::Text(step.next_hash),
            Arg::Text(step.sealed_successor),
            Arg::Time(step.at),
        ];
        Ok(self.0.execute(sql, &args).await? == 1)
    }
}

fn token_from_row(row: &Row) -> Result<RefreshToken> {
    Ok(RefreshToken {
        id: row.text("id")?,
        grant_id: GrantId::new(row.text("grant_id")?),
        client_id: ClientId::new(row.text("client_id")?),
        authorization_id: row.maybe_text("authorization_id")?.map(AuthorizationId::new),
        scopes: Scopes::parse(&row.text("scopes")?),
        created_at: row.time("created_at")?,
        dpop_jkt: row.maybe_text("dpop_jkt")?,
        hash: row.text("hash")?,
        previous_hash: row.maybe_text("previous_hash")?,
        sealed_successor: row.maybe_text("sealed_successor")?,
        rotated_at: row.maybe_time("rotated_at")?,
        expires_at: row.maybe_time("expires_at")?,
    })
}
