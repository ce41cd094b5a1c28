//! Sending: limits first, then whoever carries it, and an event for what became of it.

use appconfig::authenticator::OobChannel;
use ctx::Ctx;
use events::{Event, Hooks, MessageChannel, Source, record};
use kv::Kv;
use limits::{Charged, Exhausted, Limit, Subject};
use outbound::{
    Mail, MailError, Outbound, Sms, SmsError, SmsOutcome, SmsRefusal, WhatsappCode,
    WhatsappOutcome, WhatsappRefusal,
};
use stdx::Secret;
use store::{Store, StoreError};

use crate::compose;
use crate::message::Message;

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
    Sent,
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
    #[error("the message cannot be written")]
    Template(#[from] minijinja::Error),
    #[error("the database did not answer")]
    Store(#[from] StoreError),
    #[error("the key-value store did not answer")]
    Kv(#[from] kv::KvError),
}

/// Sends a message. Never call it while a transaction is open.
pub async fn send(
    via: Messenger<'_>,
    source: &Source,
    message: &Message,
) -> Result<Delivery, MessagingError> {
    if is_suppressed_by_project(via.ctx, message) {
        return suppressed(via, source, message).await;
    }
    if let Err(exhausted) = charge(via, message).await? {
        return Ok(Delivery::Refused(Undelivered::Exhausted(exhausted)));
    }
    if is_suppressed_by_plan(via.ctx, message) {
        return suppressed(via, source, message).await;
    }
    let (sender, outcome) = match message.channel {
        OobChannel::Email => mail(via, message).await?,
        OobChannel::Sms => sms(via, message).await?,
        OobChannel::Whatsapp => whatsapp(via, message).await,
    };
    let channel = channel_of(message.channel);
    let recipient = message.to.clone();
    match outcome {
        Ok(()) => {
            let r#type = message.type_name().to_owned();
            let event = Event::MessageSent { channel, sender, recipient, r#type };
            note(via, source, event).await?;
            Ok(Delivery::Sent)
        }
        Err((undelivered, description)) => {
            tracing::error!(channel = channel.as_str(), description, "a message was not sent");
            note(via, source, Event::MessageFailed { channel, recipient, description }).await?;
            Ok(Delivery::Refused(undelivered))
        }
    }
}

/// Whether it went out, or why not and what the event says of it.
type Outcome = Result<(), (Undelivered, String)>;

async fn mail(via: Messenger<'_>, message: &Message) -> Result<(String, Outcome), MessagingError> {
    let ctx = via.ctx;
    let written = compose::mail(ctx, message)?;
    let from = compose::text(ctx, &message.language, "email.default.sender");
    let reply_to = compose::text(ctx, &message.language, "email.default.reply-to");
    let mail = Mail {
        from: from.clone(),
        reply_to: Some(reply_to).filter(|it| !it.is_empty()),
        to: message.to.clone(),
        subject: written.subject,
        text: written.text,
        html: Some(written.html),
    };
    let sent = via.outbound.send_mail(ctx, &mail).await;
    Ok((from, sent.map_err(|error| (Undelivered::Failed, mail_description(&error)))))
}

async fn sms(via: Messenger<'_>, message: &Message) -> Result<(String, Outcome), MessagingError> {
    let ctx = via.ctx;
    let sender = compose::text(ctx, &message.language, "sms.default.sender");
    let sms = Sms {
        to: message.to.clone(),
        sender: sender.clone(),
        text: compose::sms(ctx, message)?,
        template_name: compose::sms_template(message),
        language: message.language.clone(),
        variables: compose::variables(ctx, message),
    };
    let outcome = match via.hooks.send_sms(ctx, &sms).await {
        Ok(SmsOutcome::Sent) => Ok(()),
        Ok(SmsOutcome::Refused(refusal)) => {
            let description = format!("{:?}: {}", refusal.kind, refusal.code);
            Err((Undelivered::Gateway(refusal), description))
        }
        // Scripts were run by then.
        Ok(SmsOutcome::Script(_)) => {
            Err((Undelivered::Failed, "a script cannot hand on to another".to_owned()))
        }
        Err(error) => Err((Undelivered::Failed, sms_description(&error))),
    };
    Ok((sender, outcome))
}

/// Meta chose the template and the sender: we only have the code.
async fn whatsapp(via: Messenger<'_>, message: &Message) -> (String, Outcome) {
    let code = WhatsappCode {
        to: message.to.clone(),
        code: Secret::new(message.code().to_owned()),
        language: message.language.clone(),
    };
    let outcome = match via.outbound.send_whatsapp(via.ctx, &code).await {
        Ok(WhatsappOutcome::Taken { .. }) => Ok(()),
        Ok(WhatsappOutcome::Refused(refusal)) => {
            let description = format!("{refusal:?}");
            Err((Undelivered::Whatsapp(refusal), description))
        }
        Err(error) => Err((Undelivered::Failed, with_causes(&error))),
    };
    (String::new(), outcome)
}

async fn suppressed(
    via: Messenger<'_>,
    source: &Source,
    message: &Message,
) -> Result<Delivery, MessagingError> {
    let channel = channel_of(message.channel);
    let recipient = message.to.clone();
    let description =
        format!("{} ({}) is suppressed in test mode", channel.as_str(), message.type_name());
    note(via, source, Event::MessageSuppressed { channel, recipient, description }).await?;
    Ok(Delivery::Suppressed)
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

const fn channel_of(channel: OobChannel) -> MessageChannel {
    match channel {
        OobChannel::Email => MessageChannel::Email,
        OobChannel::Sms => MessageChannel::Sms,
        OobChannel::Whatsapp => MessageChannel::Whatsapp,
    }
}

fn mail_description(error: &MailError) -> String {
    with_causes(error)
}

fn sms_description(error: &SmsError) -> String {
    with_causes(error)
}

/// The sentence with its causes. Errors of `outbound` name no secrets.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut description = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        description = format!("{description}: {error}");
        cause = error.source();
    }
    description
}
