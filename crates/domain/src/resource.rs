//! What machines call: resources (RFC 8707), and the scopes that each of them knows.

use stdx::Timestamp;

stdx::id_type! {
    ResourceId,
    ResourceScopeId,
}

/// An API of the project's, known by its URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    pub id: ResourceId,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub uri: String,
    pub name: Option<String>,
}

/// One thing that may be done with a resource. The same word at another resource is another scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceScope {
    pub id: ResourceScopeId,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub resource_id: ResourceId,
    pub scope: String,
    pub description: Option<String>,
}
