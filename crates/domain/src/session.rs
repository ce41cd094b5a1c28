//! Browser sessions with the identity provider itself.

use stdx::Timestamp;

use crate::UserId;

stdx::id_type! {
    /// The session behind the provider's own cookie; the `sid` of an SSO group.
    IdpSessionId,
}

/// When, from where and with what somebody used a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    pub at: Option<Timestamp>,
    pub ip: String,
    pub user_agent: String,
}

/// One sign-in of one browser.
#[derive(Clone, Debug, PartialEq)]
pub struct IdpSession {
    pub id: IdpSessionId,
    pub user_id: UserId,
    pub created_at: Timestamp,
    /// Moves when the person authenticates again within the session.
    pub authenticated_at: Timestamp,
    /// Authentication methods (RFC 8176 and upstream's `x_…`).
    pub amr: Vec<String>,
    pub initial_access: Access,
    pub last_access: Access,
    pub token_hash: String,
    /// The end of its lifetime, whether or not it is used.
    pub expires_at: Timestamp,
    /// The end by idleness; moves with each use. `None` when idleness does not end it.
    pub idle_expires_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
}

impl IdpSession {
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none()
            && now < self.expires_at
            && self.idle_expires_at.is_none_or(|idle| now < idle)
    }
}
