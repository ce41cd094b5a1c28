//! Secrets that open doors elsewhere: databases, mail, text messages, identity providers.

mod whatsapp;

pub use whatsapp::{
    WatiCredentials, WhatsappCloudApiCredentials, WhatsappOnPremisesCredentials, WhatsappWebhook,
};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use stdx::Secret;

use crate::bot_protection::BotProtectionProviderType;
use crate::section::choice;
use crate::text;

/// A PostgreSQL database of the installation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatabaseCredentials {
    #[schemars(with = "String")]
    pub database_url: Secret<String>,
    #[serde(default = "public")]
    pub database_schema: String,
}

fn public() -> String {
    "public".to_owned()
}

/// A search engine of the installation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ElasticsearchCredentials {
    #[schemars(with = "String")]
    pub elasticsearch_url: Secret<String>,
}

/// A Redis of the installation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedisCredentials {
    #[schemars(with = "String")]
    pub redis_url: Secret<String>,
}

/// Client secrets at identity providers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderCredentials {
    pub items: Vec<ProviderCredentialsItem>,
}

/// The client secret at one provider; absent with demo credentials.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderCredentialsItem {
    pub alias: String,
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub client_secret: Option<Secret<String>>,
}

/// The installation's own accounts at identity providers, for trying things out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DemoCredentials {
    pub items: Vec<DemoCredentialsItem>,
}

/// One account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DemoCredentialsItem {
    #[schemars(with = "crate::identity::DemoProvider")]
    pub provider_config: Value,
    #[schemars(with = "String")]
    pub client_secret: Secret<String>,
}

choice! {
    /// How the connection to a mail server is protected.
    pub enum SmtpMode {
        Normal = "normal",
        Ssl = "ssl",
    }

    /// With what Twilio is spoken to.
    pub enum TwilioCredentialType {
        AuthToken = "auth_token",
        ApiKey = "api_key",
    }
}

/// A mail server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmtpCredentials {
    pub host: String,
    #[schemars(range(min = 1, max = 65535))]
    pub port: i64,
    #[serde(default)]
    pub mode: SmtpMode,
    pub username: String,
    #[schemars(with = "String")]
    pub password: Secret<String>,
    #[serde(default)]
    #[schemars(with = "text::EmailNameAddr")]
    pub sender: Option<String>,
}

/// Twilio.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend(
    "if" = {
        "properties": { "credential_type": { "const": TwilioCredentialType::ApiKey } },
        "required": ["credential_type"],
    },
    "then" = { "required": ["api_key_sid", "api_key_secret"] },
    "else" = { "required": ["auth_token"] },
))]
pub struct TwilioCredentials {
    #[serde(default)]
    pub credential_type: TwilioCredentialType,
    pub account_sid: String,
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub auth_token: Option<Secret<String>>,
    #[serde(default)]
    pub api_key_sid: Option<String>,
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub api_key_secret: Option<Secret<String>>,
    #[serde(default)]
    pub message_service_sid: Option<String>,
    #[serde(default)]
    pub from: Option<String>,
}

/// Vonage, once Nexmo.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NexmoCredentials {
    pub api_key: String,
    #[schemars(with = "String")]
    pub api_secret: Secret<String>,
}

/// A gateway of the project's own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomSmsCredentials {
    #[schemars(with = "text::HookUri")]
    pub url: Secret<String>,
    /// In seconds.
    #[serde(default)]
    #[schemars(range(min = 1, max = 60))]
    pub timeout: Option<i64>,
}

/// No longer has an effect.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaptchaCredentials {
    #[schemars(with = "String")]
    pub secret: Secret<String>,
}

/// The other half of the site key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend(
    "if" = {
        "properties": { "type": { "enum": BotProtectionProviderType::ALL } },
        "required": ["type"],
    },
    "then" = { "required": ["secret_key"] },
))]
pub struct BotProtectionCredentials {
    #[serde(rename = "type", default)]
    pub kind: Option<BotProtectionProviderType>,
    #[serde(default)]
    #[schemars(with = "Option<String>", length(min = 1))]
    pub secret_key: Option<Secret<String>>,
}

/// Accounts with which directories are searched.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LdapCredentials {
    #[serde(default)]
    pub items: Vec<LdapUserCredentials>,
}

/// The account for one directory; without `dn` it is searched anonymously.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("dependentRequired" = { "dn": ["password"], "password": ["dn"] }))]
pub struct LdapUserCredentials {
    #[schemars(length(min = 1))]
    pub name: String,
    #[serde(default)]
    #[schemars(with = "text::LdapDn")]
    pub dn: Option<String>,
    #[serde(default)]
    #[schemars(with = "Option<String>", length(min = 1))]
    pub password: Option<Secret<String>>,
}
