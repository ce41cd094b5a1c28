//! The public keys of a client: in the configuration, or at an address of the client's.
//!
//! The address is called like every address that a configuration names: only when it is public, for
//! a moment, and not again and again.

use std::borrow::Cow;

use appconfig::ClientConfig;
use ctx::Ctx;
use jose::{Jwt, KeySet, Unverified};
use outbound::SignedElsewhere;
use serde_json::json;
use web::Platform;

/// Whether the client has keys to sign with.
pub fn has_keys(client: &ClientConfig) -> bool {
    client.x_jwks.is_some() || client.x_jwks_uri.is_some()
}

/// What the client signed with one of its keys, or why nobody can say that it did. What the token
/// says is still to be checked.
pub async fn verify(
    platform: &Platform,
    ctx: &Ctx,
    client: &ClientConfig,
    token: &str,
) -> Result<Jwt, Cow<'static, str>> {
    if let Some(set) = &client.x_jwks {
        let keys = KeySet::read(&json!({ "keys": set.keys }));
        let jwt = Unverified::parse(token).and_then(|token| keys.verify(&token));
        return jwt.map_err(|error| error.to_string().into());
    }
    let Some(address) = &client.x_jwks_uri else { return Err("the client has no keys".into()) };
    match platform.outbound.verify_signed_elsewhere(ctx, address, token).await {
        Ok(SignedElsewhere::Genuine(jwt)) => Ok(*jwt),
        Ok(SignedElsewhere::Refused(error)) => Err(error.to_string().into()),
        Err(error) => {
            let client_id = &client.client_id;
            tracing::warn!(%error, client_id, "the keys of a client could not be fetched");
            Err("the keys of the client could not be fetched".into())
        }
    }
}
