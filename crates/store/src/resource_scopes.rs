//! Scopes of resources, and which of them clients have: `_auth_resource_scope`,
//! `_auth_client_resource_scope`.

use domain::{ClientId, ResourceId, ResourceScope, ResourceScopeId};
use stdx::Timestamp;

use crate::db::{Arg, Row};
use crate::{Result, Tx};

pub struct ResourceScopes<'tx>(&'tx mut Tx);

impl Tx {
    pub fn resource_scopes(&mut self) -> ResourceScopes<'_> {
        ResourceScopes(self)
    }
}

impl ResourceScopes<'_> {
    pub async fn find(
        &mut self,
        resource: &ResourceId,
        scope: &str,
    ) -> Result<Option<ResourceScope>> {
        let sql = "SELECT id, created_at, updated_at, resource_id, scope, description
                     FROM _auth_resource_scope
                    WHERE app_id = $1 AND resource_id = $2 AND scope = $3";
        let args = [Arg::Text(resource.as_str()), Arg::Text(scope)];
        let row = self.0.fetch_optional(sql, &args).await?;
        row.as_ref().map(scope_from_row).transpose()
    }

    /// The scopes of a resource that begin like this, by name.
    pub async fn list(
        &mut self,
        resource: &ResourceId,
        prefix: Option<&str>,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<ResourceScope>> {
        let sql = "SELECT id, created_at, updated_at, resource_id, scope, description
                     FROM _auth_resource_scope
                    WHERE app_id = $1 AND resource_id = $2
                      AND ($3 IS NULL OR substr(scope, 1, length($3)) = $3)
                    ORDER BY scope LIMIT $4 OFFSET $5";
        let args = [
            Arg::Text(resource.as_str()),
            Arg::MaybeText(prefix),
            Arg::Int(limit),
            Arg::Int(offset),
        ];
        let rows = self.0.fetch_all(sql, &args).await?;
        rows.iter().map(scope_from_row).collect()
    }

    /// What a client has of a resource, by name.
    pub async fn list_of_client(
        &mut self,
        client: &ClientId,
        resource: &ResourceId,
    ) -> Result<Vec<ResourceScope>> {
        // As many as one request of an administrator may give, and more than a token should carry.
        let sql = "SELECT s.id, s.created_at, s.updated_at, s.resource_id, s.scope, s.description
                     FROM _auth_client_resource_scope c
                     JOIN _auth_resource_scope s ON s.app_id = c.app_id AND s.id = c.scope_id
                    WHERE c.app_id = $1 AND c.client_id = $2 AND c.resource_id = $3
                      AND s.resource_id = $3
                    LIMIT 1000";
        let args = [Arg::Text(client.as_str()), Arg::Text(resource.as_str())];
        let rows = self.0.fetch_all(sql, &args).await?;
        let mut scopes = rows.iter().map(scope_from_row).collect::<Result<Vec<_>>>()?;
        scopes.sort_by(|a, b| a.scope.cmp(&b.scope));
        Ok(scopes)
    }

    /// Whether the resource had no scope of this name.
    pub async fn insert(&mut self, scope: &ResourceScope) -> Result<bool> {
        let sql = "INSERT INTO _auth_resource_scope
                     (app_id, id, created_at, updated_at, resource_id, scope, description)
                   VALUES ($1, $2, $3, $4, $5, $6, $7)
                   ON CONFLICT (app_id, resource_id, scope) DO NOTHING";
        let args = [
            Arg::Text(scope.id.as_str()),
            Arg::Time(scope.created_at),
            Arg::Time(scope.updated_at),
            Arg::Text(scope.resource_id.as_str()),
            Arg::Text(&scope.scope),
            Arg::MaybeText(scope.description.as_deref()),
        ];
        Ok(self.0.execute(sql, &args).await? == 1)
    }

    pub async fn describe(
        &mut self,
        id: &ResourceScopeId,
        description: Option<&str>,
        at: Timestamp,
    ) -> Result<()> {
        let sql = "UPDATE _auth_resource_scope SET description = $3, updated_at = $4
                    WHERE app_id = $1 AND id = $2";
        let args = [Arg::Text(id.as_str()), Arg::MaybeText(description), Arg::Time(at)];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    /// With whatever clients had of it.
    pub async fn delete(&mut self, id: &ResourceScopeId) -> Result<()> {
        for sql in [
            "DELETE FROM _auth_client_resource_scope WHERE app_id = $1 AND scope_id = $2",
            "DELETE FROM _auth_resource_scope WHERE app_id = $1 AND id = $2",
        ] {
            self.0.execute(sql, &[Arg::Text(id.as_str())]).await?;
        }
        Ok(())
    }

    /// Gives a scope to a client; nothing changes when it has it already. `row` is the id of the
    /// new row.
    pub async fn give(
        &mut self,
        row: &str,
        client: &ClientId,
        scope: &ResourceScope,
        at: Timestamp,
    ) -> Result<()> {
        let sql = "INSERT INTO _auth_client_resource_scope
                     (app_id, id, created_at, updated_at, client_id, resource_id, scope_id)
                   VALUES ($1, $2, $3, $3, $4, $5, $6)
                   ON CONFLICT (app_id, client_id, resource_id, scope_id) DO NOTHING";
        let args = [
            Arg::Text(row),
            Arg::Time(at),
            Arg::Text(client.as_str()),
            Arg::Text(scope.resource_id.as_str()),
            Arg::Text(scope.id.as_str()),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    pub async fn take(&mut self, client: &ClientId, scope: &ResourceScope) -> Result<()> {
        let sql = "DELETE FROM _auth_client_resource_scope
                    WHERE app_id = $1 AND client_id = $2 AND resource_id = $3 AND scope_id = $4";
        let args = [
            Arg::Text(client.as_str()),
            Arg::Text(scope.resource_id.as_str()),
            Arg::Text(scope.id.as_str()),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }
}

fn scope_from_row(row: &Row) -> Result<ResourceScope> {
    Ok(ResourceScope {
        id: ResourceScopeId::new(row.text("id")?),
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        resource_id: ResourceId::new(row.text("resource_id")?),
        scope: row.text("scope")?,
        description: row.maybe_text("description")?,
    })
}
