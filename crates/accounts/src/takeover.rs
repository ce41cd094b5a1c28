//! An account whose owner shows up.
//!
//! Whoever signs up with an address that they do not own may leave things behind for the day on
//! which its owner comes: a provider's account, a passkey, a number of their own ("account
//! pre-hijacking", USENIX Security 2022). So when the owner proves the address of an account for
//! the first time, what was put there before goes, but for names, which open nothing by themselves,
//! and second factors: taking those away would let whoever reads somebody's mail around them.

#[cfg(test)]
mod tests;

use ctx::Ctx;
use domain::{Authenticator, AuthenticatorKind, Identity, LoginIdType, UserId};
use store::Tx;

use crate::account::{ProvedClaim, mark_proved};
use crate::{AccountError, identity};

/// Notes a proof that came with a fresh password. If it is the first, everything else that opens the
/// account goes. Projects that never ask for proofs have no first one.
pub async fn take_over(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    proved: &ProvedClaim,
) -> Result<(), AccountError> {
    let claims = &ctx.app.config.verification.claims;
    let is_asked = match proved.name.as_str() {
        "email" => claims.email.is_wanted(),
        "phone_number" => claims.phone_number.is_wanted(),
        _ => false,
    };
    let known = tx.verified_claims().list(user).await?;
    let is_known = known.iter().any(|it| it.name == proved.name && it.value == proved.value);
    if !is_asked || is_known {
        return Ok(());
    }
    for other in tx.identities().list(user).await? {
        if !is_kept(&other, proved) {
            identity::detach(ctx, tx, &other).await?;
        }
    }
    for other in tx.authenticators().list(user).await? {
        let is_kept = match &other {
            // Its owner has just chosen it.
            Authenticator::Password(_) => true,
            Authenticator::OobOtp(it) => it.target.as_str() == proved.value,
            Authenticator::Totp(_) | Authenticator::Passkey(_) => false,
        };
        if other.kind() == AuthenticatorKind::Primary && !is_kept {
            tx.authenticators().delete(other.id()).await?;
        }
    }
    mark_proved(ctx, tx, user, proved).await
}

fn is_kept(identity: &Identity, proved: &ProvedClaim) -> bool {
    match identity {
        Identity::LoginId(it) => {
            let is_proved = it.r#type.claim() == proved.name && it.login_id == proved.value;
            is_proved || it.r#type == LoginIdType::Username
        }
        Identity::OAuth(_)
        | Identity::Ldap(_)
        | Identity::Anonymous(_)
        | Identity::Passkey(_)
        | Identity::Biometric(_) => false,
    }
}
