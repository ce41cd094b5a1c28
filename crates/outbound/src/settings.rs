//! What the process is told about the world outside: proxies, roots of trust, gateways that
//! every project may use, and where the fixed endpoints are.

use std::path::PathBuf;

pub use appconfig::messaging::{SmsGatewaySource as SmsSource, SmsProvider, WhatsappApiType};
pub use appconfig::secrets::{
    CustomSmsCredentials, NexmoCredentials, SmtpMode, TwilioCredentialType, TwilioCredentials,
};
use ipnet::IpNet;
use stdx::Secret;

/// Everything about the outside that is not a project's.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Messages are kept in memory instead of being sent.
    pub keeps_messages: bool,
    /// An HTTP proxy for whatever speaks HTTP.
    pub proxy: Option<String>,
    /// Certificates (PEM) that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Addresses that projects may have us call although they are not public.
    pub allowed: Vec<IpNet>,
    /// A proxy for identity providers only, and the certificate it signs with.
    pub idp_proxy: Option<String>,
    pub idp_ca_file: Option<PathBuf>,
    pub endpoints: Endpoints,
    /// The mail server of projects that have none of their own.
    pub smtp: Option<SmtpServer>,
    pub sms: EnvironmentSms,
    /// Which of WhatsApp's interfaces is used by projects that do not say.
    pub whatsapp_api_type: Option<WhatsappApiType>,
}

/// A mail server of the installation.
#[derive(Clone, Debug)]
pub struct SmtpServer {
    pub host: String,
    pub port: u16,
    pub mode: SmtpMode,
    pub username: String,
    pub password: Secret<String>,
    pub sender: Option<String>,
}

/// Gateways of the installation, and which of them is used when a project does not say.
#[derive(Clone, Debug, Default)]
pub struct EnvironmentSms {
    pub twilio: Option<TwilioCredentials>,
    pub nexmo: Option<NexmoCredentials>,
    pub custom: Option<CustomSmsCredentials>,
    pub defaults: SmsDefaults,
}

/// What holds for projects without a gateway in their configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SmsDefaults {
    pub use_config_from: Option<SmsSource>,
    pub provider: Option<SmsProvider>,
}

/// Where the services are whose addresses are fixed; each can be another for a stand-in.
#[derive(Clone, Debug)]
pub struct Endpoints {
    pub twilio: String,
    pub nexmo: String,
    pub whatsapp: String,
    pub cloudflare: String,
    pub recaptcha_v2: String,
    /// A stand-in for every identity provider: `https://host/path` is called as `<this>/host/path`.
    pub idp: Option<String>,
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("cannot read the certificates in {path}")]
    CaFile { path: PathBuf, source: std::io::Error },
    #[error("there is no certificate (PEM) in {0}")]
    NoCertificate(PathBuf),
    #[error("{0} is not the address of an HTTP proxy")]
    Proxy(String),
    #[error("cannot set up TLS for calls to the outside")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            twilio: "https://api.twilio.com".to_owned(),
            nexmo: "https://rest.nexmo.com".to_owned(),
            whatsapp: "https://graph.facebook.com".to_owned(),
            cloudflare: "https://challenges.cloudflare.com/turnstile/v0/siteverify".to_owned(),
            recaptcha_v2: "https://www.google.com/recaptcha/api/siteverify".to_owned(),
            idp: None,
        }
    }
}

impl Endpoints {
    /// Every service at one stand-in, each under the name of its field.
    pub fn all_at(base: &str) -> Self {
        let at = |name: &str| format!("{base}/{name}");
        Self {
            twilio: at("twilio"),
            nexmo: at("nexmo"),
            whatsapp: at("whatsapp"),
            cloudflare: at("cloudflare"),
            recaptcha_v2: at("recaptcha_v2"),
            idp: Some(at("idp")),
        }
    }

    /// A port on which nobody can listen (RFC 6335 §6 reserves it).
    pub fn nowhere() -> Self {
        Self::all_at("http://127.0.0.1:0")
    }
}
