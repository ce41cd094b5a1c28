//! What a finished flow proved, kept for the minutes until the protocol picks it up.

use ctx::Ctx;
use domain::UserId;
use kv::{Key, Kv};
use serde::{Deserialize, Serialize};
use stdx::{Timestamp, sha256_hex};

use crate::error::Result;
use crate::session::SessionRef;

/// Long enough to read a consent page.
const LIFETIME_SECONDS: i64 = 5 * 60;

#[derive(Clone, Debug, PartialEq)]
pub struct AuthenticationInfo {
    pub user_id: UserId,
    pub amr: Vec<String>,
    pub authenticated_at: Timestamp,
    /// The authorization request that the flow was for.
    pub oauth_session_id: String,
    /// The session that the flow opened, or that the person chose to continue with.
    pub session: Option<SessionRef>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    user_id: String,
    amr: Vec<String>,
    authenticated_at_micros: i64,
    oauth_session_id: String,
    sid: Option<String>,
}

/// Keeps it under a fresh id: the `code` with which a flow returns to `/oauth2/consent`.
pub async fn save(ctx: &Ctx, kv: &Kv, info: &AuthenticationInfo) -> Result<String> {
    let id = ctx.rng.token();
    let kept = Kept {
        user_id: info.user_id.as_str().to_owned(),
        amr: info.amr.clone(),
        authenticated_at_micros: info.authenticated_at.0,
        oauth_session_id: info.oauth_session_id.clone(),
        sid: info.session.as_ref().map(SessionRef::sid),
    };
    kv.put_json(&key(ctx, &id), &kept, LIFETIME_SECONDS, ctx.now).await?;
    Ok(id)
}

/// Reads without using up: a consent page has to be shown first.
pub async fn find(ctx: &Ctx, kv: &Kv, id: &str) -> Result<Option<AuthenticationInfo>> {
    let kept = kv.get_json::<Kept>(&key(ctx, id), ctx.now).await?;
    Ok(kept.map(Kept::into_info))
}

/// Reads and uses up: of two requests, one gets it.
pub async fn take(ctx: &Ctx, kv: &Kv, id: &str) -> Result<Option<AuthenticationInfo>> {
    let kept = kv.take_json::<Kept>(&key(ctx, id), ctx.now).await?;
    Ok(kept.map(Kept::into_info))
}

impl Kept {
    fn into_info(self) -> AuthenticationInfo {
        AuthenticationInfo {
            user_id: UserId::new(self.user_id),
            amr: self.amr,
            authenticated_at: Timestamp(self.authenticated_at_micros),
            oauth_session_id: self.oauth_session_id,
            session: self.sid.as_deref().and_then(SessionRef::from_sid),
        }
    }
}

fn key(ctx: &Ctx, id: &str) -> Key {
    Key::new(&ctx.app.id, "authentication_info", &sha256_hex(id))
}
