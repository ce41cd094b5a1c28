//! Rows of `_auth_authenticator` joined with the tables of all kinds, and back.

use domain::{
    Authenticator, AuthenticatorBase, AuthenticatorId, AuthenticatorKind, AuthenticatorType,
    OobOtpAuthenticator, OobTarget, PasskeyAuthenticator, PasswordAuthenticator, TotpAuthenticator,
    UserId,
};
use serde_json::Value;
use stdx::Secret;

use crate::db::Row;
use crate::{Result, StoreError};

/// A statement over `_auth_authenticator` (`a`) and the tables of all kinds.
macro_rules! authenticators {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.type, a.user_id, a.created_at, a.updated_at, a.is_default, a.kind,
                    w.password_hash, w.expire_after,
                    t.secret, t.display_name,
                    o.phone, o.email, o.metadata,
                    p.credential_id, p.creation_options, p.attestation_response, p.sign_count
               FROM _auth_authenticator a
               LEFT JOIN _auth_authenticator_password w ON a.type = 'password' AND w.id = a.id
               LEFT JOIN _auth_authenticator_totp t ON a.type = 'totp' AND t.id = a.id
               LEFT JOIN _auth_authenticator_oob o
                 ON a.type IN ('oob_otp_email', 'oob_otp_sms') AND o.id = a.id
               LEFT JOIN _auth_authenticator_passkey p ON a.type = 'passkey' AND p.id = a.id ",
            $rest
        )
    };
}
pub(super) use authenticators;

/// The authenticator of a row; `None` for one without its own row.
pub(super) fn authenticator_from_row(row: &Row) -> Result<Option<Authenticator>> {
    let base = base_from_row(row)?;
    let r#type = AuthenticatorType::parse(&row.text("type")?).ok_or(StoreError::Corrupt("type"))?;
    Ok(match r#type {
        AuthenticatorType::Password => match row.maybe_text("password_hash")? {
            Some(hash) => Some(Authenticator::Password(PasswordAuthenticator {
                base,
                password_hash: Secret::new(hash),
                expire_after: row.maybe_time("expire_after")?,
            })),
            None => None,
        },
        AuthenticatorType::Totp => match row.maybe_text("secret")? {
            Some(secret) => Some(Authenticator::Totp(TotpAuthenticator {
                base,
                secret: Secret::new(secret),
                display_name: row.text("display_name")?,
            })),
            None => None,
        },
        AuthenticatorType::OobOtpEmail => {
            oob_from_row(row, base, row.maybe_text("email")?.map(OobTarget::Email))?
        }
        AuthenticatorType::OobOtpSms => {
            oob_from_row(row, base, row.maybe_text("phone")?.map(OobTarget::Phone))?
        }
        AuthenticatorType::Passkey => match row.maybe_text("credential_id")? {
            Some(credential_id) => Some(Authenticator::Passkey(PasskeyAuthenticator {
                base,
                credential_id,
                creation_options: row.json("creation_options")?,
                attestation_response: row.json("attestation_response")?,
                sign_count: row.int("sign_count")?,
            })),
            None => None,
        },
    })
}

fn oob_from_row(
    row: &Row,
    base: AuthenticatorBase,
    target: Option<OobTarget>,
) -> Result<Option<Authenticator>> {
    let Some(target) = target else { return Ok(None) };
    let metadata = row.object("metadata")?;
    let last_used_channel =
        metadata.get("last_used_channel").and_then(Value::as_str).map(str::to_owned);
    Ok(Some(Authenticator::OobOtp(OobOtpAuthenticator { base, target, last_used_channel })))
}

fn base_from_row(row: &Row) -> Result<AuthenticatorBase> {
    Ok(AuthenticatorBase {
        id: AuthenticatorId::new(row.text("id")?),
        user_id: UserId::new(row.text("user_id")?),
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        is_default: row.bool("is_default")?,
        kind: AuthenticatorKind::parse(&row.text("kind")?).ok_or(StoreError::Corrupt("kind"))?,
    })
}
