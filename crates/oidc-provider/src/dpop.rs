//! Which key a request proves, and whether a token is bound to it (RFC 9449).
//!
//! Refresh tokens and codes are bound as upstream binds them: by the proof that came when they were
//! made. Access tokens are bound only for clients that say so (`x_dpop_bound_access_tokens`), since
//! SDKs present theirs without a proof. For a client with `x_dpop_disabled` what is wrong is logged,
//! and nothing is refused.

use appconfig::ClientConfig;
use ctx::Ctx;
use http::HeaderMap;
use oauth::{ErrorCode, OAuthError};
use serde_json::{Value, json};
use sessions::dpop::{Proof, ProofError, nonce};
use stdx::constant_time_eq;
use web::Platform;

use crate::error::EndpointError;

/// What a request has in its header `DPoP`.
pub type Presented = Result<Option<Proof>, ProofError>;

/// What came with a request to `path`, by POST.
pub fn presented(ctx: &Ctx, headers: &HeaderMap, path: &str) -> Presented {
    web::dpop_proof(ctx, headers, ("POST", path))
}

/// The proof of the request, used up, if it has one that holds.
pub async fn prove(
    platform: &Platform,
    ctx: &Ctx,
    client: &ClientConfig,
    presented: Presented,
) -> Result<Option<Proof>, EndpointError> {
    let proof = prove_if_any(platform, ctx, client, presented).await?;
    if proof.is_none() && client.x_dpop_bound_access_tokens {
        let text = "this client must send a DPoP proof";
        return Err(OAuthError::new(ErrorCode::InvalidDpopProof, text).into());
    }
    Ok(proof)
}

/// The same where every client may do without.
pub async fn prove_if_any(
    platform: &Platform,
    ctx: &Ctx,
    client: &ClientConfig,
    presented: Presented,
) -> Result<Option<Proof>, EndpointError> {
    match judge(platform, ctx, client, presented).await? {
        Ok(proof) => Ok(proof),
        Err(error) if client.x_dpop_disabled && error != ProofError::Repeated => {
            log(client, &error.to_string());
            Ok(None)
        }
        Err(error) => Err(OAuthError::new(ErrorCode::InvalidDpopProof, error.to_string()).into()),
    }
}

/// The key that the request proves, where the client is known by the token alone: a proof that
/// proves nothing is as good as none.
pub async fn prove_for_token(
    platform: &Platform,
    ctx: &Ctx,
    presented: Presented,
) -> Result<Option<String>, EndpointError> {
    let proof = match presented {
        Ok(Some(proof)) => proof,
        Err(error @ ProofError::Repeated) => {
            let error = OAuthError::new(ErrorCode::InvalidDpopProof, error.to_string());
            return Err(error.into());
        }
        Ok(None) | Err(_) => return Ok(None),
    };
    Ok(proof.use_up(ctx, &platform.kv).await?.then(|| proof.jkt().to_owned()))
}

async fn judge(
    platform: &Platform,
    ctx: &Ctx,
    client: &ClientConfig,
    presented: Presented,
) -> Result<Result<Option<Proof>, ProofError>, EndpointError> {
    let proof = match presented {
        Ok(Some(proof)) => proof,
        Ok(None) => return Ok(Ok(None)),
        Err(error) => return Ok(Err(error)),
    };
    if client.x_dpop_nonce_required && !proof.has_our_nonce(ctx, &platform.kv).await? {
        return Err(EndpointError::NonceWanted(nonce(ctx, &platform.kv).await?));
    }
    if !proof.use_up(ctx, &platform.kv).await? {
        return Ok(Err(ProofError::Replayed));
    }
    Ok(Ok(Some(proof.used())))
}

/// The key that an access token for the client is bound to, if the client wants that.
pub fn bound_to(client: &ClientConfig, proved: Option<&String>) -> Option<String> {
    proved.filter(|_| client.x_dpop_bound_access_tokens).cloned()
}

/// How a token says which key it is bound to (RFC 9449 §6.1).
pub fn confirmation(jkt: &str) -> (String, Value) {
    ("cnf".to_owned(), json!({ "jkt": jkt }))
}

/// What the client is told of such a token (RFC 9449 §5).
pub fn token_type(jkt: Option<&str>) -> &'static str {
    if jkt.is_some() { "DPoP" } else { "Bearer" }
}

/// Whether what is bound to a key is presented by its holder. What is bound to none may be
/// presented by anybody.
pub fn check_binding(
    client: &ClientConfig,
    bound: Option<&str>,
    proved: Option<&str>,
) -> Result<(), EndpointError> {
    let Some(bound) = bound else { return Ok(()) };
    if proved.is_some_and(|it| constant_time_eq(it.as_bytes(), bound.as_bytes())) {
        return Ok(());
    }
    if client.x_dpop_disabled {
        log(client, "the key is not the one that is bound");
        return Ok(());
    }
    Err(other_key().into())
}

/// The words are read by an SDK.
pub fn other_key() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidDpopProof, "Invalid DPoP key binding")
}

fn log(client: &ClientConfig, problem: &str) {
    let client_id = &client.client_id;
    tracing::warn!(dpop_logs = true, client_id, problem, "a DPoP proof is not enforced");
}

#[cfg(test)]
mod tests;
