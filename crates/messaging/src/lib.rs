//! What we write to people: which message, in which language, by which channel.
//!
//! A message is composed from templates and the catalogue, charged to the limits of its channel,
//! carried by `outbound`, and noted as an event. Codes, links and whom they are for are the
//! business of the crates above.

mod compose;
mod message;
mod send;

pub use message::{Content, Kind, Message};
pub use send::{Delivery, MessagingError, Messenger, Undelivered, send};
