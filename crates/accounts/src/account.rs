//! Accounts: making one, and finding one by what somebody says they are.

mod change;
#[cfg(test)]
mod tests;

use ctx::Ctx;
use domain::{
    Attributes, AuthenticatorKind, Identity, LoginId, LoginIdType, User, UserId, VerifiedClaim,
};
use stdx::Timestamp;
use store::{InsertedIdentity, Tx};

use crate::authenticator::{self, NewAuthenticator};
use crate::identity::{self, AttachedIdentity, Conflict, NewIdentity};
use crate::login_id::{self, CheckedLoginId};
use crate::password::NewPassword;
use crate::{AccountError, attributes};

pub use change::{Detached, change_login_id, detach_login_id};

/// Everything that a new account is made of, checked and hashed already.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub id: UserId,
    pub identities: Vec<NewIdentity>,
    pub authenticators: Vec<NewAuthenticator>,
    /// Claims whose owner proved that they are theirs.
    pub verified: Vec<ProvedClaim>,
    pub standard_attributes: Attributes,
    /// Keyed by attribute id.
    pub custom_attributes: Attributes,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Created {
    Created {
        user: Box<User>,
        identities: Vec<Identity>,
    },
    /// Somebody has this identity. The transaction must not be committed.
    Refused(Box<Conflict>),
    /// Somebody has this credential. The transaction must not be committed.
    CredentialTaken,
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
            identities: Vec::new(),
            authenticators: Vec::new(),
            verified: Vec::new(),
            standard_attributes: Attributes::new(),
            custom_attributes: Attributes::new(),
        }
    }

    /// Known by these login ids as well.
    #[must_use]
    pub fn with_login_ids(mut self, login_ids: impl IntoIterator<Item = CheckedLoginId>) -> Self {
        self.identities.extend(login_ids.into_iter().map(NewIdentity::LoginId));
        self
    }

    /// Proves it with this password as well.
    #[must_use]
    pub fn with_password(mut self, kind: AuthenticatorKind, password: NewPassword) -> Self {
        self.authenticators.push(NewAuthenticator::Password { kind, password });
        self
    }
}

/// Writes a new account. Whether its parts may be, was decided before.
pub async fn create(ctx: &Ctx, tx: &mut Tx, new: NewAccount) -> Result<Created, AccountError> {
    let mut user = User::new(new.id, ctx.now);
    user.standard_attributes = new.standard_attributes;
    user.custom_attributes = new.custom_attributes;
    for told in new.identities.iter().filter_map(NewIdentity::profile) {
        attributes::fill_gaps(&mut user.standard_attributes, told);
    }
    tx.users().insert(&user).await?;
    let mut identities = Vec::new();
    // Each a moment later than the one before: what is listed by age keeps this order.
    for (incoming, later) in new.identities.into_iter().zip(0..) {
        let ctx = &Ctx { now: Timestamp(ctx.now.0 + later), ..ctx.clone() };
        match identity::attach(ctx, tx, &user.id, incoming).await? {
            AttachedIdentity::Attached(identity) => identities.push(*identity),
            AttachedIdentity::Refused(conflict) => return Ok(Created::Refused(conflict)),
        }
    }
    for (incoming, later) in new.authenticators.into_iter().zip(0..) {
        let ctx = &Ctx { now: Timestamp(ctx.now.0 + later), ..ctx.clone() };
        if !authenticator::enrol(ctx, tx, &user.id, incoming).await? {
            return Ok(Created::CredentialTaken);
        }
    }
    for proved in &new.verified {
        mark_proved(ctx, tx, &user.id, proved).await?;
    }
    user.standard_attributes = attributes::follow_identities(ctx, tx, &user.id).await?;
    Ok(Created::Created { user: Box::new(user), identities })
}

/// Adds a login id to an account. The caller lets the attributes follow.
pub async fn attach_login_id(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    incoming: CheckedLoginId,
) -> Result<Attached, AccountError> {
    let identity = LoginId {
        base: identity::base(ctx, user),
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
    let claim = ProvedClaim {
        name: identity.r#type.claim().to_owned(),
        value: identity.login_id.clone(),
        channel: None,
    };
    mark_proved(ctx, tx, &identity.base.user_id, &claim).await
}

/// A claim whose owner has just proved that it is theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedClaim {
    /// `email` or `phone_number`.
    pub name: String,
    pub value: String,
    /// How the proof travelled, where it did.
    pub channel: Option<String>,
}

/// Notes a proof. Proving twice changes nothing.
pub async fn mark_proved(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    proved: &ProvedClaim,
) -> Result<(), AccountError> {
    let claim = VerifiedClaim {
        id: ctx.rng.uuid(),
        user_id: user.clone(),
        name: proved.name.clone(),
        value: proved.value.clone(),
        created_at: ctx.now,
        channel: proved.channel.clone(),
    };
    Ok(tx.verified_claims().insert(&claim).await?)
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
        if found.as_ref().is_some_and(|it| it.base.user_id != identity.base.user_id) {
            return Ok(None);
        }
        found.get_or_insert(identity);
    }
    Ok(found)
}
