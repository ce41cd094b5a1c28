//! `authgear.yaml`, features and secrets: parse, validate, resolve.
//!
//! [`AppConfig::parse`] reads a document, says everything that is wrong with it, and fills
//! in everything that was left out. The types are the file: field names are its keys (only
//! `type` is called `kind`), and writing a value back gives a document again. A field that
//! is not an `Option` is always there.
//!
//! Settings of the process (ports, database) are not here; see `server`.

pub mod account;
pub mod authentication;
pub mod authenticator;
pub mod bot_protection;
pub mod client;
mod duration;
mod errors;
pub mod external;
pub mod features;
pub mod flow;
pub mod forgot_password;
mod formats;
pub mod fraud_protection;
pub mod hook;
mod http;
pub mod identity;
pub mod legacy;
mod localization;
pub mod messaging;
pub mod network_protection;
pub mod project;
mod rate_limit;
mod resolve;
pub mod saml;
mod schema;
pub mod secrets;
mod section;
mod session;
mod template;
pub mod test_mode;
mod text;
pub mod ui;
pub mod usage;
pub mod user_profile;
mod validate;
pub mod verification;
mod yaml;

pub use client::{
    ApplicationType, ClientAuthentication, ClientConfig, ClientRegistration, JwkSet,
    SigningAlgorithm, SubjectType,
};
pub use duration::DurationString;
pub use errors::{ConfigError, ConfigErrors};
pub use features::FeatureConfig;
pub use http::Http;
pub use localization::Localization;
pub use rate_limit::RateLimit;
pub use schema::schema;
pub use secrets::Secrets;
pub use session::Session;
pub use template::Template;

use crate::section::section;

section! {
    /// A project's `authgear.yaml`.
    #[schemars(extend("required" = ["id", "http"]))]
    pub struct AppConfig {
        id: String = String::new(),
        http: Http = Http::default(),
        hook: hook::HookConfig = hook::HookConfig::default(),
        ui: ui::UiConfig = ui::UiConfig::default(),
        localization: Localization = Localization::default(),
        messaging: messaging::MessagingConfig = messaging::MessagingConfig::default(),
        search: external::SearchConfig = external::SearchConfig::default(),
        authentication: authentication::AuthenticationConfig =
            authentication::AuthenticationConfig::default(),
        session: Session = Session::default(),
        oauth: client::OAuth = client::OAuth::default(),
        saml: saml::SamlConfig = saml::SamlConfig::default(),
        identity: identity::IdentityConfig = identity::IdentityConfig::default(),
        authenticator: authenticator::AuthenticatorConfig =
            authenticator::AuthenticatorConfig::default(),
        user_profile: user_profile::UserProfileConfig = user_profile::UserProfileConfig::default(),
        account_deletion: account::AccountDeletion = account::AccountDeletion::default(),
        account_anonymization: account::AccountAnonymization =
            account::AccountAnonymization::default(),
        account_linking: account::AccountLinking = account::AccountLinking::default(),
        forgot_password: forgot_password::ForgotPasswordConfig =
            forgot_password::ForgotPasswordConfig::default(),
        verification: verification::VerificationConfig =
            verification::VerificationConfig::default(),
        web3: legacy::Web3 = legacy::Web3::default(),
        google_tag_manager: external::GoogleTagManager = external::GoogleTagManager::default(),
        account_migration: account::AccountMigration = account::AccountMigration::default(),
        captcha: legacy::Captcha = legacy::Captcha::default(),
        bot_protection: bot_protection::BotProtection = bot_protection::BotProtection::default(),
        network_protection: network_protection::NetworkProtection =
            network_protection::NetworkProtection::default(),
        fraud_protection: fraud_protection::FraudProtection =
            fraud_protection::FraudProtection::default(),
        test_mode: test_mode::TestMode = test_mode::TestMode::default(),
        authentication_flow: flow::AuthenticationFlowConfig =
            flow::AuthenticationFlowConfig::default(),
        external_jwt: external::ExternalJwt = external::ExternalJwt::default(),
        ..
        usage: Option<usage::UsageConfig>,
        /// Ignored.
        welcome_message: Option<legacy::WelcomeMessage>,
        /// Ignored.
        otp: Option<legacy::LegacyOtp>,
    }
}

impl AppConfig {
    /// Reads, checks and resolves a document.
    pub fn parse(text: &str) -> Result<Self, ConfigErrors> {
        Self::from_value(yaml::parse(text)?)
    }

    /// The same for a document that is already a value.
    pub fn from_value(value: serde_json::Value) -> Result<Self, ConfigErrors> {
        schema::APP.check(&value)?;
        let mut config: Self = errors::typed(value)?;
        config.resolve();
        validate::validate(&config)?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests;
