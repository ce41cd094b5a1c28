//! How often something may happen, and what happens to an account after too many wrong proofs.
//!
//! Rate limits are buckets in `kv` and may be forgotten; lockout is a row and survives a restart.
//! Both are charged before the work that they protect. What the answer looks like, and the event
//! that it causes, are the caller's.

pub mod attempt;
mod catalogue;
mod charge;
pub mod lockout;
mod numbers;
mod weight;
#[cfg(test)]
mod world;

pub use catalogue::{Limit, Scope};
pub use charge::{Charged, Exhausted, Receipt, Subject, charge, cools_down_at, refund};
pub use weight::Weighted;
