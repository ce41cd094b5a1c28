//! Text messages, by the gateway that the project or the installation has.
//!
//! A gateway that says no has answered: that is an outcome, with upstream's word for the kind of
//! no. A gateway that is a script of the project is not called here: the caller runs it, and has
//! [`judge`] read what it returned.

mod custom;
mod nexmo;
mod select;
mod twilio;

use appconfig::messaging::SmsProvider;
use ctx::Ctx;
use serde::Serialize;

pub use custom::{ScriptCall, judge};

use self::select::{Gateway, select};
use crate::Outbound;
use crate::http::{Bounds, HttpError};
use crate::kept::{Channel, KeptMessage};
use crate::webhook::WebhookError;

/// Gateways queue what they take, so an answer comes at once or not at all.
const BOUNDS: Bounds = Bounds::new(5, 64 * 1024);

/// A text message to one person. It prints without what it says, which is a code more often than
/// not.
#[derive(Clone, PartialEq, Eq)]
pub struct Sms {
    /// E.164.
    pub to: String,
    /// Used where the gateway has no sender of its own.
    pub sender: String,
    pub text: String,
    /// Which of our texts it is, such as `verification_sms.txt`; for custom gateways.
    pub template_name: String,
    /// BCP 47.
    pub language: String,
    pub variables: TemplateVariables,
}

/// What the text was made of; for custom gateways that have templates of their own.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub struct TemplateVariables {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub app_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub email: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_password: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub link: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub password: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phone: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ui_locales: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub x_state: String,
}

impl std::fmt::Debug for Sms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { to, template_name, .. } = self;
        let mut shown = f.debug_struct("Sms");
        shown.field("to", to).field("template_name", template_name).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for TemplateVariables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TemplateVariables")
    }
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub enum SmsOutcome {
    Sent,
    Refused(SmsRefusal),
    /// The gateway is a script of the project, for the caller to run.
    Script(ScriptCall),
}

/// A gateway's no, with what it says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsRefusal {
    pub kind: SmsRefusalKind,
    pub provider: SmsProvider,
    /// The gateway's own code.
    pub code: String,
    /// Who is behind a custom gateway, if it says so.
    pub provider_name: String,
    /// A custom gateway's sentence for people.
    pub description: String,
}

/// The kinds of no that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsRefusalKind {
    InvalidPhoneNumber,
    RateLimited,
    AuthenticationFailed,
    DeliveryRejected,
    UnsupportedRequest,
    Timeout,
    Unknown,
}

/// Why a message was not handed to a gateway.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    #[error("there is no gateway for text messages")]
    NotConfigured,
    #[error("there is more than one gateway for text messages, and none is chosen")]
    Ambiguous,
    #[error("the gateway gave no answer")]
    Gateway(#[from] HttpError),
    #[error("the custom gateway gave no answer")]
    Custom(#[from] WebhookError),
}

impl SmsRefusalKind {
    /// The stable word for it. A refusal without one is our failure in the eyes of a client.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::InvalidPhoneNumber => Some("SMSGatewayInvalidPhoneNumber"),
            Self::RateLimited => Some("SMSGatewayRateLimited"),
            Self::AuthenticationFailed => Some("SMSGatewayAuthenticationFailed"),
            Self::DeliveryRejected => Some("SMSGatewayDeliveryRejected"),
            Self::UnsupportedRequest => Some("SMSGatewayUnsupportedRequest"),
            Self::Timeout => Some("SMSGatewayTimeout"),
            Self::Unknown => None,
        }
    }
}

impl SmsRefusal {
    fn new(provider: SmsProvider, kind: SmsRefusalKind, code: &str) -> Self {
        Self {
            kind,
            provider,
            code: code.to_owned(),
            provider_name: String::new(),
            description: String::new(),
        }
    }
}

impl Outbound {
    /// Hands a message to the gateway, or keeps it where messages are kept.
    pub async fn send_sms(&self, ctx: &Ctx, sms: &Sms) -> Result<SmsOutcome, SmsError> {
        if let Some(kept) = &self.0.kept {
            let sender = Some(sms.sender.clone()).filter(|it| !it.is_empty());
            let message = KeptMessage::new(Channel::Sms, &sms.to, &sms.text);
            kept.keep(ctx, KeptMessage { sender, ..message });
            return Ok(SmsOutcome::Sent);
        }
        let app = &ctx.app;
        match select(&app.config.messaging, &app.secrets, &self.0.settings.sms)? {
            Gateway::Twilio(credentials) => self.send_by_twilio(credentials, sms).await,
            Gateway::Nexmo(credentials) => self.send_by_nexmo(credentials, sms).await,
            Gateway::Custom(gateway) => self.send_by_custom(ctx, gateway, sms).await,
        }
    }
}

#[cfg(test)]
mod tests;
