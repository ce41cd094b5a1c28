//! What happened: written in the transaction that made it happen, delivered afterwards.
//!
//! [`record`] puts an event into the outbox; [`deliver`] carries it to where it goes, today to
//! the audit log. [`hooks`] calls a project's handlers. The names and shapes of events are upstream's, because webhooks and exports
//! rely on them. How people, identities and sessions look inside is for those who own them: they
//! hand over JSON.

mod catalogue;
mod deliver;
pub mod hooks;
mod record;
#[cfg(test)]
mod world;

pub use catalogue::{Event, MessageChannel, Stage, TerminationType, UserModel};
pub use deliver::{Delivered, deliver};
pub use hooks::Hooks;
pub use record::{Source, TriggeredBy, record};
