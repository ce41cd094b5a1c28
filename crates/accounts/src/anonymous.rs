//! People who have said nothing of themselves: an account without a login.
//!
//! A device may hold a key that proves it is them again; without one, the account lasts as long
//! as the session that it was made with. How a key proves that is in `sessions::anonymous`.

use appconfig::AppConfig;
use appconfig::authentication::IdentityType;
use ctx::Ctx;
use domain::{AnonymousIdentity, Identity, UserId};
use events::hooks::Mutations;
use events::{Event, Source, UserModel, record};
use serde_json::Value;
use store::Tx;

use crate::account::{self, Created, NewAccount};
use crate::attributes::AttributeRefusal;
use crate::identity::NewIdentity;
use crate::{AccountError, hooked, models};

/// The key of a device, whose holder proved that they hold it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewKey {
    pub id: String,
    /// RFC 7517.
    pub jwk: Value,
}

/// Somebody who is about to be let in.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAnonymous {
    pub id: UserId,
    /// Of their device; without one, the account lasts as long as the session that is about to
    /// begin.
    pub key: Option<NewKey>,
    /// What hooks have said of them.
    pub mutations: Mutations,
}

/// What became of them. Unless they are in, the transaction must not be committed.
#[derive(Clone, Debug, PartialEq)]
pub enum SignedUp {
    SignedUp {
        user: Box<UserModel>,
        identities: Vec<Value>,
    },
    /// Somebody has the key since it was looked up.
    KeyTaken,
    /// What hooks have said cannot be so.
    Refused(AttributeRefusal),
}

impl NewAnonymous {
    pub fn new(id: UserId, key: Option<NewKey>) -> Self {
        Self { id, key, mutations: Mutations::default() }
    }
}

impl SignedUp {
    /// Who is in.
    pub fn user_id(self) -> Option<UserId> {
        match self {
            Self::SignedUp { user, .. } => Some(user.id),
            Self::KeyTaken | Self::Refused(_) => None,
        }
    }
}

/// Whether the project lets people in without a word.
pub fn are_allowed(config: &AppConfig) -> bool {
    config.authentication.identities.contains(&IdentityType::Anonymous)
}

/// Makes an account for whoever holds the key, or the session that is about to begin.
pub async fn sign_up(
    ctx: &Ctx,
    tx: &mut Tx,
    new: NewAnonymous,
    source: &Source,
) -> Result<SignedUp, AccountError> {
    let NewAnonymous { id: user, key, mutations } = new;
    let (key_id, key) = key.map(|it| (it.id, it.jwk)).unzip();
    let new = NewAccount {
        identities: vec![NewIdentity::Anonymous { key_id, key }],
        ..NewAccount::new(user.clone())
    };
    let identities = match account::create(ctx, tx, new).await? {
        Created::Created { identities, .. } => identities,
        Created::Refused(_) | Created::CredentialTaken => return Ok(SignedUp::KeyTaken),
    };
    if let Some(refusal) = hooked::apply(ctx, tx, &user, &mutations).await? {
        return Ok(SignedUp::Refused(refusal));
    }
    let identities: Vec<Value> =
        identities.iter().map(|it| models::identity_model(ctx, it)).collect();
    let model = models::load_user_model(ctx, tx, &user).await?;
    let event = Event::UserCreated { user: model.clone(), identities: identities.clone() };
    record(ctx, tx, source, event).await?;
    Ok(SignedUp::SignedUp { user: Box::new(model), identities })
}

/// By what somebody is known who is anonymous; `None` for people with a name.
pub async fn find(tx: &mut Tx, user: &UserId) -> Result<Option<AnonymousIdentity>, AccountError> {
    let identities = tx.identities().list(user).await?;
    Ok(identities.into_iter().find_map(|identity| match identity {
        Identity::Anonymous(it) => Some(it),
        _ => None,
    }))
}

#[cfg(test)]
mod tests;
