//! Which secrets a configuration needs.
//!
//! Works on the document, not on the types, so that what is missing is reported together
//! with what is malformed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::entries;
use crate::AppConfig;
use crate::client::{SigningAlgorithm, SubjectType};
use crate::errors::Found;
use crate::identity::CredentialsBehavior;

/// The secrets of a document by key.
struct Document<'a>(&'a Value);

impl<'a> Document<'a> {
    fn find(&self, key: &str) -> Option<(usize, &'a Value)> {
        let (index, item) = entries(self.0).enumerate().find(|(_, item)| item["key"] == key)?;
        Some((index, &item["data"]))
    }

    /// Finds a secret that must be there.
    fn require(&self, key: &str, found: &mut Found) -> Option<(usize, &'a Value)> {
        let secret = self.find(key);
        if secret.is_none() {
            found.push("", "requiredSecret", format!("the secret '{key}' is required"));
        }
        secret
    }

    /// Finds a secret that must be there and have an item for each of `names`.
    fn require_items<'n>(
        &self,
        key: &str,
        name_key: &str,
        names: impl IntoIterator<Item = &'n str>,
        found: &mut Found,
    ) {
        let mut names = names.into_iter().peekable();
        if names.peek().is_none() {
            return;
        }
        let Some((_, data)) = self.require(key, found) else { return };
        for name in names {
            if items(data).all(|item| item[name_key] != name) {
                let message = format!("the secret '{key}' must have an item for '{name}'");
                found.push("", "requiredSecret", message);
            }
        }
    }
}

fn items(data: &Value) -> impl Iterator<Item = &Value> {
    data["items"].as_array().into_iter().flatten()
}

pub(super) fn validate(document: &Value, config: &AppConfig, found: &mut Found) {
    let document = Document(document);
    for key in ["admin-api.auth", "oauth", "csrf"] {
        document.require(key, found);
    }
    let hook = &config.hook;
    if !hook.blocking_handlers.is_empty() || !hook.non_blocking_handlers.is_empty() {
        document.require("webhook", found);
    }
    providers(&document, config, found);
    let confidential = config.oauth.clients.iter();
    let confidential =
        confidential.filter(|client| client.is_confidential() && !client.has_no_secret());
    let confidential = confidential.map(|client| client.client_id.as_str());
    document.require_items("oauth.client_secrets", "client_id", confidential, found);
    let servers = config.identity.ldap.servers.iter().map(|server| server.name.as_str());
    document.require_items("ldap", "name", servers, found);
    if let Some(provider) = config.bot_protection.active_provider()
        && let Some((_, data)) = document.require("bot_protection.provider", found)
        && data["type"] != provider.kind.as_str()
    {
        let message =
            format!("the secret 'bot_protection.provider' is not for '{}'", provider.kind);
        found.push("", "requiredSecret", message);
    }
    signing(&document, config, found);
    if config.oauth.clients.iter().any(|it| it.x_subject_type == SubjectType::Pairwise) {
        document.require("x_pairwise", found);
    }
    saml(&document, config, found);
}

fn providers(document: &Document<'_>, config: &AppConfig, found: &mut Found) {
    const KEY: &str = "sso.oauth.client";
    let providers = &config.identity.oauth.providers;
    let aliases = providers.iter().map(|provider| provider.alias.as_str());
    document.require_items(KEY, "alias", aliases, found);
    let Some((index, data)) = document.find(KEY) else { return };
    let demo = Some(CredentialsBehavior::Demo);
    for provider in providers.iter().filter(|it| it.credentials_behavior != demo) {
        let item = items(data).enumerate().find(|(_, item)| item["alias"] == *provider.alias);
        if let Some((at, item)) = item
            && item["client_secret"].as_str().unwrap_or_default().is_empty()
        {
            let pointer = format!("/secrets/{index}/data/items/{at}");
            found.push(pointer, "required", "\"client_secret\" is a required property");
        }
    }
}

fn saml(document: &Document<'_>, config: &AppConfig, found: &mut Found) {
    let service_providers = &config.saml.service_providers;
    if !service_providers.is_empty() || config.saml.signing.key_id.is_some() {
        let certificates = document.require("saml.idp.signing", found);
        let certificates = certificates.and_then(|(_, data)| data["certificates"].as_array());
        if let (Some(certificates), Some(key_id)) = (certificates, &config.saml.signing.key_id)
            && certificates.iter().all(|it| it["key"]["kid"] != **key_id)
        {
            let message = format!("the secret 'saml.idp.signing' has no key '{key_id}'");
            found.push("", "requiredSecret", message);
        }
    }
    let known = document.find("saml.service_providers.signing").and_then(|(_, it)| it.as_array());
    for provider in service_providers.iter().filter(|it| it.signature_verification_enabled) {
        let has_certificate = known.into_iter().flatten().any(|it| {
            it["service_provider_id"] == *provider.client_id
                && it["certificates"].as_array().is_some_and(|list| !list.is_empty())
        });
        if !has_certificate {
            let message = format!("service provider '{}' has no certificate", provider.client_id);
            found.push("", "requiredSecret", message);
        }
    }
}

/// Clients whose ID tokens are signed in an algorithm that is not everybody's.
fn signing(document: &Document<'_>, config: &AppConfig, found: &mut Found) {
    let Some((_, data)) = document.find("oauth") else { return };
    let keys: Vec<_> = data["keys"].as_array().into_iter().flatten().collect();
    let wanted = config.oauth.clients.iter().filter_map(|it| it.x_id_token_signed_response_alg);
    for algorithm in wanted.collect::<BTreeSet<_>>() {
        let kind = match algorithm {
            SigningAlgorithm::Rs256 => "RSA",
            SigningAlgorithm::Es256 => "EC",
            SigningAlgorithm::EdDsa => "OKP",
        };
        if keys.iter().all(|key| key["kty"] != kind || key["d"].is_null()) {
            let message = format!("the secret 'oauth' must have a key to sign in {algorithm}");
            found.push("", "requiredSecret", message);
        }
    }
}
