//! Accounts: making one, and finding one by what somebody says they are.

mod change;
#[cfg(test)]
mod tests;

use ctx::Ctx;
use domain::{
    Attributes, AuthenticatorKind, IdentityId, LoginId, LoginIdType, User, UserId, VerifiedClaim,
};
use store::{InsertedIdentity, Tx};

use crate::login_id::{self, CheckedLoginId};
use crate::password::{self, NewPassword};
use crate::{AccountError, attributes};

pub use change::{Detached, change_login_id, detach_login_id};

/// Everything that a new account is made of, checked and hashed already.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub id: UserId,
    pub login_ids: Vec<CheckedLoginId>,
    pub password: Option<NewPassword>,
    pub secondary_password: Option<NewPassword>,
    /// Login ids whose owner proved that they are theirs, by unique key.
    pub verified: Vec<String>,
    pub standard_attributes: Attributes,
    /// Keyed by attribute id.
    pub custom_attributes: Attributes,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Created {
    Created {
        user: User,
        identities: Vec<LoginId>,
    },
    /// Somebody has this login id. The transaction must not be committed.
    Refused {
        existing: LoginId,
        incoming: CheckedLoginId,
    },
}

/// What became of a login id that somebody would like to add.
#[derive(Clone, Debug, PartialEq)]
pub enum Attached {
    Attached(LoginId),
    Refused { existing: LoginId, incoming: CheckedLoginId },
}

impl NewAccount {
    pub fn new(id: UserId) -> Self {
        Self {
            id,
            login_ids: Vec::new(),
            password: None,
            secondary_password: None,
            verified: Vec::new(),
            standard_attributes: Attributes::new(),
            custom_attributes: Attributes::new(),
        }
    }
}

/// Writes a new account. Whether its parts may be, was decided before.
pub async fn create(ctx: &Ctx, tx: &mut Tx, new: NewAccount) -> Result<Created, AccountError> {
    let mut user = User::new(new.id, ctx.now);
    user.standard_attributes = new.standard_attributes;
    user.custom_attributes = new.custom_attributes;
    tx.users().insert(&user).await?;
    let mut identities = Vec::new();
    for login_id in new.login_ids {
        let is_verified = new.verified.contains(&login_id.unique_key);
        match attach_login_id(ctx, tx, &user.id, login_id).await? {
            Attached::Attached(identity) => {
                if is_verified {
                    mark_verified(ctx, tx, &identity).await?;
                }
                identities.push(identity);
            }
            Attached::Refused { existing, incoming } => {
                return Ok(Created::Refused { existing, incoming });
            }
        }
    }
    for (password, kind) in [
        (new.password, AuthenticatorKind::Primary),
        (new.secondary_password, AuthenticatorKind::Secondary),
    ] {
        if let Some(password) = password {
            password::add(ctx, tx, &user.id, kind, password).await?;
        }
    }
    user.standard_attributes = attributes::follow_identities(ctx, tx, &user.id).await?;
    Ok(Created::Created { user, identities })
}

/// Adds a login id to an account. The caller lets the attributes follow.
pub async fn attach_login_id(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    incoming: CheckedLoginId,
) -> Result<Attached, AccountError> {
    let identity = LoginId {
        id: IdentityId::new(ctx.rng.uuid()),
        user_id: user.clone(),
        created_at: ctx.now,
        updated_at: ctx.now,
        key: incoming.key.clone(),
        r#type: incoming.r#type,
        login_id: incoming.login_id.clone(),
        original_login_id: incoming.original_login_id.clone(),
        unique_key: incoming.unique_key.clone(),
        claims: incoming.claims(),
    };
    if tx.identities().insert_login_id(&identity).await? == InsertedIdentity::Inserted {
        return Ok(Attached::Attached(identity));
    }
    match tx.identities().find_by_unique_key(&incoming.unique_key).await? {
        Some(existing) => Ok(Attached::Refused { existing, incoming }),
        // Removed since we met it: whoever tries again will succeed.
        None => Err(AccountError::Gone),
    }
}

/// Notes that the owner of a login id proved that it is theirs. Usernames need no proof.
pub async fn mark_verified(ctx: &Ctx, tx: &mut Tx, identity: &LoginId) -> Result<(), AccountError> {
    if identity.r#type == LoginIdType::Username {
        return Ok(());
    }
    let claim = VerifiedClaim {
        id: ctx.rng.uuid(),
        user_id: identity.user_id.clone(),
        name: identity.r#type.claim().to_owned(),
        value: identity.login_id.clone(),
        created_at: ctx.now,
    };
    tx.verified_claims().insert(&claim).await?;
    Ok(())
}

/// Whoever has a login id that was looked up under one key.
pub async fn find_by_login_id(
    tx: &mut Tx,
    login_id: &CheckedLoginId,
) -> Result<Option<LoginId>, AccountError> {
    Ok(tx.identities().find_by_unique_key(&login_id.unique_key).await?)
}

/// Whoever `value` may mean, under whichever key; nobody when it is ambiguous.
pub async fn find_by_any_login_id(
    ctx: &Ctx,
    tx: &mut Tx,
    value: &str,
) -> Result<Option<LoginId>, AccountError> {
    let mut found: Option<LoginId> = None;
    for candidate in login_id::check_any(&ctx.app.config, value) {
        let Some(identity) = find_by_login_id(tx, &candidate).await? else { continue };
        if found.as_ref().is_some_and(|it| it.user_id != identity.user_id) {
            return Ok(None);
        }
        found.get_or_insert(identity);
    }
    Ok(found)
}
