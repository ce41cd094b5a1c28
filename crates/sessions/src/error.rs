//! What stops an operation. Refusals are not here: they are values.

use accounts::AccountError;
use kv::KvError;
use store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    #[error("the database did not answer")]
    Store(#[from] StoreError),
    #[error("the key-value store did not answer")]
    Kv(#[from] KvError),
    #[error("the account could not be changed")]
    Account(#[from] AccountError),
}

pub type Result<T> = std::result::Result<T, SessionsError>;
