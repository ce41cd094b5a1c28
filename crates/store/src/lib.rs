//! Durable state. One set of SQL, two engines.
//!
//! [`Tx`] is the interface: a unit of work that belongs to one project. There is one file per
//! noun, reached as `tx.users()`, `tx.identities()`. Engine differences live in `db` and nowhere
//! else. What a row means is the business of the crates above.

mod audit_log;
mod authenticators;
mod db;
mod identities;
#[cfg(test)]
mod tests;
mod users;
mod verified_claims;

pub use audit_log::AuditLog;
pub use authenticators::Authenticators;
pub use db::{Result, Store, StoreError, Tx};
pub use identities::{Identities, InsertedIdentity};
pub use users::Users;
pub use verified_claims::VerifiedClaims;
