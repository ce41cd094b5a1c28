//! Rooms: where whoever asked for a link waits until it is approved, in this process or another.
//!
//! A room stands open as long as its link may be followed. What happens in it is announced to every
//! node; whoever hears of it looks for themselves, so nothing depends on a message arriving twice
//! or by whom it was sent.

use ctx::Ctx;
use kv::{Key, Kv, KvError, Subscription};
use serde::{Deserialize, Serialize};
use stdx::sha256_hex;

const CHANNEL: &str = "authwarden:otp:approved";

/// How a room stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomStanding {
    /// The link was sent and not approved yet.
    Waiting,
    Approved,
}

/// News of a room, somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomNews {
    pub app: String,
    pub room: String,
}

/// How the room stands; `None` when there is none, or not any more.
pub async fn find(ctx: &Ctx, kv: &Kv, room: &str) -> Result<Option<RoomStanding>, KvError> {
    kv.get_json(&key(ctx, room), ctx.now).await
}

/// Hears of every room from now on.
pub async fn listen(kv: &Kv) -> Result<Subscription, KvError> {
    kv.subscribe(CHANNEL).await
}

/// What a message says; nothing when another version of the program wrote it.
pub fn read(message: &[u8]) -> Option<RoomNews> {
    serde_json::from_slice(message).ok()
}

/// Opens the room for as long as its link lasts.
pub(super) async fn open(
    ctx: &Ctx,
    kv: &Kv,
    room: &str,
    lifetime_seconds: i64,
) -> Result<(), KvError> {
    let standing = RoomStanding::Waiting;
    kv.put_json(&key(ctx, room), &standing, lifetime_seconds, ctx.now).await
}

/// Says that the link was approved. Whoever comes later finds it, too.
pub(super) async fn approve(
    ctx: &Ctx,
    kv: &Kv,
    room: &str,
    lifetime_seconds: i64,
) -> Result<(), KvError> {
    let standing = RoomStanding::Approved;
    kv.put_json(&key(ctx, room), &standing, lifetime_seconds, ctx.now).await?;
    let news = RoomNews { app: ctx.app.id.as_str().to_owned(), room: room.to_owned() };
    let message = serde_json::to_vec(&news).map_err(|_| KvError::Unreadable)?;
    if let Err(error) = kv.publish(CHANNEL, &message).await {
        // The link is approved all the same: whoever waits can ask.
        tracing::warn!(%error, "an approved link could not be announced");
    }
    Ok(())
}

fn key(ctx: &Ctx, room: &str) -> Key {
    Key::new(&ctx.app.id, "otp_room", &sha256_hex(room))
}
