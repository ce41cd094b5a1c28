//! What people are known by: `_auth_identity` and one table per kind.
//!
//! Reading is here, whatever the kind; `insert` and `update` have what differs between them.

mod insert;
pub(crate) mod rows;
mod update;

use domain::{Identity, IdentityId, LoginId, OAuthProviderId, UserId};
use rows::{identity_columns, identity_from_row, identity_joins};

use crate::db::{Arg, Row};
use crate::{Result, Tx};

pub struct Identities<'tx>(&'tx mut Tx);

/// What became of an identity that should be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertedIdentity {
    Inserted,
    /// Somebody of this project has it already. Nothing was written.
    Taken,
}

/// A statement over `_auth_identity` (`i`) and the tables of all kinds.
macro_rules! identities {
    ($($rest:literal),+) => {
        concat!(
            "SELECT ", identity_columns!(), "FROM _auth_identity i", identity_joins!(), $($rest),+
        )
    };
}

/// A statement for one claim, so that the index over it is used.
macro_rules! by_claim {
    ($claim:literal) => {
        identities!(
            "WHERE i.id IN (
                     SELECT id FROM _auth_identity_login_id
                      WHERE app_id = $1 AND claims ->> '",
            $claim,
            "' = $2
                     UNION ALL
                     SELECT id FROM _auth_identity_oauth
                      WHERE app_id = $1 AND claims ->> '",
            $claim,
            "' = $2
                     UNION ALL
                     SELECT id FROM _auth_identity_ldap
                      WHERE app_id = $1 AND claims ->> '",
            $claim,
            "' = $2)
             ORDER BY i.created_at, i.id"
        )
    };
}

impl Tx {
    pub fn identities(&mut self) -> Identities<'_> {
        Identities(self)
    }
}

impl Identities<'_> {
    /// Everything the person is known by, oldest first.
    pub async fn list(&mut self, user: &UserId) -> Result<Vec<Identity>> {
        let sql = identities!(
            "WHERE i.app_id = $1 AND i.user_id = $2
             ORDER BY i.created_at, i.id"
        );
        let rows = self.0.fetch_all(sql, &[Arg::Text(user.as_str())]).await?;
        all_from_rows(&rows)
    }

    pub async fn find(&mut self, id: &IdentityId) -> Result<Option<Identity>> {
        let sql = identities!("WHERE i.app_id = $1 AND i.id = $2");
        self.one(sql, &[Arg::Text(id.as_str())]).await
    }

    /// The owner of a login id in its unique form, which stands in the way of another with the same.
    pub async fn find_by_unique_key(&mut self, unique_key: &str) -> Result<Option<LoginId>> {
        let sql = identities!("WHERE l.app_id = $1 AND l.unique_key = $2");
        Ok(self.one(sql, &[Arg::Text(unique_key)]).await?.and_then(login_id_of))
    }

    /// Whoever is `subject` at a provider.
    pub async fn find_oauth(
        &mut self,
        provider: &OAuthProviderId,
        subject: &str,
    ) -> Result<Option<Identity>> {
        let sql = "SELECT i.id AS identity_id, i.user_id AS identity_user_id,
                          i.created_at AS identity_created_at, i.updated_at AS identity_updated_at,
                          o.provider_type, o.provider_keys, o.provider_user_id, o.profile,
                          o.claims AS oauth_claims
                     FROM _auth_identity_oauth o
                     JOIN _auth_identity i ON i.app_id = o.app_id AND i.id = o.id
                    WHERE o.app_id = $1 AND o.provider_type = $2 AND o.provider_keys = $3
                      AND o.provider_user_id = $4";
        let args = [Arg::Text(&provider.r#type), Arg::Object(&provider.keys), Arg::Text(subject)];
        // The row of the kind counts, as it does upstream, whatever the row beside it calls it.
        let row = self.0.fetch_optional(sql, &args).await?;
        row.as_ref().map(rows::oauth_identity_from_row).transpose()
    }

    /// Whoever is this entry of a directory.
    pub async fn find_ldap(
        &mut self,
        server_name: &str,
        attribute: &str,
        value: &[u8],
    ) -> Result<Option<Identity>> {
        let sql = identities!(
            "WHERE d.app_id = $1 AND d.server_name = $2 AND d.user_id_attribute_name = $3
               AND d.user_id_attribute_value = $4"
        );
        let args = [Arg::Text(server_name), Arg::Text(attribute), Arg::Bytes(value)];
        self.one(sql, &args).await
    }

    /// Whoever an app signs in with this key and no name.
    pub async fn find_anonymous(&mut self, key_id: &str) -> Result<Option<Identity>> {
        let sql = identities!("WHERE n.app_id = $1 AND n.key_id = $2");
        self.one(sql, &[Arg::Text(key_id)]).await
    }

    pub async fn find_biometric(&mut self, key_id: &str) -> Result<Option<Identity>> {
        let sql = identities!("WHERE b.app_id = $1 AND b.key_id = $2");
        self.one(sql, &[Arg::Text(key_id)]).await
    }

    pub async fn find_passkey(&mut self, credential_id: &str) -> Result<Option<Identity>> {
        let sql = identities!("WHERE p.app_id = $1 AND p.credential_id = $2");
        self.one(sql, &[Arg::Text(credential_id)]).await
    }

    /// Everybody's identities that carry this claim; nobody's for one that is not shared.
    pub async fn list_by_claim(&mut self, name: &str, value: &str) -> Result<Vec<Identity>> {
        let sql = match name {
            "email" => by_claim!("email"),
            "phone_number" => by_claim!("phone_number"),
            "preferred_username" => by_claim!("preferred_username"),
            _ => return Ok(Vec::new()),
        };
        let rows = self.0.fetch_all(sql, &[Arg::Text(value)]).await?;
        all_from_rows(&rows)
    }

    async fn one(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<Identity>> {
        match self.0.fetch_optional(sql, args).await? {
            Some(row) => identity_from_row(&row),
            None => Ok(None),
        }
    }
}

fn all_from_rows(rows: &[Row]) -> Result<Vec<Identity>> {
    rows.iter().filter_map(|row| identity_from_row(row).transpose()).collect()
}

fn login_id_of(identity: Identity) -> Option<LoginId> {
    match identity {
        Identity::LoginId(login_id) => Some(login_id),
        _ => None,
    }
}
