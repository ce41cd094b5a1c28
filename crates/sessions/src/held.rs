//! What is good for one visit: whoever presents it first holds it, and may present it again.
//!
//! A page that is opened twice in one visit presents the same thing twice; somebody else who
//! comes by it is refused from the first time on.

use ctx::Ctx;
use kv::{Key, Kv, KvError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Result;

/// As long as a flow waits for its next answer.
const HELD_SECONDS: i64 = 20 * 60;

#[derive(Debug, Serialize, Deserialize)]
struct Held<T> {
    what: T,
    holder: Option<String>,
}

/// Keeps `what`, held by nobody.
pub async fn keep<T: Serialize + Sync + Send>(
    ctx: &Ctx,
    kv: &Kv,
    key: &Key,
    what: T,
    lifetime_seconds: i64,
) -> Result<()> {
    let held = Held { what, holder: None };
    Ok(kv.put_json(key, &held, lifetime_seconds, ctx.now).await?)
}

/// Uses it up. What somebody holds is gone for everybody else.
pub async fn take<T: DeserializeOwned>(ctx: &Ctx, kv: &Kv, key: &Key) -> Result<Option<T>> {
    let held: Option<Held<T>> = kv.take_json(key, ctx.now).await?;
    Ok(held.filter(|it| it.holder.is_none()).map(|it| it.what))
}

/// Takes hold of it for `holder`, or finds that they hold it already.
pub async fn hold<T: Serialize + DeserializeOwned>(
    ctx: &Ctx,
    kv: &Kv,
    key: &Key,
    holder: &str,
) -> Result<Option<T>> {
    let Some(found) = kv.get(key, ctx.now).await? else { return Ok(None) };
    let held: Held<T> = serde_json::from_slice(&found).map_err(|_| KvError::Unreadable)?;
    if let Some(by) = &held.holder {
        return Ok((by == holder).then_some(held.what));
    }
    let next = Held { what: held.what, holder: Some(holder.to_owned()) };
    let text = serde_json::to_vec(&next).map_err(|_| KvError::Unreadable)?;
    // Of two who come at once, one holds it.
    let is_first = kv.swap(key, Some(&found), &text, HELD_SECONDS, ctx.now).await?;
    Ok(is_first.then_some(next.what))
}

#[cfg(test)]
mod tests;
