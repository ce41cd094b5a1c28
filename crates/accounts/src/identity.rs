//! Identities of every kind: making one, attaching it, taking it away.

pub mod provider;

use ctx::Ctx;
use domain::{
    AnonymousIdentity, Attributes, BiometricIdentity, Identity, IdentityBase, IdentityId,
    LdapIdentity, LoginId, OAuthIdentity, OAuthProviderId, PasskeyIdentity, UserId,
};
use serde_json::Value;
use store::{InsertedIdentity, Tx};

use crate::login_id::CheckedLoginId;
use crate::{AccountError, attributes};

/// An identity that somebody is about to have, checked already.
#[derive(Clone, Debug, PartialEq)]
pub enum NewIdentity {
    LoginId(CheckedLoginId),
    OAuth { provider: OAuthProviderId, subject: String, profile: Attributes, claims: Attributes },
    Ldap(LdapEntry),
    Anonymous { key_id: Option<String>, key: Option<Value> },
    Passkey { credential_id: String, creation_options: Value, attestation_response: Value },
    Biometric { key_id: String, key: Value, device_info: Value },
}

/// What a directory said of somebody who proved to be them.
#[derive(Clone, Debug, PartialEq)]
pub struct LdapEntry {
    pub server_name: String,
    pub user_id_attribute_name: String,
    pub user_id_attribute_value: Vec<u8>,
    pub claims: Attributes,
    pub raw_entry: Attributes,
    pub last_login_username: Option<String>,
}

/// What became of an identity that somebody would like to have.
#[derive(Clone, Debug, PartialEq)]
pub enum AttachedIdentity {
    Attached(Box<Identity>),
    /// Somebody has it.
    Refused(Box<Conflict>),
}

/// An identity that somebody would like to have, and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    pub existing: Identity,
    pub incoming: NewIdentity,
}

pub(crate) fn base(ctx: &Ctx, user: &UserId) -> IdentityBase {
    IdentityBase {
        id: IdentityId::new(ctx.rng.uuid()),
        user_id: user.clone(),
        created_at: ctx.now,
        updated_at: ctx.now,
    }
}

impl NewIdentity {
    /// What it says of the person besides who they are.
    pub fn profile(&self) -> Option<&Attributes> {
        match self {
            Self::OAuth { claims, .. } => Some(claims),
            Self::Ldap(entry) => Some(&entry.claims),
            Self::LoginId(_)
            | Self::Anonymous { .. }
            | Self::Passkey { .. }
            | Self::Biometric { .. } => None,
        }
    }

    /// The identity that it becomes.
    pub fn of(self, ctx: &Ctx, user: &UserId) -> Identity {
        let base = base(ctx, user);
        match self {
            Self::LoginId(it) => Identity::LoginId(LoginId {
                base,
                claims: it.claims(),
                key: it.key,
                r#type: it.r#type,
                login_id: it.login_id,
                original_login_id: it.original_login_id,
                unique_key: it.unique_key,
            }),
            Self::OAuth { provider, subject, profile, claims } => {
                Identity::OAuth(OAuthIdentity { base, provider, subject, profile, claims })
            }
            Self::Ldap(it) => Identity::Ldap(LdapIdentity {
                base,
                server_name: it.server_name,
                user_id_attribute_name: it.user_id_attribute_name,
                user_id_attribute_value: it.user_id_attribute_value,
                claims: it.claims,
                raw_entry: it.raw_entry,
                last_login_username: it.last_login_username,
            }),
            Self::Anonymous { key_id, key } => {
                Identity::Anonymous(AnonymousIdentity { base, key_id, key })
            }
            Self::Passkey { credential_id, creation_options, attestation_response } => {
                Identity::Passkey(PasskeyIdentity {
                    base,
                    credential_id,
                    creation_options,
                    attestation_response,
                })
            }
            Self::Biometric { key_id, key, device_info } => {
                Identity::Biometric(BiometricIdentity { base, key_id, key, device_info })
            }
        }
    }
}

/// Whoever has this identity already.
pub async fn find_same(
    tx: &mut Tx,
    incoming: &NewIdentity,
) -> Result<Option<Identity>, AccountError> {
    let mut identities = tx.identities();
    Ok(match incoming {
        NewIdentity::LoginId(it) => {
            identities.find_by_unique_key(&it.unique_key).await?.map(Identity::LoginId)
        }
        NewIdentity::OAuth { provider, subject, .. } => {
            identities.find_oauth(provider, subject).await?
        }
        NewIdentity::Ldap(it) => {
            let (attribute, value) = (&it.user_id_attribute_name, &it.user_id_attribute_value);
            identities.find_ldap(&it.server_name, attribute, value).await?
        }
        NewIdentity::Anonymous { key_id: Some(key_id), .. } => {
            identities.find_anonymous(key_id).await?
        }
        NewIdentity::Anonymous { key_id: None, .. } => None,
        NewIdentity::Passkey { credential_id, .. } => {
            identities.find_passkey(credential_id).await?
        }
        NewIdentity::Biometric { key_id, .. } => identities.find_biometric(key_id).await?,
    })
}

/// An identity of somebody else's that is the same as one which `user` would like to have, or that
/// has an address or a number in common with it.
pub async fn find_conflict(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    incoming: &NewIdentity,
) -> Result<Option<Identity>, AccountError> {
    if let Some(same) = find_same(tx, incoming).await? {
        return Ok(Some(same));
    }
    let identity = incoming.clone().of(ctx, user);
    for (name, value) in identity.shared_claims() {
        let mut found = tx.identities().list_by_claim(name, value).await?.into_iter();
        if let Some(other) = found.find(|it| it.user_id() != user) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// Adds an identity to an account. The caller lets the attributes follow.
///
/// After a refusal the transaction must not be committed.
pub async fn attach(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    incoming: NewIdentity,
) -> Result<AttachedIdentity, AccountError> {
    let identity = incoming.clone().of(ctx, user);
    if tx.identities().insert(&identity).await? == InsertedIdentity::Inserted {
        return Ok(AttachedIdentity::Attached(Box::new(identity)));
    }
    match find_same(tx, &incoming).await? {
        Some(existing) => Ok(AttachedIdentity::Refused(Box::new(Conflict { existing, incoming }))),
        // Removed since we met it: whoever tries again will succeed.
        None => Err(AccountError::Gone),
    }
}

/// Takes an identity away, with the proofs that nothing else of the person's carries any more.
pub async fn detach(ctx: &Ctx, tx: &mut Tx, identity: &Identity) -> Result<(), AccountError> {
    let user = identity.user_id();
    tx.identities().delete(identity.id()).await?;
    let others = tx.identities().list(user).await?;
    for (name, value) in identity.shared_claims() {
        let mut kept = others.iter().flat_map(Identity::shared_claims);
        if !kept.any(|claim| claim == (name, value)) {
            tx.verified_claims().delete(user, name, value).await?;
        }
    }
    attributes::follow_identities(ctx, tx, user).await?;
    Ok(())
}
