//! Everything that we call: mail, text messages, bot protection, hooks, identity providers, and
//! what others publish.
//!
//! [`Outbound`] is made once, from the settings of the process, and is cheap to clone. Each call
//! says what became of it: an answer that is a refusal of theirs is a value, and an error means
//! that there was no answer. Retrying, telling the person and recording events are the
//! caller's. Never call any of it while a transaction is open.

mod bot_protection;
mod documents;
mod fetch;
mod http;
pub mod idp;
mod kept;
mod ldap;
mod logout;
mod mail;
mod settings;
mod sms;
mod trust;
mod webhook;
pub mod whatsapp;

use std::sync::Arc;

pub use bot_protection::{BotProtectionError, Verdict};
pub use documents::SignedElsewhere;
pub use fetch::{Fetch, FetchError, Fetched, Redirects};
pub use http::HttpError;
pub use kept::{Channel, KeptMessage};
pub use ldap::{LdapEntry, LdapError, LdapOutcome};
pub use logout::LogoutError;
pub use mail::{Mail, MailError};
pub use settings::{
    CustomSmsCredentials, Endpoints, EnvironmentSms, NexmoCredentials, Settings, SettingsError,
    SmsDefaults, SmsProvider, SmsSource, SmtpMode, SmtpServer, TwilioCredentialType,
    TwilioCredentials, WhatsappApiType,
};
pub use sms::{
    ScriptCall, Sms, SmsError, SmsOutcome, SmsRefusal, SmsRefusalKind, TemplateVariables,
    judge as judge_sms_script,
};
pub use webhook::WebhookError;
pub use whatsapp::{WhatsappCode, WhatsappError, WhatsappOutcome, WhatsappRefusal};

use crate::documents::Documents;
use crate::http::Http;
use crate::kept::Kept;
use crate::ldap::Directories;
use crate::mail::Transports;

/// The way out. Clones share connections and what is kept.
#[derive(Clone)]
pub struct Outbound(Arc<Parts>);

struct Parts {
    settings: Settings,
    http: Http,
    transports: Transports,
    documents: Documents,
    directories: Directories,
    kept: Option<Kept>,
}

impl Outbound {
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        Ok(Self(Arc::new(Parts {
            http: Http::new(&settings)?,
            transports: Transports::new(&settings)?,
            documents: Documents::default(),
            directories: Directories::new(&settings)?,
            kept: settings.keeps_messages.then(Kept::default),
            settings,
        })))
    }

    /// For tests: messages are kept and nothing else leaves, since every endpoint is a port on
    /// which nobody listens.
    pub fn recording() -> Self {
        let settings = Settings {
            keeps_messages: true,
            endpoints: Endpoints::nowhere(),
            ..Settings::default()
        };
        Self::new(settings).expect("nothing in these settings can be wrong")
    }

    /// The messages of a project that were kept instead of sent, newest first.
    pub fn kept(&self, app: &domain::AppId) -> Vec<KeptMessage> {
        self.0.kept.as_ref().map(|kept| kept.list(app)).unwrap_or_default()
    }
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outbound")
    }
}

#[cfg(test)]
mod fake;
