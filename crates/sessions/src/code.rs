//! Authorization codes: five minutes, once (RFC 6749 §4.1.2).
//!
//! A code that comes twice was seen by two parties, so what it brought forth ends. The state of
//! a code is moved by compare-and-swap, and the grant's id is chosen when the code is made:
//! a replay that comes while the first exchange is still under way is noticed too.

use ctx::Ctx;
use domain::GrantId;
use kv::{Key, Kv};
use serde::{Deserialize, Serialize};
use stdx::{Secret, sha256_hex};

use crate::error::Result;

/// RFC 6749 §4.1.2 recommends ten minutes at most; upstream gives five.
pub const LIFETIME_SECONDS: i64 = 5 * 60;

/// What a code stands for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CodeGrant {
    /// The id that the grant will have.
    pub grant_id: String,
    pub client_id: String,
    pub redirect_uri: String,
    pub code_challenge: Option<String>,
    pub scope: String,
    pub nonce: Option<String>,
    pub sso_enabled: bool,
    pub authorization_id: String,
    pub user_id: String,
    pub amr: Vec<String>,
    pub authenticated_at_micros: i64,
    pub idp_session_id: Option<String>,
    /// The grant whose holder opened this client, which then shares it.
    pub shared_grant_id: Option<String>,
    /// Whether the sign-in is still to be told of when the code is exchanged.
    pub is_news: bool,
    /// The session that an `id_token_hint` named: it is authenticated again.
    pub reauthenticated_sid: Option<String>,
    /// The key whose holder alone may redeem it (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
    /// Claims that the ID token is to have if the scopes open them.
    #[serde(default)]
    pub claims: Vec<String>,
    /// The server that its tokens are for, if it is not this one.
    #[serde(default)]
    pub resource: Option<String>,
}

/// What became of a presented code.
#[derive(Debug)]
pub enum Redeemed {
    /// It was good, and is not any more, whatever happens next.
    Fresh(Box<CodeGrant>, Receipt),
    /// Seen before: end this grant.
    Replayed(GrantId),
    Unknown,
}

/// Proof of having been first. [`settle`] it once the answer is durable.
#[derive(Debug)]
pub struct Receipt {
    key: Key,
    used: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
enum State {
    Fresh(Box<CodeGrant>),
    Used(String),
    Replayed(String),
}

/// Makes a code.
pub async fn issue(ctx: &Ctx, kv: &Kv, grant: CodeGrant) -> Result<Secret<String>> {
    let code = ctx.rng.token();
    kv.put_json(&key(ctx, &code), &State::Fresh(Box::new(grant)), LIFETIME_SECONDS, ctx.now)
        .await?;
    Ok(Secret::new(code))
}

/// Takes a code out of circulation. Of any number of parties, one gets it.
pub async fn redeem(ctx: &Ctx, kv: &Kv, code: &str) -> Result<Redeemed> {
    let key = key(ctx, code);
    // Each pass moves the state forward, and there are three states.
    for _ in 0..3 {
        let Some(bytes) = kv.get(&key, ctx.now).await? else { return Ok(Redeemed::Unknown) };
        let Ok(state) = serde_json::from_slice(&bytes) else { return Ok(Redeemed::Unknown) };
        match state {
            State::Fresh(grant) => {
                let used = encode(&State::Used(grant.grant_id.clone()));
                if swap(ctx, kv, &key, (&bytes, &used)).await? {
                    return Ok(Redeemed::Fresh(grant, Receipt { key, used }));
                }
            }
            State::Used(id) => {
                let replayed = encode(&State::Replayed(id.clone()));
                if swap(ctx, kv, &key, (&bytes, &replayed)).await? {
                    return Ok(Redeemed::Replayed(GrantId::new(id)));
                }
            }
            State::Replayed(id) => return Ok(Redeemed::Replayed(GrantId::new(id))),
        }
    }
    Ok(Redeemed::Unknown)
}

/// Whether nobody presented the code again while it was being exchanged. If somebody did, what
/// was just made durable must end.
pub async fn settle(ctx: &Ctx, kv: &Kv, receipt: &Receipt) -> Result<bool> {
    let state = kv.get(&receipt.key, ctx.now).await?;
    Ok(state.is_none_or(|state| state == receipt.used))
}

async fn swap(ctx: &Ctx, kv: &Kv, key: &Key, change: (&[u8], &[u8])) -> Result<bool> {
    let (current, next) = change;
    // As long again as a code lives: a replay later than that finds nothing.
    Ok(kv.swap(key, Some(current), next, LIFETIME_SECONDS, ctx.now).await?)
}

fn encode(state: &State) -> Vec<u8> {
    serde_json::to_vec(state).expect("states are plain data")
}

fn key(ctx: &Ctx, code: &str) -> Key {
    Key::new(&ctx.app.id, "oauth_code", &sha256_hex(code))
}

#[cfg(test)]
mod tests;
