//! Clients that are not in the configuration of their project.

use stdx::Timestamp;

use crate::ClientId;

/// A client that registered itself, or that is known by a document of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct RegisteredClient {
    pub id: ClientId,
    /// What it says of itself (RFC 7591 §2): JSON, already checked.
    pub metadata: String,
    pub secret_hash: Option<String>,
    /// Of the token with which it manages itself (RFC 7592 §3).
    pub registration_token_hash: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
