//! What happened, as the audit log keeps it.

use std::net::IpAddr;

use stdx::Timestamp;

use crate::{Attributes, ClientId, UserId};

/// One line of the audit log of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    pub id: String,
    pub created_at: Timestamp,
    /// What happened: the type of the event.
    pub activity_type: String,
    pub user_id: Option<UserId>,
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
    pub client_id: Option<ClientId>,
    /// The whole event, as a webhook would have got it.
    pub data: Attributes,
}
