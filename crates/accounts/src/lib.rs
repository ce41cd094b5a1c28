//! People and their accounts: what they are known by, what they prove it with, what they say of
//! themselves.
//!
//! Rules are functions over `ctx` and `tx`; hashing happens on [`Hasher`], outside any
//! transaction. Sessions, tokens and pages are the business of others.

pub mod account;
pub mod anonymous;
pub mod attributes;
pub mod authenticator;
pub mod claims;
mod error;
mod fold;
mod hasher;
pub mod hooked;
pub mod identity;
pub mod import;
pub mod login_id;
pub mod models;
pub mod otp;
pub mod passkey;
pub mod password;
pub mod policy;
pub mod recovery_code;
pub mod takeover;
pub mod totp;
#[cfg(test)]
mod world;

pub use error::AccountError;
pub use hasher::{
    Argon2Cost, HashFormat, Hasher, HasherError, HasherSettings, PASSWORD_BYTES_MAX, Verdict,
};
