//! Authentication flows: declared in configuration, walked one input at a time.
//!
//! A flow is a tree of steps. The engine keeps a to-do list of steps and the facts established
//! so far, asks for one input, hands it to the step on top, and repeats until the list is
//! empty; then `finish` turns facts into rows. `conversation` is the way in: it is what the
//! JSON API and the hosted pages call, and both see the same answers.

mod bot;
pub mod builtin;
mod conversation;
mod enforce;
mod engine;
mod facts;
mod finish;
mod guard;
mod hooks;
mod mask;
mod passkey;
mod plan;
mod promotion;
mod record;
mod refusal;
mod shape;
mod stage;
mod state;
mod steps;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use accounts::{AccountError, Hasher, HasherError};
use ctx::Ctx;
use events::Hooks;
use kv::{Kv, KvError};
use limits::attempt::AttemptError;
use outbound::Outbound;
use sessions::{Session, Sessions};
use stdx::Secret;
use store::{Store, StoreError};

pub use conversation::{Answer, Reply, create, feed, feed_all, look, recovering};
pub use engine::Input;
pub use finish::Finished;
pub use plan::FlowRef;
pub use refusal::{IdentityDetails, IdentityShape, Kind, Refusal};
pub use shape::{Cause, Member, Shape, Variant};
pub use state::{Setting, StateToken};
pub use steps::Ask;

/// What a flow may touch.
///
/// The store, not a transaction: a step reads, hashes and charges limits on its own; only
/// `finish` writes the rows of the flow.
#[derive(Clone, Copy)]
pub struct FlowCx<'a> {
    pub ctx: &'a Ctx,
    pub store: &'a Store,
    pub kv: &'a Kv,
    pub sessions: &'a Sessions,
    pub hasher: &'a Hasher,
    pub outbound: &'a Outbound,
    pub hooks: &'a Hooks,
    pub browser: Browser<'a>,
    /// How much an operation counts for a limit, where a hook has said so; by group.
    pub weights: Option<&'a BTreeMap<String, f64>>,
}

impl FlowCx<'_> {
    /// The same, with the weights of a flow.
    fn weighing<'b>(&'b self, weights: &'b BTreeMap<String, f64>) -> FlowCx<'b> {
        FlowCx { weights: Some(weights), ..*self }
    }
}

/// What the browser brought along, if a browser is asking.
#[derive(Clone, Copy, Debug, Default)]
pub struct Browser<'a> {
    /// The session that its cookie stands for.
    pub session: Option<&'a Session>,
    /// Spares it the second factor.
    pub device_token: Option<&'a Secret<String>>,
}

/// What stops a flow without being an answer.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    #[error("the step {step} needs a fact that no earlier step established")]
    MissingFact { step: String },
    #[error("the flow {flow} never comes to a question or an end")]
    Endless { flow: String },
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

impl From<AttemptError> for FlowError {
    fn from(error: AttemptError) -> Self {
        match error {
            AttemptError::Store(error) => error.into(),
            AttemptError::Kv(error) => error.into(),
        }
    }
}

/// For rules that have no busy hashers in them.
pub(crate) fn stopped(error: AccountError) -> FlowError {
    match error {
        AccountError::Store(error) => error.into(),
        AccountError::Kv(error) => error.into(),
        error => FlowError::Account(error),
    }
}

/// Busy hashers are an answer to the client; everything else is ours to mend.
pub(crate) fn answer_or_error(error: AccountError) -> Result<Refusal, FlowError> {
    match error {
        AccountError::Hasher(HasherError::Busy) => Ok(Refusal::Busy),
        error => Err(stopped(error)),
    }
}
