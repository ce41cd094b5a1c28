//! Changing and removing what a person is known by.

#[cfg(test)]
mod tests;

use ctx::Ctx;
use domain::{
    Authenticator, AuthenticatorKind, Identity, IdentityBase, LoginId, LoginIdType, UserId,
};
use store::{InsertedIdentity, Tx};

use super::Attached;
use crate::login_id::CheckedLoginId;
use crate::{AccountError, attributes};

/// What became of a login id that somebody would like to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detached {
    Detached,
    /// It is the last one: nobody could sign in to the account any more.
    RefusedAsLast,
    /// What is left to be known by asks for a proof, and there is none left that could be given.
    RefusedAsLastAuthenticator,
}

/// Puts another value in the place of a login id; it stays the same identity. The proof that
/// the old value was theirs goes with the old value, and the attributes follow.
///
/// After a refusal the transaction must not be committed.
pub async fn change_login_id(
    ctx: &Ctx,
    tx: &mut Tx,
    current: &LoginId,
    incoming: CheckedLoginId,
) -> Result<Attached, AccountError> {
    if let Some(existing) = tx.identities().find_by_unique_key(&incoming.unique_key).await?
        && existing.base.id != current.base.id
    {
        return Ok(Attached::Refused { existing, incoming });
    }
    let next = LoginId {
        base: IdentityBase { updated_at: ctx.now, ..current.base.clone() },
        key: incoming.key.clone(),
        r#type: incoming.r#type,
        login_id: incoming.login_id.clone(),
        original_login_id: incoming.original_login_id.clone(),
        unique_key: incoming.unique_key.clone(),
        claims: incoming.claims(),
    };
    if next.login_id != current.login_id {
        forget_proof(tx, current).await?;
    }
    tx.identities().delete(&current.base.id).await?;
    if tx.identities().insert_login_id(&next).await? == InsertedIdentity::Taken {
        // Taken since we looked: whoever tries again is told by whom.
        return Err(AccountError::Gone);
    }
    attributes::follow_identities(ctx, tx, &next.base.user_id).await?;
    Ok(Attached::Attached(next))
}

/// Removes a login id with the proof that it was theirs and the codes that went there, and lets the
/// attributes follow.
///
/// After a refusal the transaction must not be committed.
pub async fn detach_login_id(
    ctx: &Ctx,
    tx: &mut Tx,
    current: &LoginId,
) -> Result<Detached, AccountError> {
    if tx.identities().list(&current.base.user_id).await?.len() <= 1 {
        return Ok(Detached::RefusedAsLast);
    }
    let user = &current.base.user_id;
    forget_proof(tx, current).await?;
    tx.identities().delete(&current.base.id).await?;
    if is_locked_out(tx, user).await? {
        return Ok(Detached::RefusedAsLastAuthenticator);
    }
    attributes::follow_identities(ctx, tx, user).await?;
    Ok(Detached::Detached)
}

/// Whether all that the person is known by are usernames, and nothing proves that it is them.
async fn is_locked_out(tx: &mut Tx, user: &UserId) -> Result<bool, AccountError> {
    let identities = tx.identities().list(user).await?;
    let mut kinds = identities.iter().map(Identity::login_id_type);
    if kinds.any(|it| it != Some(LoginIdType::Username)) {
        return Ok(false);
    }
    let authenticators = tx.authenticators().list(user).await?;
    Ok(authenticators.iter().all(|it| it.kind() != AuthenticatorKind::Primary))
}

/// The proof goes with the value, and so does signing in by codes that are sent there. A second
/// factor was set up for itself and stays.
async fn forget_proof(tx: &mut Tx, login_id: &LoginId) -> Result<(), AccountError> {
    let (user, value) = (&login_id.base.user_id, login_id.login_id.as_str());
    tx.verified_claims().delete(user, login_id.r#type.claim(), value).await?;
    for authenticator in tx.authenticators().list(user).await? {
        let Authenticator::OobOtp(it) = authenticator else { continue };
        if it.base.kind == AuthenticatorKind::Primary && it.target.as_str() == value {
            tx.authenticators().delete(&it.base.id).await?;
        }
    }
    Ok(())
}
