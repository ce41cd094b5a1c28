//! The messages that we write, under upstream's names.

use appconfig::authenticator::OobChannel;
use stdx::Secret;

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Verification,
    SetupPrimary,
    SetupSecondary,
    AuthenticatePrimary,
    AuthenticateSecondary,
    ForgotPassword,
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
    /// An address, or a number in E.164.
    pub to: String,
    pub content: Content,
    /// The language to write in; one that the project has texts in.
    pub language: String,
    /// Whether the person has a password, for a message about a lost one.
    pub has_password: bool,
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
}
