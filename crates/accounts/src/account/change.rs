//! Changing and removing what a person is known by.

#[cfg(test)]
mod tests;

use ctx::Ctx;
use domain::{IdentityBase, LoginId};
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

/// Removes a login id with the proof that it was theirs, and lets the attributes follow.
pub async fn detach_login_id(
    ctx: &Ctx,
    tx: &mut Tx,
    current: &LoginId,
) -> Result<Detached, AccountError> {
    if tx.identities().list(&current.base.user_id).await?.len() <= 1 {
        return Ok(Detached::RefusedAsLast);
    }
    forget_proof(tx, current).await?;
    tx.identities().delete(&current.base.id).await?;
    attributes::follow_identities(ctx, tx, &current.base.user_id).await?;
    Ok(Detached::Detached)
}

async fn forget_proof(tx: &mut Tx, login_id: &LoginId) -> Result<(), AccountError> {
    let claim = login_id.r#type.claim();
    Ok(tx.verified_claims().delete(&login_id.base.user_id, claim, &login_id.login_id).await?)
}
