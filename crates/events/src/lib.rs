//! What happened: written in the transaction that made it happen, delivered afterwards.
//!
//! [`record`] puts an event into the outbox; [`deliver`] keeps it in the audit log, and
//! [`carry()`] takes it to places outside, such as a project's handlers ([`hooks`]). The names and
//! shapes of events are upstream's, because webhooks and exports rely on them. How people,
//! identities and sessions look inside is for those who own them: they hand over JSON.

mod carry;
mod catalogue;
mod deliver;
pub mod hooks;
mod record;
#[cfg(test)]
mod world;

pub use carry::{Lane, OperationOf, Retry, Sink, Undelivered, carry, due_lanes};
pub use catalogue::{Event, MessageChannel, Stage, TerminationType, UserModel};
pub use deliver::{Delivered, deliver};
pub use hooks::Hooks;
pub use record::{Source, TriggeredBy, enqueue, record, record_outcome};
