//! What people are known by: `_auth_identity` and one table per kind.

use domain::{Identity, IdentityId, IdentityType, LoginId, LoginIdType, UserId};

use crate::db::{Arg, Row};
use crate::{Result, StoreError, Tx};

pub struct Identities<'tx>(&'tx mut Tx);

/// What became of an identity that should be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertedIdentity {
    Inserted,
    /// Somebody of this project has it already. Nothing was written.
    Taken,
}

impl Tx {
    pub fn identities(&mut self) -> Identities<'_> {
        Identities(self)
    }
}

impl Identities<'_> {
    /// Everything the person is known by, oldest first.
    pub async fn list(&mut self, user: &UserId) -> Result<Vec<Identity>> {
        let sql = "SELECT i.id, i.user_id, i.created_at, i.updated_at, l.login_id_key,
                          l.login_id_type, l.login_id, l.original_login_id, l.unique_key, l.claims
                     FROM _auth_identity i
                     JOIN _auth_identity_login_id l ON l.id = i.id
                    WHERE i.app_id = $1 AND i.user_id = $2
                    ORDER BY i.created_at, i.id";
        let rows = self.0.fetch_all(sql, &[Arg::Text(user.as_str())]).await?;
        rows.iter().map(|row| login_id_from_row(row, BASE).map(Identity::LoginId)).collect()
    }

    /// The owner of a normalised login id, under any key of this type.
    pub async fn find_login_id(
        &mut self,
        r#type: LoginIdType,
        login_id: &str,
    ) -> Result<Option<LoginId>> {
        let sql = "SELECT i.id, i.user_id, i.created_at, i.updated_at, l.login_id_key,
                          l.login_id_type, l.login_id, l.original_login_id, l.unique_key, l.claims
                     FROM _auth_identity_login_id l
                     JOIN _auth_identity i ON i.id = l.id
                    WHERE l.app_id = $1 AND l.login_id_type = $2 AND l.login_id = $3
                    ORDER BY i.created_at, i.id
                    LIMIT 1";
        let args = [Arg::Text(r#type.as_str()), Arg::Text(login_id)];
        let row = self.0.fetch_optional(sql, &args).await?;
        row.as_ref().map(|row| login_id_from_row(row, BASE)).transpose()
    }

    /// The identity that stands in the way of another with the same unique key.
    pub async fn find_by_unique_key(&mut self, unique_key: &str) -> Result<Option<LoginId>> {
        let sql = "SELECT i.id, i.user_id, i.created_at, i.updated_at, l.login_id_key,
                          l.login_id_type, l.login_id, l.original_login_id, l.unique_key, l.claims
                     FROM _auth_identity_login_id l
                     JOIN _auth_identity i ON i.id = l.id
                    WHERE l.app_id = $1 AND l.unique_key = $2";
        let row = self.0.fetch_optional(sql, &[Arg::Text(unique_key)]).await?;
        row.as_ref().map(|row| login_id_from_row(row, BASE)).transpose()
    }

    /// Adds a login id, unless another person or the same one has its unique key.
    pub async fn insert_login_id(&mut self, identity: &LoginId) -> Result<InsertedIdentity> {
        if self.find_by_unique_key(&identity.unique_key).await?.is_some() {
            return Ok(InsertedIdentity::Taken);
        }
        self.insert_base(identity).await?;
        let sql = "INSERT INTO _auth_identity_login_id
                     (app_id, id, login_id_key, login_id_type, login_id, original_login_id,
                      unique_key, claims)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                   ON CONFLICT (app_id, unique_key) DO NOTHING";
        let args = [
            Arg::Text(identity.id.as_str()),
            Arg::Text(&identity.key),
            Arg::Text(identity.r#type.as_str()),
            Arg::Text(&identity.login_id),
            Arg::Text(&identity.original_login_id),
            Arg::Text(&identity.unique_key),
            Arg::Object(&identity.claims),
        ];
        if self.0.execute(sql, &args).await? == 1 {
            return Ok(InsertedIdentity::Inserted);
        }
        // Another node inserted it between the question and the answer.
        self.delete_base(&identity.id).await?;
        Ok(InsertedIdentity::Taken)
    }

    pub async fn delete(&mut self, id: &IdentityId) -> Result<()> {
        let sql = "DELETE FROM _auth_identity_login_id WHERE app_id = $1 AND id = $2";
        self.0.execute(sql, &[Arg::Text(id.as_str())]).await?;
        self.delete_base(id).await
    }

    async fn insert_base(&mut self, identity: &LoginId) -> Result<()> {
        let sql = "INSERT INTO _auth_identity (app_id, id, type, user_id, created_at, updated_at)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let args = [
            Arg::Text(identity.id.as_str()),
            Arg::Text(IdentityType::LoginId.as_str()),
            Arg::Text(identity.user_id.as_str()),
            Arg::Time(identity.created_at),
            Arg::Time(identity.updated_at),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }

    async fn delete_base(&mut self, id: &IdentityId) -> Result<()> {
        let sql = "DELETE FROM _auth_identity WHERE app_id = $1 AND id = $2";
        self.0.execute(sql, &[Arg::Text(id.as_str())]).await?;
        Ok(())
    }
}

/// The columns of `_auth_identity`, where nothing else has the same names.
const BASE: [&str; 4] = ["id", "user_id", "created_at", "updated_at"];

pub(crate) fn login_id_from_row(
    row: &Row,
    [id, user_id, created_at, updated_at]: [&str; 4],
) -> Result<LoginId> {
    Ok(LoginId {
        id: IdentityId::new(row.text(id)?),
        user_id: UserId::new(row.text(user_id)?),
        created_at: row.time(created_at)?,
        updated_at: row.time(updated_at)?,
        key: row.text("login_id_key")?,
        r#type: LoginIdType::parse(&row.text("login_id_type")?)
            .ok_or(StoreError::Corrupt("login_id_type"))?,
        login_id: row.text("login_id")?,
        original_login_id: row.text("original_login_id")?,
        unique_key: row.text("unique_key")?,
        claims: row.object("claims")?,
    })
}
