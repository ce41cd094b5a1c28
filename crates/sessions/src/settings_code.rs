//! The code at the end of a settings action: it tells the app that the person is done, once.

use ctx::Ctx;
use kv::{Key, Kv};
use serde::{Deserialize, Serialize};
use stdx::{Secret, sha256_hex};

use crate::error::Result;

/// As long as an authorization code.
const LIFETIME_SECONDS: i64 = 5 * 60;

/// What a code stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsCode {
    pub client_id: String,
    pub redirect_uri: String,
    pub code_challenge: Option<String>,
    pub user_id: String,
}

/// Makes a code.
pub async fn issue(ctx: &Ctx, kv: &Kv, code: &SettingsCode) -> Result<Secret<String>> {
    let secret = ctx.rng.token();
    kv.put_json(&key(ctx, &secret), code, LIFETIME_SECONDS, ctx.now).await?;
    Ok(Secret::new(secret))
}

/// Reads and uses up: of two parties, one gets it.
pub async fn take(ctx: &Ctx, kv: &Kv, presented: &str) -> Result<Option<SettingsCode>> {
    Ok(kv.take_json(&key(ctx, presented), ctx.now).await?)
}

fn key(ctx: &Ctx, secret: &str) -> Key {
    Key::new(&ctx.app.id, "settings_code", &sha256_hex(secret))
}
