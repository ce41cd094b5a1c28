//! What people change about their own account: addresses, numbers and names, accounts at other
//! providers, and whether there is to be an account at all.
//!
//! The settings pages and the account management API are two clients of these rules. Each rule is
//! about whoever is signed in ([`UpkeepCx::session`]); nobody can name another person. What has to
//! be written down is written in the transaction of the change.

pub mod deletion;
mod kept;
pub mod link;
pub mod login_id;
mod record;
#[cfg(test)]
mod world;

use accounts::AccountError;
use ctx::Ctx;
use events::{Hooks, Source};
use kv::{Kv, KvError};
use outbound::Outbound;
use sessions::{Session, Sessions};
use store::{Store, StoreError};

/// Whoever changes their account, and what the rules are carried out with.
#[derive(Clone, Copy)]
pub struct UpkeepCx<'a> {
    pub ctx: &'a Ctx,
    pub store: &'a Store,
    pub kv: &'a Kv,
    pub sessions: &'a Sessions,
    pub outbound: &'a Outbound,
    pub hooks: &'a Hooks,
    pub session: &'a Session,
    /// Through what it comes about, for events.
    pub source: &'a Source,
}

/// What stops a change without being an answer.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    #[error("the database did not answer")]
    Store(#[from] StoreError),
    #[error("the key-value store did not answer")]
    Kv(#[from] KvError),
    #[error(transparent)]
    Sessions(#[from] sessions::SessionsError),
    #[error("the message could not be written")]
    Messaging(#[from] messaging::MessagingError),
    #[error("the account could not be changed")]
    Account(#[source] AccountError),
}

impl From<AccountError> for UpkeepError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => error.into(),
            AccountError::Kv(error) => error.into(),
            error => Self::Account(error),
        }
    }
}
