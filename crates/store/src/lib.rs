//! Durable state. One set of SQL, two engines.
//!
//! [`Tx`] is the interface: a unit of work that belongs to one project. There is one file per
//! noun, reached as `tx.users()`, `tx.identities()`. Engine differences live in `db` and nowhere
//! else. What a row means is the business of the crates above.

mod access;
mod access_tokens;
mod audit_log;
mod authenticators;
mod authorizations;
mod config_sources;
mod db;
mod device_tokens;
mod erase;
mod grants;
mod identities;
mod idp_sessions;
mod lockouts;
mod outbox;
mod overview;
mod refresh_tokens;
mod registered_clients;
mod resource_scopes;
mod resources;
mod signed_in;
#[cfg(test)]
mod tests;
mod users;
mod verified_claims;

pub use access_tokens::AccessTokens;
pub use audit_log::AuditLog;
pub use authenticators::{Authenticators, InsertedAuthenticator};
pub use authorizations::Authorizations;
pub use config_sources::{ConfigSource, ConfigSources, ProjectStamp};
pub use db::{Changes, DriverError, Result, Store, StoreError, Tx};
pub use device_tokens::DeviceTokens;
pub use grants::Grants;
pub use identities::{Identities, InsertedIdentity};
pub use idp_sessions::IdpSessions;
pub use lockouts::Lockouts;
pub use outbox::Outbox;
pub use refresh_tokens::{RefreshTokens, Rotation};
pub use registered_clients::RegisteredClients;
pub use resource_scopes::ResourceScopes;
pub use resources::{ResourceFilter, Resources};
pub use signed_in::{Ends, SignedIn};
pub use users::Users;
pub use verified_claims::VerifiedClaims;
