//! Authenticators of every kind: making one and enrolling it.

use ctx::Ctx;
use domain::{
    Authenticator, AuthenticatorBase, AuthenticatorId, AuthenticatorKind, OobOtpAuthenticator,
    OobTarget, PasskeyAuthenticator, TotpAuthenticator, UserId,
};
use serde_json::Value;
use stdx::Secret;
use store::{InsertedAuthenticator, Tx};

use crate::AccountError;
use crate::password::{self, NewPassword};

/// An authenticator that somebody is about to have, checked and hashed already.
#[derive(Clone, Debug, PartialEq)]
pub enum NewAuthenticator {
    Password {
        kind: AuthenticatorKind,
        password: NewPassword,
    },
    Totp {
        kind: AuthenticatorKind,
        secret: Secret<String>,
        display_name: String,
        /// The time step of the code that showed that the app has the secret: it is used up.
        used_step: Option<i64>,
    },
    OobOtp {
        kind: AuthenticatorKind,
        target: OobTarget,
        channel: Option<String>,
    },
    Passkey(NewPasskey),
}

/// A credential that proved to be one.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPasskey {
    pub credential_id: String,
    pub creation_options: Value,
    pub attestation_response: Value,
    pub sign_count: i64,
}

pub(crate) fn base(ctx: &Ctx, user: &UserId, kind: AuthenticatorKind) -> AuthenticatorBase {
    AuthenticatorBase {
        id: AuthenticatorId::new(ctx.rng.uuid()),
        user_id: user.clone(),
        created_at: ctx.now,
        updated_at: ctx.now,
        is_default: false,
        kind,
    }
}

/// Gives a person an authenticator. False when the credential is somebody's already; then the
/// transaction must not be committed. An address or number that the person proves this factor
/// with already stays as it is.
pub async fn enrol(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    incoming: NewAuthenticator,
) -> Result<bool, AccountError> {
    let authenticator = match incoming {
        NewAuthenticator::Password { kind, password } => {
            password::add(ctx, tx, user, kind, password).await?;
            return Ok(true);
        }
        NewAuthenticator::Totp { kind, secret, display_name, used_step } => {
            let base = base(ctx, user, kind);
            if let Some(step) = used_step {
                tx.authenticators().use_totp_step(&base.id, step).await?;
            }
            Authenticator::Totp(TotpAuthenticator { base, secret, display_name })
        }
        NewAuthenticator::OobOtp { kind, target, channel } => {
            if find_oob(tx, user, kind, &target).await?.is_some() {
                return Ok(true);
            }
            let base = base(ctx, user, kind);
            Authenticator::OobOtp(OobOtpAuthenticator { base, target, last_used_channel: channel })
        }
        NewAuthenticator::Passkey(it) => Authenticator::Passkey(PasskeyAuthenticator {
            base: base(ctx, user, AuthenticatorKind::Primary),
            credential_id: it.credential_id,
            creation_options: it.creation_options,
            attestation_response: it.attestation_response,
            sign_count: it.sign_count,
        }),
    };
    let inserted = tx.authenticators().insert(&authenticator).await?;
    Ok(inserted == InsertedAuthenticator::Inserted)
}

/// The person's authenticator that sends codes to `target`.
pub async fn find_oob(
    tx: &mut Tx,
    user: &UserId,
    kind: AuthenticatorKind,
    target: &OobTarget,
) -> Result<Option<OobOtpAuthenticator>, AccountError> {
    let all = tx.authenticators().list(user).await?;
    Ok(all.into_iter().find_map(|it| match it {
        Authenticator::OobOtp(it) if it.base.kind == kind && it.target == *target => Some(it),
        _ => None,
    }))
}
