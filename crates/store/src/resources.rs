//! Resources, and the clients that may ask for them: `_auth_resource`, `_auth_client_resource`.

use domain::{ClientId, Resource, ResourceId};
use stdx::Timestamp;

use crate::db::{Arg, Row};
use crate::{Result, Tx};

pub struct Resources<'tx>(&'tx mut Tx);

/// Which resources are meant; nothing said means all.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResourceFilter<'a> {
    /// How the URI or the name begins.
    pub prefix: Option<&'a str>,
    pub client: Option<&'a ClientId>,
}

impl Tx {
    pub fn resources(&mut self) -> Resources<'_> {
        Resources(self)
    }
}

impl Resources<'_> {
    pub async fn find_by_uri(&mut self, uri: &str) -> Result<Option<Resource>> {
        let sql = "SELECT id, created_at, updated_at, uri, name FROM _auth_resource
                    WHERE app_id = $1 AND uri = $2";
        let row = self.0.fetch_optional(sql, &[Arg::Text(uri)]).await?;
        row.as_ref().map(resource_from_row).transpose()
    }

    /// Newest first.
    pub async fn list(
        &mut self,
        filter: ResourceFilter<'_>,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<Resource>> {
        let sql = "SELECT id, created_at, updated_at, uri, name FROM _auth_resource r
                    WHERE app_id = $1
                      AND ($2 IS NULL OR substr(uri, 1, length($2)) = $2
                                      OR substr(name, 1, length($2)) = $2)
                      AND ($3 IS NULL OR EXISTS
                            (SELECT 1 FROM _auth_client_resource c
                              WHERE c.app_id = $1 AND c.client_id = $3 AND c.resource_id = r.id))
                    ORDER BY created_at DESC LIMIT $4 OFFSET $5";
        let args = [
            Arg::MaybeText(filter.prefix),
            Arg::MaybeText(filter.client.map(ClientId::as_str)),
            Arg::Int(limit),
            Arg::Int(offset),
        ];
        let rows = self.0.fetch_all(sql, &args).await?;
        rows.iter().map(resource_from_row).collect()
    }

    /// Whether the URI was free.
    pub async fn insert(&mut self, resource: &Resource) -> Result<bool> {
        let sql = "INSERT INTO _auth_resource (app_id, id, created_at, updated_at, uri, name)
                   VALUES ($1, $2, $3, $4, $5, $6)
                   ON CONFLICT (app_id, uri) DO NOTHING";
        let args = [
            Arg::Text(resource.id.as_str()),
            Arg::Time(resource.created_at),
            Arg::Time(resource.updated_at),
            Arg::Text(&resource.uri),
            Arg::MaybeText(resource.name.as_deref()),
        ];
        Ok(self.0.execute(sql, &args).await? == 1)
    }

    pub async fn rename(
        &mut self,
        id: &ResourceId,
        name: Option<&str>,
        at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE _auth_resource SET name = $3, updated_at = $4
                    WHERE app_id = $1 AND id = $2";
        let args = [Arg::Text(id.as_str()), Arg::MaybeText(name), Arg::Time(at)];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// With its scopes and with whatever clients had of it.
    pub async fn delete(&mut self, id: &ResourceId) -> Result<()> {
        for sql in [
            "DELETE FROM _auth_client_resource_scope WHERE app_id = $1 AND resource_id = $2",
            "DELETE FROM _auth_client_resource WHERE app_id = $1 AND resource_id = $2",
            "DELETE FROM _auth_resource_scope WHERE app_id = $1 AND resource_id = $2",
            "DELETE FROM _auth_resource WHERE app_id = $1 AND id = $2",
        ] {
            self.0.execute(sql, &[Arg::Text(id.as_str())]).await?;
        }
        Ok(())
    }

    /// Lets a client ask for the resource; nothing changes when it may already. `row` is the id of
    /// the new row.
    pub async fn open_to(
        &mut self,
        row: &str,
        client: &ClientId,
        id: &ResourceId,
        at: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO _auth_client_resource
                     (app_id, id, created_at, updated_at, client_id, resource_id)
                   VALUES ($1, $2, $3, $3, $4, $5)
                   ON CONFLICT (app_id, client_id, resource_id) DO NOTHING";
        let args =
            [Arg::Text(row), Arg::Time(at), Arg::Text(client.as_str()), Arg::Text(id.as_str())];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// Takes the resource away from a client, with the scopes that it had of it.
    pub async fn close_to(&mut self, client: &ClientId, id: &ResourceId) -> Result<()> {
        for sql in [
            "DELETE FROM _auth_client_resource_scope
              WHERE app_id = $1 AND client_id = $2 AND resource_id = $3",
            "DELETE FROM _auth_client_resource
              WHERE app_id = $1 AND client_id = $2 AND resource_id = $3",
        ] {
            self.0.execute(sql, &[Arg::Text(client.as_str()), Arg::Text(id.as_str())]).await?;
        }
        Ok(())
    }

    pub async fn is_open_to(&mut self, client: &ClientId, id: &ResourceId) -> Result<bool> {
        let sql = "SELECT id FROM _auth_client_resource
                    WHERE app_id = $1 AND client_id = $2 AND resource_id = $3";
        let args = [Arg::Text(client.as_str()), Arg::Text(id.as_str())];
        Ok(self.0.fetch_optional(sql, &args).await?.is_some())
    }

    /// The clients that may ask for the resource.
    pub async fn list_clients(&mut self, id: &ResourceId) -> Result<Vec<ClientId>> {
        let sql = "SELECT client_id FROM _auth_client_resource
                    WHERE app_id = $1 AND resource_id = $2 LIMIT 1000";
        let rows = self.0.fetch_all(sql, &[Arg::Text(id.as_str())]).await?;
        let mut clients = rows
            .iter()
            .map(|row| row.text("client_id").map(ClientId::new))
            .collect::<Result<Vec<_>>>()?;
        clients.sort();
        Ok(clients)
    }
}

fn resource_from_row(row: &Row) -> Result<Resource> {
    Ok(Resource {
        id: ResourceId::new(row.text("id")?),
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        uri: row.text("uri")?,
        name: row.maybe_text("name")?,
    })
}
