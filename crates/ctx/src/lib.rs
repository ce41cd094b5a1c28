//! What is true for the whole of one operation.
//!
//! Every rule takes `ctx` first. Two calls made with the same [`Ctx`] see the same instant,
//! the same configuration and the same caller.

mod app;
mod derived;
mod origin;

use std::sync::Arc;

use stdx::{Rng, Timestamp};

pub use app::{App, Parts};
pub use origin::Origin;

/// The ambient facts of one operation, fixed when it starts.
#[derive(Clone, Debug)]
pub struct Ctx {
    pub app: Arc<App>,
    pub now: Timestamp,
    pub rng: Rng,
    pub caller: Caller,
    /// Names the request in logs and in answers that say "something went wrong".
    pub request_id: String,
}

/// Who is at the other end of the connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The right-most address that is not a trusted proxy's.
    pub ip: String,
    /// As sent, cut to a sane length; empty when there was none.
    pub user_agent: String,
}
