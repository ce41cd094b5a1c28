//! Sending: limits first, then the outbox or whoever carries it, and an event for what became of it.
//!
//! What goes by the outbox is sent after the answer. That is every mail, because a mail server that
//! is slow or away is nobody's business but ours; and every message whose very existence would tell
//! who has an account. Other text messages are handed over at once, and a gateway's no is told.

use appconfig::authenticator::OobChannel;
use ctx::Ctx;
use events::{Event, Hooks, Sink as _, Source, record};
use kv::Kv;
use limits::{Charged, Exhausted, Limit, Subject};
use outbound::{Outbound, SmsRefusal, WhatsappRefusal};
use store::{Store, StoreError};

use crate::carrier::Carrier;
use crate::hand_over::{Failure, Taken, Ways, hand_over};
use crate::letter;
use crate::message::{Addressee, Message};
use crate::status;

/// What sending needs.
#[derive(Clone, Copy)]
pub struct Messenger<'a> {
    pub ctx: &'a Ctx,
    pub store: &'a Store,
    pub kv: &'a Kv,
    pub outbound: &'a Outbound,
    /// Text messages may go out by a script of the project.
    pub hooks: &'a Hooks,
}

/// What became of a message.
#[derive(Debug)]
#[must_use]
pub enum Delivery {
    /// Somebody took it, and may tell us later by its id what became of it.
    Sent {
        message_id: Option<String>,
    },
    /// It is in the outbox, and goes after the answer.
    Queued,
    /// By the project's or the installation's wish, it was not sent; nobody may notice.
    Suppressed,
    Refused(Undelivered),
}

/// Why a message did not go out. What had to be written down about it is committed.
#[derive(Debug)]
pub enum Undelivered {
    Exhausted(Exhausted),
    /// The gateway said no.
    Gateway(SmsRefusal),
    /// Meta said no.
    Whatsapp(WhatsappRefusal),
    /// Nobody could carry it. The log says more.
    Failed,
}

/// What stops a message without being an answer.
#[derive(Debug, thiserror::Error)]
pub enum MessagingError {
    #[error("the project has no secret to seal messages with")]
    Unsealable,
    #[error("the database did not answer")]
    Store(#[from] StoreError),
    #[error("the key-value store did not answer")]
    Kv(#[from] kv::KvError),
}

/// Sends a message, or sees to it that it is sent. Never call it while a transaction is open.
pub async fn send(
    via: Messenger<'_>,
    source: &Source,
    message: &Message,
) -> Result<Delivery, MessagingError> {
    let by_project = is_suppressed_by_project(via.ctx, message);
    if !by_project && let Err(exhausted) = charge(via, message).await? {
        return Ok(Delivery::Refused(Undelivered::Exhausted(exhausted)));
    }
    let is_suppressed = by_project || is_suppressed_by_plan(via.ctx, message);
    if message.channel == OobChannel::Email
        && !is_suppressed
        && !via.outbound.has_mail_server(via.ctx)
    {
        // So it is for everybody, and waiting would not change it.
        refuse(via, source, message, "there is no mail server".to_owned()).await?;
        return Ok(Delivery::Refused(Undelivered::Failed));
    }
    if message.addressee == Addressee::Nobody {
        return queue(via, source, message).await;
    }
    if is_suppressed {
        note(via, source, message.suppressed()).await?;
        return Ok(Delivery::Suppressed);
    }
    match message.channel {
        OobChannel::Email => queue(via, source, message).await,
        OobChannel::Sms | OobChannel::Whatsapp if message.addressee == Addressee::Hidden => {
            queue(via, source, message).await
        }
        OobChannel::Sms | OobChannel::Whatsapp => send_now(via, source, message).await,
    }
}

/// Puts the message into the outbox: one write, whoever it is for.
async fn queue(
    via: Messenger<'_>,
    source: &Source,
    message: &Message,
) -> Result<Delivery, MessagingError> {
    let payload = letter::write(via.ctx, message).ok_or(MessagingError::Unsealable)?;
    let sink = format!("{}{}", Carrier::KIND, message.channel.as_str());
    let mut tx = via.store.write(&via.ctx.app.id).await?;
    events::enqueue(via.ctx, &mut tx, source, (&sink, message.type_name()), payload).await?;
    tx.commit().await?;
    Ok(Delivery::Queued)
}

async fn send_now(
    via: Messenger<'_>,
    source: &Source,
    message: &Message,
) -> Result<Delivery, MessagingError> {
    let ways = Ways { ctx: via.ctx, outbound: via.outbound, hooks: via.hooks };
    match hand_over(ways, message).await {
        Ok(Taken { sender, message_id }) => {
            if let Some(message_id) = &message_id {
                status::expect(via.ctx, via.kv, message_id).await?;
            }
            note(via, source, message.sent(sender)).await?;
            Ok(Delivery::Sent { message_id })
        }
        Err(Failure { undelivered, description, .. }) => {
            refuse(via, source, message, description).await?;
            Ok(Delivery::Refused(undelivered))
        }
    }
}

/// Says in the log and in an event that a message was not sent.
async fn refuse(
    via: Messenger<'_>,
    source: &Source,
    message: &Message,
    description: String,
) -> Result<(), MessagingError> {
    let channel = message.channel.as_str();
    tracing::error!(channel, description, "a message was not sent");
    note(via, source, message.failed(description)).await
}

async fn note(via: Messenger<'_>, source: &Source, event: Event) -> Result<(), MessagingError> {
    let mut tx = via.store.write(&via.ctx.app.id).await?;
    record(via.ctx, &mut tx, source, event).await?;
    Ok(tx.commit().await?)
}

/// Takes one from the buckets of the channel. `WhatsApp` counts as a text message.
async fn charge(
    via: Messenger<'_>,
    message: &Message,
) -> Result<Result<(), Exhausted>, MessagingError> {
    let limit = match message.channel {
        OobChannel::Email => Limit::SendEmail,
        OobChannel::Sms | OobChannel::Whatsapp => Limit::SendSms,
    };
    let subject = Subject { target: Some(&message.to), ..Subject::default() };
    Ok(match limits::charge(via.ctx, via.kv, limit, subject).await? {
        // Messages cost money whether or not they are read: nothing is given back.
        Charged::Charged(_) => Ok(()),
        Charged::Exhausted(exhausted) => Err(exhausted),
    })
}

fn is_suppressed_by_project(ctx: &Ctx, message: &Message) -> bool {
    let rules = &ctx.app.config.test_mode;
    match message.channel {
        OobChannel::Email => rules.email.is_suppressed(&message.to),
        OobChannel::Sms => rules.sms.is_suppressed(&message.to),
        OobChannel::Whatsapp => rules.whatsapp.is_suppressed(&message.to),
    }
}

fn is_suppressed_by_plan(ctx: &Ctx, message: &Message) -> bool {
    let features = &ctx.app.features.test_mode;
    match message.channel {
        OobChannel::Email => features.email.suppressed,
        OobChannel::Sms => features.sms.suppressed,
        OobChannel::Whatsapp => features.whatsapp.suppressed,
    }
}
