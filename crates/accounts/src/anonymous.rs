//! People who have said nothing of themselves: an account without a login.
//!
//! A device may hold a key that proves it is them again; without one, the account lasts as long
//! as the session that it was made with. How a key proves that is in `sessions::anonymous`.

use appconfig::AppConfig;
use appconfig::authentication::IdentityType;
use ctx::Ctx;
use domain::{AnonymousIdentity, Identity, UserId};
use events::{Event, Source, record};
use serde_json::Value;
use store::Tx;

use crate::account::{self, Created, NewAccount};
use crate::identity::NewIdentity;
use crate::{AccountError, models};

/// The key of a device, whose holder proved that they hold it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewKey {
    pub id: String,
    /// RFC 7517.
    pub jwk: Value,
}

/// Whether the project lets people in without a word.
pub fn are_allowed(config: &AppConfig) -> bool {
    config.authentication.identities.contains(&IdentityType::Anonymous)
}

/// Makes an account for whoever holds the key, or the session that is about to begin.
///
/// `None` when somebody has the key since it was looked up; then the transaction must not be
/// committed.
pub async fn sign_up(
    ctx: &Ctx,
    tx: &mut Tx,
    key: Option<NewKey>,
    source: &Source,
) -> Result<Option<UserId>, AccountError> {
    let (key_id, key) = key.map(|it| (it.id, it.jwk)).unzip();
    let user = UserId::new(ctx.rng.uuid());
    let new = NewAccount {
        identities: vec![NewIdentity::Anonymous { key_id, key }],
        ..NewAccount::new(user.clone())
    };
    let identities = match account::create(ctx, tx, new).await? {
        Created::Created { identities, .. } => identities,
        Created::Refused(_) | Created::CredentialTaken => return Ok(None),
    };
    let identities = identities.iter().map(|it| models::identity_model(ctx, it)).collect();
    let model = models::load_user_model(ctx, tx, &user).await?;
    record(ctx, tx, source, Event::UserCreated { user: model, identities }).await?;
    Ok(Some(user))
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
