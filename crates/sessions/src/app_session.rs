//! App sessions: an app opens a page of ours as the person who is signed in to it.
//!
//! The app trades its refresh token for a token that works once, within five minutes, and the
//! browser trades that for a cookie. The cookie lives and dies with the app's grant.

use ctx::Ctx;
use domain::{Grant, GrantId};
use kv::{Key, Kv};
use serde::{Deserialize, Serialize};
use stdx::{Secret, Timestamp, sha256_hex};

use crate::error::Result;

pub const TOKEN_LIFETIME_SECONDS: i64 = 5 * 60;

/// A browser that was opened from an app a month ago can be opened again.
const COOKIE_LIFETIME_SECONDS_MAX: i64 = 30 * 24 * 60 * 60;

/// The grant and the refresh token that an app session stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppSession {
    pub grant_id: GrantId,
    pub refresh_token_id: String,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    grant_id: String,
    refresh_token_id: String,
    until_micros: i64,
}

/// A token for the app to put into `login_hint`, and when it stops working.
pub async fn issue_token(
    ctx: &Ctx,
    kv: &Kv,
    grant: &Grant,
    refresh_token_id: &str,
) -> Result<(Secret<String>, Timestamp)> {
    let token = ctx.rng.token();
    let kept = Kept {
        grant_id: grant.id.as_str().to_owned(),
        refresh_token_id: refresh_token_id.to_owned(),
        until_micros: grant.expires_at.0,
    };
    let key = Key::new(&ctx.app.id, "app_session_token", &sha256_hex(&token));
    kv.put_json(&key, &kept, TOKEN_LIFETIME_SECONDS, ctx.now).await?;
    Ok((Secret::new(token), ctx.now.plus_seconds(TOKEN_LIFETIME_SECONDS)))
}

/// Trades a token for the value of the cookie; `None` when it is not, or no longer, good.
pub async fn exchange(ctx: &Ctx, kv: &Kv, token: &str) -> Result<Option<Secret<String>>> {
    let key = Key::new(&ctx.app.id, "app_session_token", &sha256_hex(token));
    let Some(kept) = kv.take_json::<Kept>(&key, ctx.now).await? else { return Ok(None) };
    let left = Timestamp(kept.until_micros).seconds_since(ctx.now);
    if left <= 0 {
        return Ok(None);
    }
    let cookie = ctx.rng.token();
    let ttl = left.min(COOKIE_LIFETIME_SECONDS_MAX);
    kv.put_json(&cookie_key(ctx, &cookie), &kept, ttl, ctx.now).await?;
    Ok(Some(Secret::new(cookie)))
}

/// The grant that a cookie stands for. Whether it is alive is another question.
pub async fn find(ctx: &Ctx, kv: &Kv, cookie: &str) -> Result<Option<AppSession>> {
    let kept = kv.get_json::<Kept>(&cookie_key(ctx, cookie), ctx.now).await?;
    Ok(kept.map(|kept| AppSession {
        grant_id: GrantId::new(kept.grant_id),
        refresh_token_id: kept.refresh_token_id,
    }))
}

fn cookie_key(ctx: &Ctx, cookie: &str) -> Key {
    Key::new(&ctx.app.id, "app_session", &sha256_hex(cookie))
}
