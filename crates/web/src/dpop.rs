//! The header `DPoP` of a request (RFC 9449 §4).

use ctx::Ctx;
use http::HeaderMap;
use sessions::dpop::{Proof, ProofError, Target};

/// The proof that came with a request to `path` of ours. A method and a path, not what the request
/// line says: proofs are about the project's public address.
pub fn dpop_proof(
    ctx: &Ctx,
    headers: &HeaderMap,
    (method, path): (&str, &str),
) -> Result<Option<Proof>, ProofError> {
    let url = format!("{}{path}", ctx.app.origin());
    dpop_proof_for(ctx, headers, Target { method, url: &url })
}

/// The proof that came with a request to any address.
pub fn dpop_proof_for(
    ctx: &Ctx,
    headers: &HeaderMap,
    target: Target<'_>,
) -> Result<Option<Proof>, ProofError> {
    let mut values = headers.get_all("dpop").iter();
    let Some(value) = values.next() else { return Ok(None) };
    // RFC 9449 §4.3 (1).
    if values.next().is_some() {
        return Err(ProofError::Repeated);
    }
    let jwt = value.to_str().map_err(|_| ProofError::Malformed)?;
    Proof::read(ctx, jwt, target).map(Some)
}
