//! The messages that we write, under upstream's names.

use appconfig::authenticator::OobChannel;
use events::{Event, MessageChannel};
use serde::{Deserialize, Serialize};
use stdx::{Secret, Timestamp};

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Verification,
    SetupPrimary,
    SetupSecondary,
    AuthenticatePrimary,
    AuthenticateSecondary,
    ForgotPassword,
}

/// Who is written to, and who may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addressee {
    /// Somebody who is there, which is no secret: they are told when nothing can be sent.
    Known,
    /// Somebody who is there, which whoever asks must not learn.
    Hidden,
    /// Nobody, which whoever asks must not learn either: all is done that is done for somebody, but
    /// for the sending.
    Nobody,
}

/// What the person is to do with it.
#[derive(Clone, Debug)]
pub enum Content {
    /// Type it in.
    Code(Secret<String>),
    /// Follow it.
    Link { url: Secret<String>, code: Secret<String> },
}

/// One message to one person.
#[derive(Clone, Debug)]
pub struct Message {
    pub kind: Kind,
    pub channel: OobChannel,
    pub addressee: Addressee,
    /// An address, or a number in E.164.
    pub to: String,
    pub content: Content,
    /// The language to write in; one that the project has texts in.
    pub language: String,
    /// Whether the person has a password, for a message about a lost one.
    pub has_password: bool,
    /// When what is in it is worth nothing any more. Later it is not sent.
    pub expires_at: Timestamp,
}

impl Kind {
    /// What the audit log and custom gateways call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::SetupPrimary => "setup-primary-oob",
            Self::SetupSecondary => "setup-secondary-oob",
            Self::AuthenticatePrimary => "authenticate-primary-oob",
            Self::AuthenticateSecondary => "authenticate-secondary-oob",
            Self::ForgotPassword => "forgot-password",
        }
    }
}

impl Message {
    /// What the audit log calls it. `WhatsApp` has one message for every code.
    pub const fn type_name(&self) -> &'static str {
        match self.channel {
            OobChannel::Whatsapp => "whatsapp-code",
            OobChannel::Email | OobChannel::Sms => self.kind.as_str(),
        }
    }

    /// The stem of the names of its templates, and of the key of its subject with `-` for `_`.
    pub(crate) const fn stem(&self) -> &'static str {
        match (self.kind, &self.content) {
            (Kind::Verification, _) => "verification",
            (Kind::SetupPrimary, Content::Code(_)) => "setup_primary_oob",
            (Kind::SetupPrimary, Content::Link { .. }) => "setup_primary_login_link",
            (Kind::SetupSecondary, Content::Code(_)) => "setup_secondary_oob",
            (Kind::SetupSecondary, Content::Link { .. }) => "setup_secondary_login_link",
            (Kind::AuthenticatePrimary, Content::Code(_)) => "authenticate_primary_oob",
            (Kind::AuthenticatePrimary, Content::Link { .. }) => "authenticate_primary_login_link",
            (Kind::AuthenticateSecondary, Content::Code(_)) => "authenticate_secondary_oob",
            (Kind::AuthenticateSecondary, Content::Link { .. }) => {
                "authenticate_secondary_login_link"
            }
            (Kind::ForgotPassword, Content::Code(_)) => "forgot_password_oob",
            (Kind::ForgotPassword, Content::Link { .. }) => "forgot_password",
        }
    }

    pub(crate) fn code(&self) -> &str {
        match &self.content {
            Content::Code(code) | Content::Link { code, .. } => code.reveal(),
        }
    }

    pub(crate) fn link(&self) -> &str {
        match &self.content {
            Content::Code(_) => "",
            Content::Link { url, .. } => url.reveal(),
        }
    }

    /// The event that it went out.
    pub(crate) fn sent(&self, sender: String) -> Event {
        let (recipient, r#type) = (self.to.clone(), self.type_name().to_owned());
        Event::MessageSent { channel: self.event_channel(), sender, recipient, r#type }
    }

    /// The event that it did not.
    pub(crate) fn failed(&self, description: String) -> Event {
        let recipient = self.to.clone();
        Event::MessageFailed { channel: self.event_channel(), recipient, description }
    }

    /// The event that it was not to go out.
    pub(crate) fn suppressed(&self) -> Event {
        let (channel, recipient) = (self.event_channel(), self.to.clone());
        let (name, r#type) = (channel.as_str(), self.type_name());
        let description = format!("{name} ({type}) is suppressed in test mode");
        Event::MessageSuppressed { channel, recipient, description }
    }

    const fn event_channel(&self) -> MessageChannel {
        match self.channel {
            OobChannel::Email => MessageChannel::Email,
            OobChannel::Sms => MessageChannel::Sms,
            OobChannel::Whatsapp => MessageChannel::Whatsapp,
        }
    }
}
