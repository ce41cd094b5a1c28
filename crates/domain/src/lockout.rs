//! Wrong proofs that were counted.

use stdx::Timestamp;

use crate::UserId;

/// The wrong proofs for one account from one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lockout {
    pub user_id: UserId,
    /// An address; empty for the sum over all of them.
    pub contributor: String,
    pub attempts: i64,
    pub locked_until: Option<Timestamp>,
    /// When the attempts no longer count.
    pub expires_at: Timestamp,
}
