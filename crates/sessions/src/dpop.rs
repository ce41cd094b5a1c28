//! DPoP proofs (RFC 9449): a JWT by which the sender of a request shows that it holds a key.
//!
//! A proof is for one method, one address and, with a token, for that token. [`Proof::read`] judges
//! what can be judged without asking anybody; [`Proof::use_up`] makes sure that it is used once.
//! Whether the key is the right one is for the caller to know. The texts are upstream's, where it
//! has one.

use aws_lc_rs::digest::{SHA256, digest};
use ctx::Ctx;
use jose::{Jwt, PublicKey, Unverified, thumbprint};
use kv::{Key, Kv};
use stdx::{Timestamp, base64url, constant_time_eq, sha256_hex};
use url::Url;

use crate::error::Result;

/// The algorithms of keys that may prove themselves, as metadata lists them.
pub const ALGORITHMS: [&str; 3] = ["ES256", "RS256", "EdDSA"];

const JWT_TYPE: &str = "dpop+jwt";

/// How old a proof may be, and how far its clock may be ahead. Clocks of devices are off by minutes.
const WINDOW_SECONDS: i64 = 5 * 60;

/// Upstream allows 43, which is 256 bits in base64url; UUIDs with a prefix fit as well.
const JTI_BYTES_MAX: usize = 128;

/// How long a nonce is handed out, and how long it is good: a client that has just got the one
/// before may go on.
const NONCE_CURRENT_SECONDS: i64 = 5 * 60;
const NONCE_LIFETIME_SECONDS: i64 = 10 * 60;

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("multiple DPoP headers are not allowed")]
    Repeated,
    #[error("malformed DPoP jwt")]
    Malformed,
    #[error("invalid DPoP jwt typ")]
    Type,
    #[error("unsupported alg in DPoP jwt")]
    Algorithm,
    #[error("invalid DPoP jwk")]
    Key,
    #[error("invalid DPoP jwt signature")]
    Signature,
    #[error("invalid DPoP jwt payload")]
    Payload,
    /// Its time has not come.
    #[error("invalid DPoP jwt")]
    NotYet,
    #[error("DPoP proof expired")]
    Expired,
    #[error("htu in the DPoP proof is not a valid URI")]
    Address,
    #[error("htm in the DPoP proof does not match request method")]
    OtherMethod,
    #[error("htu in the DPoP proof does not match request uri")]
    OtherAddress,
    #[error("DPoP proof was used before")]
    Replayed,
}

/// What was requested, for a proof to be about.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub method: &'a str,
    /// Its query and fragment do not matter (RFC 9449 §4.2).
    pub url: &'a str,
}

/// A proof that holds, as far as it can be told by looking at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The thumbprint of the key (RFC 7638).
    jkt: String,
    jti: String,
    /// The hash of the access token that it goes with.
    ath: Option<String>,
    nonce: Option<String>,
    issued_at: Timestamp,
    /// This request has used it up already, and may ask again.
    is_used: bool,
}

impl Proof {
    /// Reads and judges a proof (RFC 9449 §4.3, but for what has to be remembered).
    pub fn read(ctx: &Ctx, jwt: &str, target: Target<'_>) -> std::result::Result<Self, ProofError> {
        let token = Unverified::parse(jwt).map_err(|_| ProofError::Malformed)?;
        if !token.header.is_type(JWT_TYPE) {
            return Err(ProofError::Type);
        }
        if !ALGORITHMS.contains(&token.header.alg.as_str()) {
            return Err(ProofError::Algorithm);
        }
        let jwk = token.header.jwk.as_ref().ok_or(ProofError::Key)?;
        let key = PublicKey::from_jwk(jwk).map_err(|_| ProofError::Key)?;
        let jwt = Jwt::from_unverified(&token, &key).map_err(|_| ProofError::Signature)?;
        let issued_at = check_time(ctx, &jwt)?;
        check_target(&jwt, target)?;
        let jti = jwt.text("jti").filter(|it| (1..=JTI_BYTES_MAX).contains(&it.len()));
        Ok(Self {
            jkt: thumbprint(jwk).ok_or(ProofError::Key)?,
            jti: jti.ok_or(ProofError::Payload)?.to_owned(),
            ath: jwt.text("ath").map(str::to_owned),
            nonce: jwt.text("nonce").map(str::to_owned),
            issued_at,
            is_used: false,
        })
    }

    /// The key that was proved.
    pub fn jkt(&self) -> &str {
        &self.jkt
    }

    /// Whether it was made by the holder of this key, for this access token (RFC 9449 §7).
    pub fn is_about(&self, jkt: &str, access_token: &str) -> bool {
        let hash = base64url(digest(&SHA256, access_token.as_bytes()).as_ref());
        let is_same = |one: &str, other: &str| constant_time_eq(one.as_bytes(), other.as_bytes());
        is_same(&self.jkt, jkt) && self.ath.as_deref().is_some_and(|ath| is_same(ath, &hash))
    }

    /// Whether nobody has used it before. It is remembered for as long as it could be used
    /// (RFC 9449 §11.1), and only for as long: whoever fills the memory has to sign for it.
    pub async fn use_up(&self, ctx: &Ctx, kv: &Kv) -> Result<bool> {
        if self.is_used {
            return Ok(true);
        }
        let name = sha256_hex(&format!("{} {}", self.jkt, self.jti));
        let key = Key::new(&ctx.app.id, "dpop_jti", &name);
        let left = self.issued_at.plus_seconds(WINDOW_SECONDS).seconds_since(ctx.now);
        Ok(kv.swap(&key, None, b"used", left.max(0) + 1, ctx.now).await?)
    }

    /// The same for the rest of the request that has used it up.
    #[must_use]
    pub fn used(self) -> Self {
        Self { is_used: true, ..self }
    }

    /// Whether it carries a nonce that we handed out lately (RFC 9449 §8).
    pub async fn has_our_nonce(&self, ctx: &Ctx, kv: &Kv) -> Result<bool> {
        let Some(nonce) = &self.nonce else { return Ok(false) };
        Ok(kv.get(&nonce_key(ctx, nonce), ctx.now).await?.is_some())
    }
}

/// The nonce of the moment, for the next proof. All clients share it: it says when a proof was
/// made, and nothing else.
pub async fn nonce(ctx: &Ctx, kv: &Kv) -> Result<String> {
    let current = Key::new(&ctx.app.id, "dpop_nonce", "current");
    if let Some(nonce) = kv.get_json(&current, ctx.now).await? {
        return Ok(nonce);
    }
    let nonce = ctx.rng.token();
    kv.put(&nonce_key(ctx, &nonce), b"ours", NONCE_LIFETIME_SECONDS, ctx.now).await?;
    kv.put_json(&current, &nonce, NONCE_CURRENT_SECONDS, ctx.now).await?;
    Ok(nonce)
}

fn nonce_key(ctx: &Ctx, nonce: &str) -> Key {
    Key::new(&ctx.app.id, "dpop_nonce", &sha256_hex(nonce))
}

fn check_time(ctx: &Ctx, jwt: &Jwt) -> std::result::Result<Timestamp, ProofError> {
    let issued_at = jwt.instant("iat").ok_or(ProofError::Payload)?;
    if issued_at.plus_seconds(WINDOW_SECONDS) < ctx.now {
        return Err(ProofError::Expired);
    }
    let latest = ctx.now.plus_seconds(WINDOW_SECONDS);
    let begins = if jwt.claims.contains_key("nbf") { jwt.instant("nbf") } else { Some(issued_at) };
    if issued_at > latest || begins.ok_or(ProofError::Payload)? > latest {
        return Err(ProofError::NotYet);
    }
    // SDKs say when it ends, which the RFC does not ask for.
    if jwt.claims.contains_key("exp") {
        let ends = jwt.instant("exp").ok_or(ProofError::Payload)?;
        if ends.plus_seconds(WINDOW_SECONDS) < ctx.now {
            return Err(ProofError::Expired);
        }
    }
    Ok(issued_at)
}

fn check_target(jwt: &Jwt, target: Target<'_>) -> std::result::Result<(), ProofError> {
    let method = jwt.text("htm").ok_or(ProofError::Payload)?;
    if !method.eq_ignore_ascii_case(target.method) {
        return Err(ProofError::OtherMethod);
    }
    let address = plain(jwt.text("htu").ok_or(ProofError::Payload)?);
    let address = address.ok_or(ProofError::Address)?;
    if Some(address) == plain(target.url) { Ok(()) } else { Err(ProofError::OtherAddress) }
}

/// An address in normal form (RFC 9449 §4.3 (9)), without query and fragment.
fn plain(address: &str) -> Option<Url> {
    let mut url = Url::parse(address).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

#[cfg(test)]
mod tests;
