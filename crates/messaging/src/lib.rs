//! What we write to people: which message, in which language, by which channel.
//!
//! A message is charged to the limits of its channel, composed from templates and the catalogue,
//! carried by `outbound`, at once or through the outbox, and noted as an event. Codes, links and
//! whom they are for are the business of the crates above.

mod carrier;
mod compose;
mod hand_over;
mod letter;
mod message;
mod seal;
mod send;
pub mod status;

pub use carrier::Carrier;
pub use message::{Addressee, Content, Kind, Message};
pub use send::{Delivery, MessagingError, Messenger, Undelivered, send};
