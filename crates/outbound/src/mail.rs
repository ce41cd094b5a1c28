//! Mail, by SMTP.
//!
//! The server is the project's, or the installation's when the project has none. Connections to
//! each server are pooled.

mod transports;

use std::time::{Duration, SystemTime};

use ctx::Ctx;
use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncTransport as _, Message};

pub(crate) use transports::Transports;

use crate::Outbound;
use crate::kept::{Channel, KeptMessage};
use crate::settings::SmtpServer;

/// From the first byte to the server's last word. Servers that check what they take are slow,
/// but a person may be waiting for the outcome.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// A mail to one person. It prints without what it says, which is a code more often than not.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its own among all mails, and the same when it is sent again.
    pub id: String,
    /// An address, with or without a name. A server with a sender of its own has its way.
    pub from: String,
    pub reply_to: Option<String>,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("to", &self.to).finish_non_exhaustive()
    }
}

/// Why a mail has not been handed over.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("there is no mail server")]
    NotConfigured,
    #[error("{0} is not a mail address")]
    BadAddress(&'static str),
    #[error("the mail cannot be put together")]
    Unwritable(#[source] lettre::error::Error),
    /// For good: trying again gives the same answer.
    #[error("the mail server refused")]
    Refused(#[source] lettre::transport::smtp::Error),
    /// For now.
    #[error("the mail server cannot take it")]
    Unavailable(#[source] lettre::transport::smtp::Error),
    #[error("the mail server did not answer in time")]
    Timeout,
}

impl MailError {
    /// Whether the same mail may well be taken later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unavailable(_) | Self::Timeout => true,
            Self::NotConfigured | Self::BadAddress(_) | Self::Unwritable(_) | Self::Refused(_) => {
                false
            }
        }
    }
}

impl Outbound {
    /// Hands a mail to the server, or keeps it where messages are kept.
    pub async fn send_mail(&self, ctx: &Ctx, mail: &Mail) -> Result<(), MailError> {
        if let Some(kept) = &self.0.kept {
            kept.keep(ctx, kept_mail(mail));
            return Ok(());
        }
        let server = self.mail_server(ctx).ok_or(MailError::NotConfigured)?;
        let message = compose(ctx, mail, &server)?;
        let sending = self.send_by(&server, message);
        tokio::time::timeout(SEND_TIMEOUT, sending).await.map_err(|_| MailError::Timeout)?
    }

    /// Whether mail can be sent at all, or kept.
    pub fn has_mail_server(&self, ctx: &Ctx) -> bool {
        self.0.kept.is_some() || self.mail_server(ctx).is_some()
    }

    async fn send_by(&self, server: &SmtpServer, message: Message) -> Result<(), MailError> {
        let transport = self.0.transports.find(server, true)?;
        let mut outcome = transport.send(message.clone()).await;
        if !server.username.is_empty()
            && outcome.as_ref().is_err_and(lettre::transport::smtp::Error::is_client)
        {
            // A server that does not offer to authenticate wants no password.
            outcome = self.0.transports.find(server, false)?.send(message).await;
        }
        match outcome {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(MailError::Refused(error)),
            Err(error) if error.is_timeout() => Err(MailError::Timeout),
            Err(error) => Err(MailError::Unavailable(error)),
        }
    }

    /// The project's server, else the installation's.
    fn mail_server(&self, ctx: &Ctx) -> Option<SmtpServer> {
        let Some(own) = &ctx.app.secrets.smtp else { return self.0.settings.smtp.clone() };
        Some(SmtpServer {
            host: own.host.clone(),
            port: u16::try_from(own.port).ok()?,
            mode: own.mode,
            username: own.username.clone(),
            password: own.password.clone(),
            sender: own.sender.clone().filter(|it| !it.is_empty()),
        })
    }
}

fn compose(ctx: &Ctx, mail: &Mail, server: &SmtpServer) -> Result<Message, MailError> {
    let from = mailbox("from", server.sender.as_ref().unwrap_or(&mail.from))?;
    let id = format!("<{}@{}>", mail.id, from.email.domain());
    let seconds = u64::try_from(ctx.now.seconds()).unwrap_or_default();
    let mut builder = Message::builder()
        .from(from)
        .to(mailbox("to", &mail.to)?)
        .subject(&mail.subject)
        .message_id(Some(id))
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    if let Some(reply_to) = &mail.reply_to {
        builder = builder.reply_to(mailbox("reply_to", reply_to)?);
    }
    let text = mail.text.clone();
    let message = match &mail.html {
        Some(html) => builder.multipart(MultiPart::alternative_plain_html(text, html.clone())),
        None => builder.singlepart(lettre::message::SinglePart::plain(text)),
    };
    message.map_err(MailError::Unwritable)
}

fn mailbox(field: &'static str, address: &str) -> Result<Mailbox, MailError> {
    let bad = MailError::BadAddress(field);
    if let Ok(mailbox) = address.parse() {
        return Ok(mailbox);
    }
    // People write names without quoting what has to be quoted (RFC 5322 §3.2.4).
    let parts = address.trim().strip_suffix('>').and_then(|it| it.rsplit_once('<'));
    match parts.map(|(name, address)| (name.trim().trim_matches('"'), address.parse())) {
        Some((name, Ok(address))) if !name.chars().any(char::is_control) => {
            Ok(Mailbox::new(Some(name.to_owned()), address))
        }
        _ => Err(bad),
    }
}

fn kept_mail(mail: &Mail) -> KeptMessage {
    KeptMessage {
        subject: Some(mail.subject.clone()),
        sender: Some(mail.from.clone()),
        html: mail.html.clone(),
        ..KeptMessage::new(Channel::Email, &mail.to, &mail.text)
    }
}

#[cfg(test)]
mod tests;
