//! Challenges that a device signs: five minutes, once, for one purpose.
//!
//! A challenge that starts a visit to the pages is held by that visit instead of used up, so that
//! a page can be opened again.

use ctx::Ctx;
use kv::{Key, Kv};
use serde::{Deserialize, Serialize};
use stdx::{Timestamp, sha256_hex};

use crate::error::Result;
use crate::held;

pub const LIFETIME_SECONDS: i64 = 5 * 60;

/// What a challenge may be signed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    AnonymousRequest,
    BiometricRequest,
    App2appRequest,
}

impl Purpose {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "anonymous_request" => Some(Self::AnonymousRequest),
            "biometric_request" => Some(Self::BiometricRequest),
            "app2app_request" => Some(Self::App2appRequest),
            _ => None,
        }
    }
}

/// A challenge on its way to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    pub token: String,
    pub expires_at: Timestamp,
}

pub async fn issue(ctx: &Ctx, kv: &Kv, purpose: Purpose) -> Result<Issued> {
    let token = ctx.rng.token();
    held::keep(ctx, kv, &key(ctx, &token), purpose, LIFETIME_SECONDS).await?;
    Ok(Issued { token, expires_at: ctx.now.plus_seconds(LIFETIME_SECONDS) })
}

/// A challenge that somebody else chose, for an hour: for installations under test only.
pub async fn issue_known(ctx: &Ctx, kv: &Kv, purpose: Purpose, token: &str) -> Result<()> {
    const LIFETIME_SECONDS: i64 = 60 * 60;
    held::keep(ctx, kv, &key(ctx, token), purpose, LIFETIME_SECONDS).await
}

/// Whether the challenge was ours, unused and for this purpose. It is used up either way.
pub async fn consume(ctx: &Ctx, kv: &Kv, token: &str, purpose: Purpose) -> Result<bool> {
    let found: Option<Purpose> = held::take(ctx, kv, &key(ctx, token)).await?;
    Ok(found == Some(purpose))
}

/// Whether the challenge was ours, for this purpose, and held by nobody but `holder`, who holds
/// it from now on.
pub async fn hold(ctx: &Ctx, kv: &Kv, token: &str, purpose: Purpose, holder: &str) -> Result<bool> {
    let found: Option<Purpose> = held::hold(ctx, kv, &key(ctx, token), holder).await?;
    Ok(found == Some(purpose))
}

fn key(ctx: &Ctx, token: &str) -> Key {
    Key::new(&ctx.app.id, "challenge", &sha256_hex(token))
}
