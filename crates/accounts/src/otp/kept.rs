//! What is kept of a code while it may be used.

use appconfig::authenticator::OobChannel;
use ctx::Ctx;
use kv::{Key, Kv, KvError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stdx::{Timestamp, sha256_hex};

use super::{Asking, Form, Otp, Purpose};

/// One code. It never holds the code itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub digest: String,
    pub expires_at: i64,
    pub consumed: bool,
    /// Whether the link was followed and approved.
    pub approved: bool,
    /// Wrong guesses.
    pub failed: i64,
    pub room: Option<String>,
    /// By this the gateway tells what became of the message, if it does.
    #[serde(default)]
    pub message_id: Option<String>,
}

/// Where a link leads, for whoever follows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lookup {
    pub purpose: Purpose,
    pub channel: String,
    pub target: String,
    pub resume: Option<Value>,
}

impl Kept {
    pub fn new(ctx: &Ctx, otp: Otp<'_>, asking: Asking<'_>, code: &str) -> Self {
        Self {
            digest: digest(code),
            expires_at: ctx.now.plus_seconds(otp.lifetime_seconds(ctx)).0,
            consumed: false,
            approved: false,
            failed: 0,
            room: asking.room.map(str::to_owned),
            message_id: None,
        }
    }

    /// Whether the link that was asked for in `room` was approved.
    pub fn is_approved_for(&self, room: &str) -> bool {
        self.approved && self.room.as_deref() == Some(room)
    }

    pub async fn put(&self, ctx: &Ctx, kv: &Kv, otp: Otp<'_>) -> Result<(), KvError> {
        let ttl = otp.lifetime_seconds(ctx);
        kv.put_json(&key(ctx, otp.purpose, otp.target), self, ttl, ctx.now).await
    }

    /// The code, and the bytes by which it is swapped for a changed one.
    pub async fn find(
        ctx: &Ctx,
        kv: &Kv,
        otp: Otp<'_>,
    ) -> Result<Option<(Self, Vec<u8>)>, KvError> {
        let Some(bytes) = kv.get(&key(ctx, otp.purpose, otp.target), ctx.now).await? else {
            return Ok(None);
        };
        let kept: Self = serde_json::from_slice(&bytes).map_err(|_| KvError::Unreadable)?;
        Ok((Timestamp(kept.expires_at) > ctx.now).then_some((kept, bytes)))
    }

    /// Puts `self` in the place of `current`; false when somebody else was first.
    pub async fn swap(
        &self,
        ctx: &Ctx,
        kv: &Kv,
        otp: Otp<'_>,
        current: &[u8],
    ) -> Result<bool, KvError> {
        let next = serde_json::to_vec(self).map_err(|_| KvError::Unreadable)?;
        let ttl = Timestamp(self.expires_at).seconds_since(ctx.now).max(1);
        kv.swap(&key(ctx, otp.purpose, otp.target), Some(current), &next, ttl, ctx.now).await
    }
}

impl Lookup {
    pub fn otp(&self) -> Otp<'_> {
        let channel = match self.channel.as_str() {
            "sms" => OobChannel::Sms,
            "whatsapp" => OobChannel::Whatsapp,
            _ => OobChannel::Email,
        };
        Otp { purpose: self.purpose, form: Form::Link, channel, target: &self.target }
    }
}

/// Lets a link be found by its code alone.
pub(super) async fn put_lookup(
    ctx: &Ctx,
    kv: &Kv,
    otp: Otp<'_>,
    asking: Asking<'_>,
    code: &str,
) -> Result<(), KvError> {
    let lookup = Lookup {
        purpose: otp.purpose,
        channel: otp.channel.as_str().to_owned(),
        target: otp.target.to_owned(),
        resume: asking.resume.cloned(),
    };
    kv.put_json(&lookup_key(ctx, code), &lookup, otp.lifetime_seconds(ctx), ctx.now).await
}

pub(super) async fn find_lookup(ctx: &Ctx, kv: &Kv, code: &str) -> Result<Option<Lookup>, KvError> {
    kv.get_json(&lookup_key(ctx, code), ctx.now).await
}

pub(super) fn digest(code: &str) -> String {
    sha256_hex(code.trim())
}

fn key(ctx: &Ctx, purpose: Purpose, target: &str) -> Key {
    let id = format!("{} {}", purpose.as_str(), sha256_hex(target));
    Key::new(&ctx.app.id, "otp", &id)
}

fn lookup_key(ctx: &Ctx, code: &str) -> Key {
    Key::new(&ctx.app.id, "otp_link", &digest(code))
}
