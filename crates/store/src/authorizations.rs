//! Consents: the rows of `_auth_oauth_authorization`.

use domain::{Authorization, AuthorizationId, ClientId, UserId};
use serde_json::Value;
use stdx::Timestamp;

use crate::db::{Arg, Row};
use crate::{Result, Tx};

pub struct Authorizations<'tx>(&'tx mut Tx);

impl Tx {
    pub fn authorizations(&mut self) -> Authorizations<'_> {
        Authorizations(self)
    }
}

impl Authorizations<'_> {
    pub async fn find(
        &mut self,
        user: &UserId,
        client: &ClientId,
    ) -> Result<Option<Authorization>> {
        let sql = "SELECT id, client_id, user_id, created_at, updated_at, scopes
                     FROM _auth_oauth_authorization
                    WHERE app_id = $1 AND user_id = $2 AND client_id = $3";
        let args = [Arg::Text(user.as_str()), Arg::Text(client.as_str())];
        let row = self.0.fetch_optional(sql, &args).await?;
        row.as_ref().map(authorization_from_row).transpose()
    }

    pub async fn find_by_id(&mut self, id: &AuthorizationId) -> Result<Option<Authorization>> {
        let sql = "SELECT id, client_id, user_id, created_at, updated_at, scopes
                     FROM _auth_oauth_authorization WHERE app_id = $1 AND id = $2";
        let row = self.0.fetch_optional(sql, &[Arg::Text(id.as_str())]).await?;
        row.as_ref().map(authorization_from_row).transpose()
    }

    pub async fn list(&mut self, user: &UserId) -> Result<Vec<Authorization>> {
        let sql = "SELECT id, client_id, user_id, created_at, updated_at, scopes
                     FROM _auth_oauth_authorization
                    WHERE app_id = $1 AND user_id = $2 ORDER BY created_at, id LIMIT 1000";
        let rows = self.0.fetch_all(sql, &[Arg::Text(user.as_str())]).await?;
        rows.iter().map(authorization_from_row).collect()
    }

    /// Writes a consent, or the new scopes of the one that the person gave the client before;
    /// the id of whichever it is.
    pub async fn save(&mut self, authorization: &Authorization) -> Result<AuthorizationId> {
        let sql = "INSERT INTO _auth_oauth_authorization
                     (app_id, id, client_id, user_id, created_at, updated_at, scopes)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)
                   ON CONFLICT (app_id, user_id, client_id) DO UPDATE
                      SET scopes = excluded.scopes, updated_at = excluded.updated_at
                   RETURNING id";
        let scopes: Value = authorization.scopes.iter().collect();
        let args = [
            Arg::Text(authorization.id.as_str()),
            Arg::Text(authorization.client_id.as_str()),
            Arg::Text(authorization.user_id.as_str()),
            Arg::Time(authorization.created_at),
            Arg::Time(authorization.updated_at),
            Arg::Json(&scopes),
        ];
        let row = self.0.fetch_optional(sql, &args).await?;
        row.map_or_else(
            || Ok(authorization.id.clone()),
            |row| row.text("id").map(AuthorizationId::new),
        )
    }

    pub async fn delete(&mut self, id: &AuthorizationId) -> Result<()> {
        let sql = "DELETE FROM _auth_oauth_authorization WHERE app_id = $1 AND id = $2";
        self.0.execute(sql, &[Arg::Text(id.as_str())]).await?;
        Ok(())
    }

    /// Ends every grant whose tokens stand on this consent.
    pub async fn end_grants(&mut self, id: &AuthorizationId, at: Timestamp) -> Result<()> {
        let sql = "UPDATE _authwarden_grant SET ended_at = $3
                    WHERE ended_at IS NULL AND id IN
                          (SELECT grant_id FROM _authwarden_refresh_token
                            WHERE app_id = $1 AND authorization_id = $2)";
        self.0.execute(sql, &[Arg::Text(id.as_str()), Arg::Time(at)]).await?;
        Ok(())
    }
}

fn authorization_from_row(row: &Row) -> Result<Authorization> {
    let scopes = row.json("scopes")?;
    let scopes = scopes.as_array().into_iter().flatten().filter_map(Value::as_str);
    Ok(Authorization {
        id: AuthorizationId::new(row.text("id")?),
        client_id: ClientId::new(row.text("client_id")?),
        user_id: UserId::new(row.text("user_id")?),
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        scopes: scopes.map(str::to_owned).collect(),
    })
}
