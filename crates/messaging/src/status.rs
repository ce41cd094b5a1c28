//! What became of messages that were taken: only WhatsApp says.
//!
//! Meta answers that it took a message, and tells a webhook later whether it arrived. What it tells
//! is kept under its id of the message; what is asked is asked by that id.

use appconfig::authenticator::OobChannel;
use ctx::Ctx;
use events::{Event, MessageChannel, Source, TriggeredBy, record};
use kv::{Key, Kv, KvError};
use outbound::whatsapp::delivery::{self, Delivery, DeliveryState};
use serde::{Deserialize, Serialize};
use stdx::{Timestamp, sha256_hex};
use store::Store;

use crate::send::MessagingError;

/// Nobody asks about a code after that.
const KEPT_SECONDS: i64 = 3_600;

/// How often a swap is tried again. Meta tells one message's states one after another.
const SWAPS_MAX: usize = 4;

/// How a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Sending,
    Sent,
    /// It will not arrive, and why.
    Failed(Undeliverable),
}

/// Why a message does not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undeliverable {
    /// The number cannot be reached by `WhatsApp`.
    Unreachable,
    /// Meta failed, for a reason of its own.
    Unexpected,
    /// Meta has said nothing for longer than the project waits.
    Silent,
}

/// A message that a gateway took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    state: Option<State>,
    /// Known once it is known that the message is ours, and not that of another installation which
    /// shares the number.
    sent_at: Option<i64>,
}

/// In the order in which they come; a later one is never undone by an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Accepted,
    Sent,
    Delivered,
    Read,
    Failed,
    Undeliverable,
}

impl Undeliverable {
    /// The stable word for it.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Unreachable => "WhatsappUndeliverable",
            Self::Unexpected => "UnexpectedWhatsappMessageStatusError",
            Self::Silent => "WhatsappMessageStatusCallbackTimeout",
        }
    }
}

/// Notes that a message was taken under an id, so that what is told of it finds it.
pub async fn expect(ctx: &Ctx, kv: &Kv, message_id: &str) -> Result<(), KvError> {
    let sent_at = Some(ctx.now.0);
    change(ctx, kv, message_id, |kept| Kept { sent_at, ..kept }).await.map(|_| ())
}

/// Notes what Meta tells. What fails is an event, once.
pub async fn tell(
    ctx: &Ctx,
    store: &Store,
    kv: &Kv,
    told: &Delivery,
) -> Result<(), MessagingError> {
    let state = state_of(told.state);
    let before = change(ctx, kv, &told.message_id, |kept| Kept {
        state: kept.state.max(Some(state)),
        ..kept
    });
    let before = before.await?;
    let Some(reason) = told.state.reason() else { return Ok(()) };
    if before.sent_at.is_none() || before.state.is_some_and(|it| it >= State::Failed) {
        return Ok(());
    }
    let description = match told.state {
        DeliveryState::Failed { code } => format!("{reason}: {code}"),
        _ => reason.to_owned(),
    };
    tracing::error!(channel = "whatsapp", description, "a message did not arrive");
    let (channel, recipient) = (MessageChannel::Whatsapp, told.recipient.clone());
    let source = Source { triggered_by: TriggeredBy::System, ..Source::default() };
    let mut tx = store.write(&ctx.app.id).await?;
    let event = Event::MessageFailed { channel, recipient, description };
    record(ctx, &mut tx, &source, event).await?;
    Ok(tx.commit().await?)
}

/// How the message stands that was taken under `message_id`; without one nobody will ever tell.
pub async fn standing(
    ctx: &Ctx,
    kv: &Kv,
    channel: OobChannel,
    message_id: Option<&str>,
) -> Result<Standing, KvError> {
    let is_told = channel == OobChannel::Whatsapp && delivery::is_configured(&ctx.app.secrets);
    let Some(message_id) = message_id.filter(|_| is_told) else { return Ok(Standing::Sent) };
    let kept: Kept = kv.get_json(&key(ctx, message_id), ctx.now).await?.unwrap_or_default();
    Ok(match kept.state {
        Some(State::Undeliverable) => Standing::Failed(Undeliverable::Unreachable),
        Some(State::Failed) => Standing::Failed(Undeliverable::Unexpected),
        Some(State::Sent | State::Delivered | State::Read) => Standing::Sent,
        None if is_overdue(ctx, kept.sent_at) => Standing::Failed(Undeliverable::Silent),
        Some(State::Accepted) | None => Standing::Sending,
    })
}

fn is_overdue(ctx: &Ctx, sent_at: Option<i64>) -> bool {
    let timeout = &ctx.app.config.messaging.whatsapp.message_sent_callback_timeout;
    let seconds = i64::try_from(timeout.as_duration().as_secs()).unwrap_or(i64::MAX);
    sent_at.is_none_or(|it| Timestamp(it).plus_seconds(seconds) <= ctx.now)
}

/// Changes what is kept; what there was before.
async fn change(
    ctx: &Ctx,
    kv: &Kv,
    message_id: &str,
    next: impl Fn(Kept) -> Kept,
) -> Result<Kept, KvError> {
    let key = key(ctx, message_id);
    for _ in 0..SWAPS_MAX {
        let current = kv.get(&key, ctx.now).await?;
        let before: Kept = match &current {
            Some(bytes) => serde_json::from_slice(bytes).map_err(|_| KvError::Unreadable)?,
            None => Kept::default(),
        };
        let after = serde_json::to_vec(&next(before.clone())).map_err(|_| KvError::Unreadable)?;
        if kv.swap(&key, current.as_deref(), &after, KEPT_SECONDS, ctx.now).await? {
            return Ok(before);
        }
    }
    // Too many tell of one message at once. Whoever tells is told so, and tells it again.
    Err(KvError::Contended)
}

const fn state_of(told: DeliveryState) -> State {
    match told {
        DeliveryState::Accepted => State::Accepted,
        DeliveryState::Sent => State::Sent,
        DeliveryState::Delivered => State::Delivered,
        DeliveryState::Read => State::Read,
        DeliveryState::Failed { .. } => State::Failed,
        DeliveryState::Undeliverable => State::Undeliverable,
    }
}

/// A digest, because Meta chooses the id and its length.
fn key(ctx: &Ctx, message_id: &str) -> Key {
    Key::new(&ctx.app.id, "whatsapp_message", &sha256_hex(message_id))
}
