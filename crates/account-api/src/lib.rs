//! The account management API: an app changes the account of whoever is signed in to it.
//!
//! What upstream's `docs/specs/account-management-api.md` describes: connecting an account at a
//! provider, by the app's own redirect URI. Sessions come by cookie or bearer token, and need full
//! access: a third party changes nobody's account. The rules are `upkeep`'s, as those of the
//! settings pages are.

mod asking;
mod body;
mod error;
mod identification;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::post;
use web::Platform;

/// The endpoints; CORS is the server's to add.
pub fn router() -> Router<Platform> {
    Router::new()
        .route("/api/v1/account/identification", post(identification::begin))
        .route("/api/v1/account/identification/oauth", post(identification::finish))
}
