//! An authorization request under way, kept while the person signs in.

use ctx::Ctx;
use kv::{Key, Kv};
use oauth::AuthorizationRequest;
use serde::{Deserialize, Serialize};
use stdx::sha256_hex;

use crate::error::Result;

/// Twenty minutes to sign in and five to consent, as upstream.
const LIFETIME_SECONDS: i64 = 25 * 60;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthSession {
    pub request: AuthorizationRequest,
    /// The hash of the cookie that the browser got when it started: another browser must not
    /// finish what this one began.
    pub browser_hash: String,
    /// The person that a valid `id_token_hint` names: the only one who may come back.
    pub user_id_hint: Option<String>,
    /// The session that the hint names, when it is alive.
    pub sid_hint: Option<String>,
    /// Whether the hint is recent enough to ask for the second time only.
    pub may_reauthenticate: bool,
    /// Whether signing in anew was asked for, by `prompt` or by what `max_age` comes to.
    pub login_required: bool,
    /// The device that waits for the outcome (RFC 8628), by what names its request.
    pub device_authorization: Option<String>,
    /// Whether the settings action that was asked for has been carried out.
    #[serde(default)]
    pub action_done: bool,
}

/// Keeps it under a fresh id: the `x_ref` of the pages.
pub async fn save(ctx: &Ctx, kv: &Kv, session: &OAuthSession) -> Result<String> {
    let id = ctx.rng.token();
    kv.put_json(&key(ctx, &id), session, LIFETIME_SECONDS, ctx.now).await?;
    Ok(id)
}

pub async fn load(ctx: &Ctx, kv: &Kv, id: &str) -> Result<Option<OAuthSession>> {
    Ok(kv.get_json(&key(ctx, id), ctx.now).await?)
}

/// Notes that the settings action of a request has been carried out.
pub async fn complete_action(ctx: &Ctx, kv: &Kv, id: &str, session: &OAuthSession) -> Result<()> {
    let done = OAuthSession { action_done: true, ..session.clone() };
    Ok(kv.put_json(&key(ctx, id), &done, LIFETIME_SECONDS, ctx.now).await?)
}

pub async fn delete(ctx: &Ctx, kv: &Kv, id: &str) -> Result<()> {
    Ok(kv.delete(&key(ctx, id)).await?)
}

fn key(ctx: &Ctx, id: &str) -> Key {
    Key::new(&ctx.app.id, "oauth_session", &sha256_hex(id))
}
