//! Challenges that no flow has asked: for pages that ask a browser before a flow begins, as the
//! suggestions of passkeys in a form do.
//!
//! Such a challenge is good for one answer (WebAuthn Level 2 §13.4.3), whichever flow gets it. One
//! for making a passkey is good for the person alone for whom it was made.

use ctx::Ctx;
use domain::UserId;
use kv::{Key, Kv};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::TIMEOUT_MILLIS;
use crate::AccountError;

/// What a challenge was made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ceremony {
    /// Showing a passkey, whosever it is.
    Request,
    /// Making one for this person.
    Creation { user_id: String },
}

impl Ceremony {
    pub fn creation(user: &UserId) -> Self {
        Self::Creation { user_id: user.as_str().to_owned() }
    }
}

/// Makes a challenge, and keeps it for as long as a browser lets the person take.
pub async fn issue(ctx: &Ctx, kv: &Kv, ceremony: &Ceremony) -> Result<String, AccountError> {
    let challenge = stdx::base64url(&ctx.rng.bytes::<32>());
    let ttl_seconds = i64::try_from(TIMEOUT_MILLIS / 1_000).unwrap_or(i64::MAX);
    kv.put_json(&key(ctx, &challenge), ceremony, ttl_seconds, ctx.now).await?;
    Ok(challenge)
}

/// The challenge that `response` answers: `own`, or one that was issued for `ceremony`, which is
/// used up by that. `None` when it answers neither.
pub async fn answered(
    ctx: &Ctx,
    kv: &Kv,
    own: &str,
    ceremony: &Ceremony,
    response: &Value,
) -> Result<Option<String>, AccountError> {
    let Some(challenge) = challenge_of(response) else { return Ok(None) };
    if challenge == own {
        return Ok(Some(challenge));
    }
    let issued: Option<Ceremony> = kv.take_json(&key(ctx, &challenge), ctx.now).await?;
    Ok(issued.filter(|it| it == ceremony).map(|_| challenge))
}

/// What the browser says it answers, before anything of it is believed.
fn challenge_of(response: &Value) -> Option<String> {
    let client_data = response.pointer("/response/clientDataJSON").and_then(Value::as_str)?;
    let client_data: Value = serde_json::from_slice(&stdx::from_base64url(client_data)?).ok()?;
    client_data["challenge"].as_str().map(str::to_owned)
}

/// By digest: what stands in an answer has any length.
fn key(ctx: &Ctx, challenge: &str) -> Key {
    Key::new(&ctx.app.id, "passkey_challenge", &stdx::sha256_hex(challenge))
}
