//! Events on their way out.

use stdx::Timestamp;

use crate::{AppId, Attributes};

/// An event, on its way to one of the places that it goes to.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxEntry {
    /// Grows with every entry; given by the database.
    pub seq: i64,
    pub app_id: AppId,
    pub id: String,
    pub sink: String,
    /// What happened.
    pub r#type: String,
    pub payload: Attributes,
    pub context: Attributes,
    pub created_at: Timestamp,
    /// How often it was tried, with this time.
    pub attempts: i64,
}
