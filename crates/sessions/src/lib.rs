//! Who is signed in: browser sessions, grants, tokens, codes, and how all of it ends.
//!
//! What must survive is in `store`; what may be lost (codes, challenges, requests under way) is
//! in `kv`. A credential is only ever kept as its hash. Rules take `ctx, tx` and leave the
//! commit to the caller; after a commit that ended something, the caller says so to
//! [`Sessions::forget`], so that no cache outlives it.

mod access;
pub mod access_token;
pub mod anonymous;
pub mod app_session;
pub mod authentication_info;
pub mod back_channel;
pub mod biometric;
pub mod browser;
pub mod challenge;
pub mod clients;
pub mod code;
pub mod consent;
pub mod device_authorization;
pub mod device_secret;
pub mod dpop;
pub mod end;
mod error;
pub mod grant;
mod held;
mod key_proof;
mod known_id_token;
pub mod listing;
pub mod oauth_session;
pub mod pre_authenticated_url;
pub mod promotion_code;
pub mod refresh;
mod resolve;
pub mod resources;
mod session;
pub mod settings_code;
mod subject;
mod user_agent;

#[cfg(test)]
mod world;

pub use authentication_info::AuthenticationInfo;
pub use error::SessionsError;
pub use key_proof::{Jwk, KeyProof};
pub use known_id_token::KnownIdToken;
pub use oauth_session::OAuthSession;
pub use resolve::{About, Credentials, Kind, Resolved, Sessions};
pub use session::{Session, SessionRef};
pub use subject::subject;
pub use user_agent::device_name;
