//! `authgear.secrets.yaml`: keys and credentials of a project.
//!
//! The file is a list of `{key, data}`. Values that are secret are [`stdx::Secret`]s: they
//! never print and are never written back from here. Where the database and the other
//! services of the installation are is a setting of the process, so `db`, `redis` and
//! their like are accepted and not needed.

mod credentials;
mod keys;
mod validate;

pub use credentials::{
    BotProtectionCredentials, CaptchaCredentials, CustomSmsCredentials, DatabaseCredentials,
    DemoCredentials, DemoCredentialsItem, ElasticsearchCredentials, LdapCredentials,
    LdapUserCredentials, NexmoCredentials, ProviderCredentials, ProviderCredentialsItem,
    RedisCredentials, SmtpCredentials, SmtpMode, TwilioCredentialType, TwilioCredentials,
    WatiCredentials, WhatsappCloudApiCredentials, WhatsappOnPremisesCredentials, WhatsappWebhook,
};
pub use keys::{
    Certificate, ClientSecrets, ClientSecretsItem, Jwk, KeySet, RegistrationTokens,
    SamlIdpCertificate, SamlIdpSigning, SamlSpCertificates,
};

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde_json::{Value, json};
use stdx::Secret;

use crate::AppConfig;
use crate::errors::{ConfigErrors, Found, typed};
use crate::schema::{Compiled, compile, derive};
use crate::yaml;

/// Declares the kinds of secret: how the file calls each, and what it holds.
macro_rules! secrets {
    ($( $(#[$meta:meta])* $field:ident : $data:ty = $key:literal, )*) => {
        /// A project's secrets, each present or not.
        #[derive(Clone, Debug, Default)]
        pub struct Secrets {
            $( $(#[$meta])* pub $field: Option<$data>, )*
        }

        /// Every kind at once, for their schemas only.
        #[derive(JsonSchema)]
        #[allow(dead_code, reason = "only its schema is used")]
        struct Kinds {
            $( #[serde(rename = $key)] $field: $data, )*
        }

        impl Secrets {
            /// Takes one entry of the list. The first of a kind counts.
            fn put(&mut self, key: &str, data: Value) -> Result<(), ConfigErrors> {
                match key {
                    $( $key => { self.$field.get_or_insert(typed(data)?); } )*
                    _ => {}
                }
                Ok(())
            }
        }
    };
}

secrets! {
    db: DatabaseCredentials = "db",
    audit_db: DatabaseCredentials = "audit.db",
    search_db: DatabaseCredentials = "search.db",
    elasticsearch: ElasticsearchCredentials = "elasticsearch",
    redis: RedisCredentials = "redis",
    analytic_redis: RedisCredentials = "analytic.redis",
    /// Keys that sign the tokens of the Admin API.
    admin_api_auth: KeySet = "admin-api.auth",
    sso_oauth_client: ProviderCredentials = "sso.oauth.client",
    sso_oauth_demo: DemoCredentials = "sso.oauth.demo_credentials",
    smtp: SmtpCredentials = "mail.smtp",
    twilio: TwilioCredentials = "sms.twilio",
    nexmo: NexmoCredentials = "sms.nexmo",
    custom_sms: CustomSmsCredentials = "sms.custom",
    /// Keys that sign tokens.
    oauth: KeySet = "oauth",
    csrf: KeySet = "csrf",
    /// Ours: what clients may register themselves with.
    client_registration: RegistrationTokens = "x_client_registration",
    /// Ours: what names of people for single clients are made with. It must never change.
    pairwise: KeySet = "x_pairwise",
    /// Keys that sign what hooks are told.
    webhook: KeySet = "webhook",
    /// Keys that sign addresses of images.
    images: KeySet = "images",
    wati: WatiCredentials = "whatsapp.wati",
    /// Secrets of confidential clients.
    oauth_client_secrets: ClientSecrets = "oauth.client_secrets",
    captcha: CaptchaCredentials = "captcha.cloudflare",
    bot_protection: BotProtectionCredentials = "bot_protection.provider",
    whatsapp_on_premises: WhatsappOnPremisesCredentials = "whatsapp.on-premises",
    whatsapp_cloud_api: WhatsappCloudApiCredentials = "whatsapp.cloud-api",
    ldap: LdapCredentials = "ldap",
    saml_idp_signing: SamlIdpSigning = "saml.idp.signing",
    saml_service_providers_signing: Vec<SamlSpCertificates> = "saml.service_providers.signing",
}

/// The JSON Schema (2020-12) of `authgear.secrets.yaml`.
pub fn schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        let mut kinds = derive::<Kinds>();
        let data = kinds["properties"].take();
        let data = data.as_object().expect("the kinds are properties");
        let rules = data.iter().map(|(key, data)| {
            json!({
                "if": { "properties": { "key": { "const": key } }, "required": ["key"] },
                "then": { "properties": { "data": data } },
            })
        });
        let item = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "key": { "type": "string", "enum": data.keys().collect::<Vec<_>>() },
                "data": {},
            },
            "required": ["key", "data"],
            "allOf": rules.collect::<Vec<_>>(),
        });
        json!({
            "$schema": kinds["$schema"],
            "type": "object",
            "additionalProperties": false,
            "properties": { "secrets": { "type": "array", "items": item } },
            "required": ["secrets"],
            "$defs": kinds["$defs"],
        })
    });
    &SCHEMA
}

static SECRETS: Compiled = Compiled::new(|| compile(schema()));

impl Secrets {
    /// Reads a document and checks that it has what `config` needs.
    pub fn parse(text: &str, config: &AppConfig) -> Result<Self, ConfigErrors> {
        let document = yaml::parse(text)?;
        let mut found = Found::default();
        if let Err(errors) = SECRETS.check(&document) {
            found.extend(errors);
        }
        validate::validate(&document, config, &mut found);
        found.into_result()?;
        let mut secrets = Self::default();
        for item in entries(&document) {
            secrets.put(item["key"].as_str().unwrap_or_default(), item["data"].clone())?;
        }
        Ok(secrets)
    }

    /// The JWKs that sign tokens; the first signs, the others only verify.
    pub fn oauth_keys(&self) -> &[Value] {
        self.oauth.as_ref().map_or(&[], KeySet::keys)
    }

    /// The JWKs that sign the tokens of the Admin API.
    pub fn admin_api_keys(&self) -> &[Value] {
        self.admin_api_auth.as_ref().map_or(&[], KeySet::keys)
    }

    /// The secrets of a confidential client, any of which authenticates it.
    pub fn client_secrets(&self, client_id: &str) -> Vec<Secret<Vec<u8>>> {
        let items = self.oauth_client_secrets.iter().flat_map(|it| &it.items);
        items.filter(|item| item.client_id == client_id).flat_map(|it| it.keys.octets()).collect()
    }
}

fn entries(document: &Value) -> impl Iterator<Item = &Value> {
    document["secrets"].as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests;
