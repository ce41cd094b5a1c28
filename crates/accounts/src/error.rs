//! What stops an operation on an account.

use store::StoreError;

use crate::HasherError;

#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("the database did not answer")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Hasher(#[from] HasherError),
    #[error("the key-value store did not answer")]
    Kv(#[from] kv::KvError),
    /// The account was there a moment ago.
    #[error("the account is gone")]
    Gone,
}
