//! Handing a message to whoever carries it.

use appconfig::authenticator::OobChannel;
use ctx::Ctx;
use events::Hooks;
use outbound::{Mail, Outbound, Sms, SmsOutcome, WhatsappCode, WhatsappOutcome};
use stdx::Secret;

use crate::compose;
use crate::message::Message;
use crate::send::Undelivered;

/// The ways out.
#[derive(Clone, Copy)]
pub struct Ways<'a> {
    pub ctx: &'a Ctx,
    pub outbound: &'a Outbound,
    /// Text messages may go out by a script of the project.
    pub hooks: &'a Hooks,
}

/// A message that somebody took.
pub struct Taken {
    /// What the event says of who wrote.
    pub sender: String,
    /// By this the carrier tells us later what became of it, if it does.
    pub message_id: Option<String>,
}

/// Why nobody took it.
pub struct Failure {
    pub undelivered: Undelivered,
    /// For the event and the log. Nothing secret is in it.
    pub description: String,
    /// Whether the same message may well be taken later.
    pub is_temporary: bool,
}

/// Writes the message in words and hands it over. Never call it while a transaction is open.
pub async fn hand_over(ways: Ways<'_>, message: &Message) -> Result<Taken, Failure> {
    match message.channel {
        OobChannel::Email => mail(ways, message).await,
        OobChannel::Sms => sms(ways, message).await,
        OobChannel::Whatsapp => whatsapp(ways, message).await,
    }
}

async fn mail(ways: Ways<'_>, message: &Message) -> Result<Taken, Failure> {
    let ctx = ways.ctx;
    let written = compose::mail(ctx, message).map_err(|error| Failure::for_good(&error))?;
    let from = compose::text(ctx, &message.language, "email.default.sender");
    let reply_to = compose::text(ctx, &message.language, "email.default.reply-to");
    let mail = Mail {
        // The entry that is being delivered: a server that gets it twice can tell.
        id: ctx.request_id.clone(),
        from: from.clone(),
        reply_to: Some(reply_to).filter(|it| !it.is_empty()),
        to: message.to.clone(),
        subject: written.subject,
        text: written.text,
        html: Some(written.html),
    };
    match ways.outbound.send_mail(ctx, &mail).await {
        Ok(()) => Ok(Taken { sender: from, message_id: None }),
        Err(error) => {
            Err(Failure { is_temporary: error.is_temporary(), ..Failure::for_good(&error) })
        }
    }
}

async fn sms(ways: Ways<'_>, message: &Message) -> Result<Taken, Failure> {
    let ctx = ways.ctx;
    let sender = compose::text(ctx, &message.language, "sms.default.sender");
    let sms = Sms {
        to: message.to.clone(),
        sender: sender.clone(),
        text: compose::sms(ctx, message).map_err(|error| Failure::for_good(&error))?,
        template_name: compose::sms_template(message),
        language: message.language.clone(),
        variables: compose::variables(ctx, message),
    };
    match ways.hooks.send_sms(ctx, &sms).await {
        Ok(SmsOutcome::Sent) => Ok(Taken { sender, message_id: None }),
        Ok(SmsOutcome::Refused(refusal)) => {
            let description = format!("{:?}: {}", refusal.kind, refusal.code);
            Err(Failure::of(Undelivered::Gateway(refusal), description))
        }
        // Scripts were run by then.
        Ok(SmsOutcome::Script(_)) => {
            let description = "a script cannot hand on to another".to_owned();
            Err(Failure::of(Undelivered::Failed, description))
        }
        Err(error) => Err(Failure::for_good(&error)),
    }
}

/// Meta chose the template and the sender: we only have the code.
async fn whatsapp(ways: Ways<'_>, message: &Message) -> Result<Taken, Failure> {
    let code = WhatsappCode {
        to: message.to.clone(),
        code: Secret::new(message.code().to_owned()),
        language: message.language.clone(),
    };
    match ways.outbound.send_whatsapp(ways.ctx, &code).await {
        Ok(WhatsappOutcome::Taken { message_id }) => {
            Ok(Taken { sender: String::new(), message_id })
        }
        Ok(WhatsappOutcome::Refused(refusal)) => {
            Err(Failure::of(Undelivered::Whatsapp(refusal), format!("{refusal:?}")))
        }
        Err(error) => Err(Failure::for_good(&error)),
    }
}

impl Failure {
    fn of(undelivered: Undelivered, description: String) -> Self {
        Self { undelivered, description, is_temporary: false }
    }

    fn for_good(error: &dyn std::error::Error) -> Self {
        Self::of(Undelivered::Failed, with_causes(error))
    }
}

/// The sentence with its causes. Errors of `outbound` and of templates name no secrets.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut description = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        description = format!("{description}: {error}");
        cause = error.source();
    }
    description
}
