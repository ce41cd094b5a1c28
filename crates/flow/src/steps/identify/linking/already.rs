//! What was given before the account was chosen, and the account has already, is not added to it.
//!
//! Somebody may have said a phone number and chosen a password before it turned out that there is
//! an account. A second one of the same kind would change how they sign in without their asking
//! for it, so theirs stays, and later steps find that there is nothing to prove or to create.

use domain::{AuthenticatorType, Identity, UserId};

use crate::facts::{EnrolledFact, Facts, IdentityFact, TargetFact};
use crate::{FlowCx, FlowError};

pub async fn forget(cx: &FlowCx<'_>, facts: &mut Facts, user: &UserId) -> Result<(), FlowError> {
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let identities = tx.identities().list(user).await?;
    let authenticators = tx.authenticators().list(user).await?;
    let is_had = |new: &IdentityFact| identities.iter().any(|it| is_same_kind(it, new));
    let (had, kept): (Vec<_>, Vec<_>) =
        std::mem::take(&mut facts.identified).into_iter().partition(|it| is_had(&it.identity));
    facts.identified = kept;
    let claims: Vec<_> = had.iter().flat_map(|it| it.identity.claims()).collect();
    facts.verified.retain(|proved| {
        !claims.iter().any(|(name, value)| proved.name == *name && proved.value == *value)
    });
    facts.enrolled.retain(|new| !authenticators.iter().any(|it| it.r#type() == type_of(&new.what)));
    Ok(())
}

/// Login IDs are of one kind when they fill the same key.
fn is_same_kind(existing: &Identity, new: &IdentityFact) -> bool {
    match (existing, new) {
        (Identity::LoginId(it), IdentityFact::LoginId(new)) => it.key == new.key,
        (Identity::OAuth(_), IdentityFact::OAuth(_))
        | (Identity::Ldap(_), IdentityFact::Ldap(_)) => true,
        _ => false,
    }
}

fn type_of(what: &EnrolledFact) -> AuthenticatorType {
    match what {
        EnrolledFact::Password { .. } => AuthenticatorType::Password,
        EnrolledFact::Totp { .. } => AuthenticatorType::Totp,
        EnrolledFact::OobOtp { target: TargetFact::Email(_), .. } => AuthenticatorType::OobOtpEmail,
        EnrolledFact::OobOtp { target: TargetFact::Phone(_), .. } => AuthenticatorType::OobOtpSms,
    }
}
