//! Clients that are not in the configuration: the rows of `_authwarden_client`.

use domain::{ClientId, RegisteredClient};

use crate::db::{Arg, Row};
use crate::{Result, Tx};

pub struct RegisteredClients<'tx>(&'tx mut Tx);

impl Tx {
    pub fn registered_clients(&mut self) -> RegisteredClients<'_> {
        RegisteredClients(self)
    }
}

impl RegisteredClients<'_> {
    pub async fn find(&mut self, id: &ClientId) -> Result<Option<RegisteredClient>> {
        let sql = "SELECT client_id, metadata, secret_hash, registration_token_hash, created_at,
                          updated_at
                     FROM _authwarden_client WHERE app_id = $1 AND client_id = $2";
        let row = self.0.fetch_optional(sql, &[Arg::Text(id.as_str())]).await?;
        row.as_ref().map(client_from_row).transpose()
    }

    /// Writes it, over what was there. When it came stays.
    pub async fn put(&mut self, client: &RegisteredClient) -> Result<()> {
        let sql = "INSERT INTO _authwarden_client
                     (app_id, client_id, metadata, secret_hash, registration_token_hash, created_at,
                      updated_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)
                   ON CONFLICT (app_id, client_id) DO UPDATE
                     SET metadata = excluded.metadata, secret_hash = excluded.secret_hash,
                         registration_token_hash = excluded.registration_token_hash,
                         updated_at = excluded.updated_at";
        let args = [
            Arg::Text(client.id.as_str()),
            Arg::Text(&client.metadata),
            Arg::MaybeText(client.secret_hash.as_deref()),
            Arg::MaybeText(client.registration_token_hash.as_deref()),
            Arg::Time(client.created_at),
            Arg::Time(client.updated_at),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// Whether there was one to delete.
    pub async fn delete(&mut self, id: &ClientId) -> Result<bool> {
        let sql = "DELETE FROM _authwarden_client WHERE app_id = $1 AND client_id = $2";
        Ok(self.0.execute(sql, &[Arg::Text(id.as_str())]).await? == 1)
    }
}

fn client_from_row(row: &Row) -> Result<RegisteredClient> {
    Ok(RegisteredClient {
        id: ClientId::new(row.text("client_id")?),
        metadata: row.text("metadata")?,
        secret_hash: row.maybe_text("secret_hash")?,
        registration_token_hash: row.maybe_text("registration_token_hash")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}
