//! Challenges that a device signs: five minutes, once, for one purpose.

use ctx::Ctx;
use kv::{Key, Kv};
use serde::{Deserialize, Serialize};
use stdx::{Timestamp, sha256_hex};

use crate::error::Result;

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
    kv.put_json(&key(ctx, &token), &purpose, LIFETIME_SECONDS, ctx.now).await?;
    Ok(Issued { token, expires_at: ctx.now.plus_seconds(LIFETIME_SECONDS) })
}

/// A challenge that somebody else chose, for an hour: for installations under test only.
pub async fn issue_known(ctx: &Ctx, kv: &Kv, purpose: Purpose, token: &str) -> Result<()> {
    const LIFETIME_SECONDS: i64 = 60 * 60;
    kv.put_json(&key(ctx, token), &purpose, LIFETIME_SECONDS, ctx.now).await?;
    Ok(())
}

/// Whether the challenge was ours, unused and for this purpose. It is used up either way.
pub async fn consume(ctx: &Ctx, kv: &Kv, token: &str, purpose: Purpose) -> Result<bool> {
    let found: Option<Purpose> = kv.take_json(&key(ctx, token), ctx.now).await?;
    Ok(found == Some(purpose))
}

fn key(ctx: &Ctx, token: &str) -> Key {
    Key::new(&ctx.app.id, "challenge", &sha256_hex(token))
}
