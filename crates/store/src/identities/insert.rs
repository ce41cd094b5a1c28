//! Adding identities and taking them away. What is unique is checked where it is written.

use domain::{Identity, IdentityBase, IdentityId, IdentityType, LoginId};

use super::{Identities, InsertedIdentity};
use crate::Result;
use crate::db::Arg;

impl Identities<'_> {
    /// Adds an identity, unless another person or the same one has it.
    pub async fn insert(&mut self, identity: &Identity) -> Result<InsertedIdentity> {
        if let Identity::LoginId(login_id) = identity
            && self.find_by_unique_key(&login_id.unique_key).await?.is_some()
        {
            return Ok(InsertedIdentity::Taken);
        }
        self.insert_base(identity.base(), identity.r#type()).await?;
        if self.insert_own(identity).await? == 1 {
            return Ok(InsertedIdentity::Inserted);
        }
        // Somebody has it, perhaps since a moment ago on another node.
        self.delete_base(identity.id()).await?;
        Ok(InsertedIdentity::Taken)
    }

    /// [`Identities::insert`] for a login id.
    pub async fn insert_login_id(&mut self, identity: &LoginId) -> Result<InsertedIdentity> {
        self.insert(&Identity::LoginId(identity.clone())).await
    }

    pub async fn delete(&mut self, id: &IdentityId) -> Result<()> {
        for sql in [
            "DELETE FROM _auth_identity_login_id WHERE app_id = $1 AND id = $2",
            "DELETE FROM _auth_identity_oauth WHERE app_id = $1 AND id = $2",
            "DELETE FROM _auth_identity_ldap WHERE app_id = $1 AND id = $2",
            "DELETE FROM _auth_identity_anonymous WHERE app_id = $1 AND id = $2",
            "DELETE FROM _auth_identity_biometric WHERE app_id = $1 AND id = $2",
            "DELETE FROM _auth_identity_passkey WHERE app_id = $1 AND id = $2",
        ] {
            self.0.execute(sql, &[Arg::Text(id.as_str())]).await?;
        }
        self.delete_base(id).await
    }

    /// Writes the row that is of the kind alone; 0 when what must be unique is taken.
    async fn insert_own(&mut self, identity: &Identity) -> Result<u64> {
        let id = Arg::Text(identity.id().as_str());
        match identity {
            Identity::LoginId(it) => {
                let sql = "INSERT INTO _auth_identity_login_id
                             (app_id, id, login_id_key, login_id_type, login_id,
                              original_login_id, unique_key, claims)
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                           ON CONFLICT (app_id, unique_key) DO NOTHING";
                let args = [
                    id,
                    Arg::Text(&it.key),
                    Arg::Text(it.r#type.as_str()),
                    Arg::Text(&it.login_id),
                    Arg::Text(&it.original_login_id),
                    Arg::Text(&it.unique_key),
                    Arg::Object(&it.claims),
                ];
                self.0.execute(sql, &args).await
            }
            Identity::OAuth(it) => {
                let sql = "INSERT INTO _auth_identity_oauth
                             (app_id, id, provider_type, provider_keys, provider_user_id, claims,
                              profile)
                           VALUES ($1, $2, $3, $4, $5, $6, $7)
                           ON CONFLICT DO NOTHING";
                let args = [
                    id,
                    Arg::Text(&it.provider.r#type),
                    Arg::Object(&it.provider.keys),
                    Arg::Text(&it.subject),
                    Arg::Object(&it.claims),
                    Arg::Object(&it.profile),
                ];
                self.0.execute(sql, &args).await
            }
            Identity::Ldap(it) => {
                let sql = "INSERT INTO _auth_identity_ldap
                             (app_id, id, server_name, user_id_attribute_name,
                              user_id_attribute_value, claims, raw_entry_json,
                              last_login_username)
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                           ON CONFLICT DO NOTHING";
                let args = [
                    id,
                    Arg::Text(&it.server_name),
                    Arg::Text(&it.user_id_attribute_name),
                    Arg::Bytes(&it.user_id_attribute_value),
                    Arg::Object(&it.claims),
                    Arg::Object(&it.raw_entry),
                    Arg::MaybeText(it.last_login_username.as_deref()),
                ];
                self.0.execute(sql, &args).await
            }
            Identity::Anonymous(_) | Identity::Passkey(_) | Identity::Biometric(_) => {
                self.insert_key(identity).await
            }
        }
    }

    /// The kinds that are a key.
    async fn insert_key(&mut self, identity: &Identity) -> Result<u64> {
        let id = Arg::Text(identity.id().as_str());
        match identity {
            Identity::Anonymous(it) => {
                let sql = "INSERT INTO _auth_identity_anonymous (app_id, id, key_id, key)
                           VALUES ($1, $2, $3, $4)
                           ON CONFLICT DO NOTHING";
                let key_id = Arg::MaybeText(it.key_id.as_deref());
                self.0.execute(sql, &[id, key_id, Arg::MaybeJson(it.key.as_ref())]).await
            }
            Identity::Biometric(it) => {
                let sql = "INSERT INTO _auth_identity_biometric
                             (app_id, id, key_id, key, device_info)
                           VALUES ($1, $2, $3, $4, $5)
                           ON CONFLICT DO NOTHING";
                let args =
                    [id, Arg::Text(&it.key_id), Arg::Json(&it.key), Arg::Json(&it.device_info)];
                self.0.execute(sql, &args).await
            }
            Identity::Passkey(it) => {
                let sql = "INSERT INTO _auth_identity_passkey
                             (app_id, id, credential_id, creation_options, attestation_response)
                           VALUES ($1, $2, $3, $4, $5)
                           ON CONFLICT DO NOTHING";
                let args = [
                    id,
                    Arg::Text(&it.credential_id),
                    Arg::Json(&it.creation_options),
                    Arg::Json(&it.attestation_response),
                ];
                self.0.execute(sql, &args).await
            }
            Identity::LoginId(_) | Identity::OAuth(_) | Identity::Ldap(_) => Ok(0),
        }
    }

    async fn insert_base(&mut self, base: &IdentityBase, r#type: IdentityType) -> Result<()> {
        let sql = "INSERT INTO _auth_identity (app_id, id, type, user_id, created_at, updated_at)
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let args = [
            Arg::Text(base.id.as_str()),
            Arg::Text(r#type.as_str()),
            Arg::Text(base.user_id.as_str()),
            Arg::Time(base.created_at),
            Arg::Time(base.updated_at),
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
