//! The flags about what the server calls: proxies, the mail server, gateways for text messages.
//!
//! Flags whose variables are Authgear's take the empty string for "not set", as its own `.env`
//! files write it.

use std::path::PathBuf;

use clap::Args;
use ipnet::IpNet;
use server::outbound::{
    CustomSmsCredentials, Endpoints, EnvironmentSms, NexmoCredentials, Settings, SmsDefaults,
    SmsProvider, SmsSource, SmtpMode, SmtpServer, TwilioCredentialType, TwilioCredentials,
    WhatsappApiType,
};
use stdx::Secret;

#[derive(Clone, Debug, Args)]
pub struct Outside {
    /// HTTP proxy for whatever the server calls by HTTP, as http://host:port
    #[arg(long, env = "AUTHWARDEN_OUTBOUND_PROXY", hide_env_values = true, value_name = "URL")]
    pub outbound_proxy: Option<String>,
    /// Certificates (PEM) that are trusted besides the system's
    #[arg(long, env = "AUTHWARDEN_OUTBOUND_CA_FILE", hide_env_values = true, value_name = "FILE")]
    pub outbound_ca_file: Option<PathBuf>,
    /// Addresses that hooks and other URLs of projects may reach although they are not public, as
    /// CIDR ranges separated by commas
    #[arg(
        long,
        env = "AUTHWARDEN_OUTBOUND_ALLOW",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "CIDR"
    )]
    pub outbound_allow: Vec<IpNet>,
    /// HTTP proxy for identity providers only
    #[arg(long, env = "E2E_HTTP_PROXY", hide_env_values = true, value_name = "URL")]
    pub idp_proxy: Option<String>,
    /// Certificates (PEM) that are trusted of identity providers only
    #[arg(long, env = "E2E_TLS_CA_CERT_FILE", hide_env_values = true, value_name = "FILE")]
    pub idp_ca_file: Option<PathBuf>,
    /// Mail server of projects that have none of their own
    #[arg(long, env = "SMTP_HOST", hide_env_values = true, value_name = "HOST")]
    pub smtp_host: Option<String>,
    /// Its port; 465 means TLS from the first byte
    #[arg(
        long,
        env = "SMTP_PORT",
        hide_env_values = true,
        default_value_t = 587,
        value_name = "PORT"
    )]
    pub smtp_port: u16,
    /// normal (STARTTLS where it is offered, and always with a password) or ssl (TLS at once)
    #[arg(long, env = "SMTP_MODE", hide_env_values = true, value_parser = ["normal", "ssl", ""],
          hide_possible_values = true, default_value = "normal", value_name = "MODE")]
    pub smtp_mode: String,
    /// Whom to sign in as; without it no password is shown
    #[arg(long, env = "SMTP_USERNAME", hide_env_values = true, value_name = "NAME")]
    pub smtp_username: Option<String>,
    /// Its password
    #[arg(long, env = "SMTP_PASSWORD", hide_env_values = true, value_name = "PASSWORD")]
    pub smtp_password: Option<String>,
    /// Sender of its mails, such as "Accounts <accounts@example.com>"
    #[arg(long, env = "SMTP_SENDER", hide_env_values = true, value_name = "ADDRESS")]
    pub smtp_sender: Option<String>,
    /// Which of WhatsApp's interfaces projects use that do not say: cloud-api is the one that works
    #[arg(long, env = "WHATSAPP_API_TYPE", hide_env_values = true,
          value_parser = ["cloud-api", "on-premises", ""], hide_possible_values = true,
          value_name = "TYPE")]
    pub whatsapp_api_type: Option<String>,
    #[command(flatten)]
    pub gateways: Gateways,
    #[command(flatten)]
    pub stand_ins: StandIns,
}

/// Gateways for text messages that projects may use.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_field_names, reason = "the names are those of the variables")]
pub struct Gateways {
    /// Twilio account of projects that use the installation's
    #[arg(
        long,
        env = "SMS_GATEWAY_TWILIO_ACCOUNT_SID",
        hide_env_values = true,
        value_name = "SID"
    )]
    pub sms_gateway_twilio_account_sid: Option<String>,
    /// Its token
    #[arg(
        long,
        env = "SMS_GATEWAY_TWILIO_AUTH_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub sms_gateway_twilio_auth_token: Option<String>,
    /// Messaging service of that account
    #[arg(
        long,
        env = "SMS_GATEWAY_TWILIO_MESSAGING_SERVICE_SID",
        hide_env_values = true,
        value_name = "SID"
    )]
    pub sms_gateway_twilio_messaging_service_sid: Option<String>,
    /// Vonage (Nexmo) key of projects that use the installation's
    #[arg(long, env = "SMS_GATEWAY_NEXMO_API_KEY", hide_env_values = true, value_name = "KEY")]
    pub sms_gateway_nexmo_api_key: Option<String>,
    /// Its secret
    #[arg(
        long,
        env = "SMS_GATEWAY_NEXMO_API_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    pub sms_gateway_nexmo_api_secret: Option<String>,
    /// Gateway of one's own, which is told each message as JSON
    #[arg(long, env = "SMS_GATEWAY_CUSTOM_URL", hide_env_values = true, value_name = "URL")]
    pub sms_gateway_custom_url: Option<String>,
    /// Seconds that it may take, 60 at most
    #[arg(long, env = "SMS_GATEWAY_CUSTOM_TIMEOUT", hide_env_values = true, value_parser = seconds,
          value_name = "SECONDS")]
    pub sms_gateway_custom_timeout: Option<i64>,
    /// Where projects that do not say have their gateway: environment_variable or
    /// authgear.secrets.yaml
    #[arg(long, env = "SMS_GATEWAY_DEFAULT_USE_CONFIG_FROM", hide_env_values = true,
          value_parser = ["environment_variable", "authgear.secrets.yaml", ""],
          hide_possible_values = true, value_name = "SOURCE")]
    pub sms_gateway_default_use_config_from: Option<String>,
    /// Which of the installation's they use: twilio, nexmo or custom
    #[arg(long, env = "SMS_GATEWAY_DEFAULT_PROVIDER", hide_env_values = true,
          value_parser = ["twilio", "nexmo", "custom", ""], hide_possible_values = true,
          value_name = "PROVIDER")]
    pub sms_gateway_default_provider: Option<String>,
}

/// Where services are whose addresses are otherwise known.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_field_names, reason = "the names are those of the flags")]
pub struct StandIns {
    /// Stand-in for https://api.twilio.com
    #[arg(long, env = "AUTHWARDEN_TWILIO_ENDPOINT", hide_env_values = true, value_name = "URL")]
    pub twilio_endpoint: Option<String>,
    /// Stand-in for https://rest.nexmo.com
    #[arg(long, env = "AUTHWARDEN_NEXMO_ENDPOINT", hide_env_values = true, value_name = "URL")]
    pub nexmo_endpoint: Option<String>,
    /// Stand-in for https://graph.facebook.com, for WhatsApp only
    #[arg(long, env = "AUTHWARDEN_WHATSAPP_ENDPOINT", hide_env_values = true, value_name = "URL")]
    pub whatsapp_endpoint: Option<String>,
    /// Stand-in for Cloudflare Turnstile's siteverify
    #[arg(
        long,
        env = "E2E_BOT_PROTECTION_CLOUDFLARE_ENDPOINT",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub cloudflare_endpoint: Option<String>,
    /// Stand-in for reCAPTCHA's siteverify
    #[arg(
        long,
        env = "E2E_BOT_PROTECTION_RECAPTCHAV2_ENDPOINT",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub recaptchav2_endpoint: Option<String>,
    /// Stand-in for every identity provider: https://host/path is called as URL/host/path
    #[arg(long, env = "AUTHWARDEN_IDP_ENDPOINT", hide_env_values = true, value_name = "URL")]
    pub idp_endpoint: Option<String>,
}

impl Outside {
    /// In development mode nothing is sent, and hooks may be on this machine.
    pub fn settings(&self, dev_mode: bool) -> Settings {
        let mut allowed = self.outbound_allow.clone();
        if dev_mode {
            let here = ["127.0.0.0/8", "::1/128"];
            allowed.extend(here.map(|it| it.parse::<IpNet>().expect("a range")));
        }
        Settings {
            keeps_messages: dev_mode,
            proxy: filled(self.outbound_proxy.as_ref()),
            ca_file: self.outbound_ca_file.clone().filter(|it| !it.as_os_str().is_empty()),
            allowed,
            idp_proxy: filled(self.idp_proxy.as_ref()),
            idp_ca_file: self.idp_ca_file.clone().filter(|it| !it.as_os_str().is_empty()),
            endpoints: self.stand_ins.endpoints(),
            smtp: self.smtp(),
            sms: self.gateways.settings(),
            whatsapp_api_type: filled(self.whatsapp_api_type.as_ref())
                .and_then(|it| WhatsappApiType::from_word(&it)),
        }
    }

    fn smtp(&self) -> Option<SmtpServer> {
        Some(SmtpServer {
            host: filled(self.smtp_host.as_ref())?,
            port: self.smtp_port,
            mode: SmtpMode::from_word(&self.smtp_mode).unwrap_or_default(),
            username: filled(self.smtp_username.as_ref()).unwrap_or_default(),
            password: secret(self.smtp_password.as_ref()),
            sender: filled(self.smtp_sender.as_ref()),
        })
    }
}

impl Gateways {
    fn settings(&self) -> EnvironmentSms {
        let word = |it: &Option<String>| filled(it.as_ref()).unwrap_or_default();
        let twilio = filled(self.sms_gateway_twilio_account_sid.as_ref()).map(|account_sid| {
            TwilioCredentials {
                credential_type: TwilioCredentialType::AuthToken,
                account_sid,
                auth_token: Some(secret(self.sms_gateway_twilio_auth_token.as_ref())),
                api_key_sid: None,
                api_key_secret: None,
                message_service_sid: filled(self.sms_gateway_twilio_messaging_service_sid.as_ref()),
                from: None,
            }
        });
        let nexmo = filled(self.sms_gateway_nexmo_api_key.as_ref()).map(|api_key| {
            let api_secret = secret(self.sms_gateway_nexmo_api_secret.as_ref());
            NexmoCredentials { api_key, api_secret }
        });
        let custom = filled(self.sms_gateway_custom_url.as_ref()).map(|url| CustomSmsCredentials {
            url: Secret::new(url),
            timeout: self.sms_gateway_custom_timeout,
        });
        let defaults = SmsDefaults {
            use_config_from: SmsSource::from_word(&word(&self.sms_gateway_default_use_config_from)),
            provider: SmsProvider::from_word(&word(&self.sms_gateway_default_provider)),
        };
        EnvironmentSms { twilio, nexmo, custom, defaults }
    }
}

impl StandIns {
    fn endpoints(&self) -> Endpoints {
        let known = Endpoints::default();
        let or = |own: &Option<String>, known| {
            filled(own.as_ref()).map_or(known, |it| it.trim_end_matches('/').to_owned())
        };
        Endpoints {
            twilio: or(&self.twilio_endpoint, known.twilio),
            nexmo: or(&self.nexmo_endpoint, known.nexmo),
            whatsapp: or(&self.whatsapp_endpoint, known.whatsapp),
            cloudflare: or(&self.cloudflare_endpoint, known.cloudflare),
            recaptcha_v2: or(&self.recaptchav2_endpoint, known.recaptcha_v2),
            idp: filled(self.idp_endpoint.as_ref()),
        }
    }
}

fn filled(value: Option<&String>) -> Option<String> {
    value.filter(|it| !it.is_empty()).cloned()
}

fn secret(value: Option<&String>) -> Secret<String> {
    Secret::new(value.cloned().unwrap_or_default())
}

fn seconds(text: &str) -> Result<i64, std::num::ParseIntError> {
    if text.is_empty() { Ok(0) } else { text.parse() }
}
