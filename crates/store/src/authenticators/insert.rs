//! Adding authenticators.

use domain::{Authenticator, AuthenticatorBase, AuthenticatorType, OobTarget};

use super::Authenticators;
use crate::Result;
use crate::db::Arg;

/// What became of an authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InsertedAuthenticator {
    Inserted,
    /// The credential is somebody's already. Nothing was written.
    Taken,
}

impl Authenticators<'_> {
    pub async fn insert(&mut self, authenticator: &Authenticator) -> Result<InsertedAuthenticator> {
        if let Authenticator::Passkey(passkey) = authenticator
            && self.find_passkey(&passkey.credential_id).await?.is_some()
        {
            return Ok(InsertedAuthenticator::Taken);
        }
        self.insert_base(authenticator.base(), authenticator.r#type()).await?;
        let id = Arg::Text(authenticator.id().as_str());
        match authenticator {
            Authenticator::Password(it) => {
                let sql = "INSERT INTO _auth_authenticator_password
                             (app_id, id, password_hash, expire_after)
                           VALUES ($1, $2, $3, $4)";
                let hash = Arg::Text(it.password_hash.reveal());
                self.0.execute(sql, &[id, hash, Arg::MaybeTime(it.expire_after)]).await?;
            }
            Authenticator::Totp(it) => {
                let sql = "INSERT INTO _auth_authenticator_totp (app_id, id, secret, display_name)
                           VALUES ($1, $2, $3, $4)";
                let secret = Arg::Text(it.secret.reveal());
                self.0.execute(sql, &[id, secret, Arg::Text(&it.display_name)]).await?;
            }
            Authenticator::OobOtp(it) => {
                let (email, phone) = match &it.target {
                    OobTarget::Email(email) => (email.as_str(), ""),
                    OobTarget::Phone(phone) => ("", phone.as_str()),
                };
                let sql = "INSERT INTO _auth_authenticator_oob (app_id, id, email, phone)
                           VALUES ($1, $2, $3, $4)";
                self.0.execute(sql, &[id, Arg::Text(email), Arg::Text(phone)]).await?;
                if let Some(channel) = &it.last_used_channel {
                    self.note_channel(&it.base.id, channel).await?;
                }
            }
            Authenticator::Passkey(it) => {
                let sql = "INSERT INTO _auth_authenticator_passkey
                             (app_id, id, credential_id, creation_options, attestation_response,
                              sign_count)
                           VALUES ($1, $2, $3, $4, $5, $6)";
                let args = [
                    id,
                    Arg::Text(&it.credential_id),
                    Arg::Json(&it.creation_options),
                    Arg::Json(&it.attestation_response),
                    Arg::Int(it.sign_count),
                ];
                self.0.execute(sql, &args).await?;
            }
        }
        Ok(InsertedAuthenticator::Inserted)
    }

    async fn insert_base(
        &mut self,
        base: &AuthenticatorBase,
        r#type: AuthenticatorType,
    ) -> Result<()> {
        let sql = "INSERT INTO _auth_authenticator
                     (app_id, id, type, user_id, created_at, updated_at, is_default, kind)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let args = [
            Arg::Text(base.id.as_str()),
            Arg::Text(r#type.as_str()),
            Arg::Text(base.user_id.as_str()),
            Arg::Time(base.created_at),
            Arg::Time(base.updated_at),
            Arg::Bool(base.is_default),
            Arg::Text(base.kind.as_str()),
        ];
        self.0.execute(sql, &args).await?;
        Ok(())
    }
}
