//! What a schema cannot say: rules that tie one part of the document to another.

mod flows;

use std::collections::HashSet;

use crate::AppConfig;
use crate::authentication::SecondaryAuthenticationMode;
use crate::client::{ClientConfig, sector_of};
use crate::errors::{ConfigErrors, Found};
use crate::saml::SamlServiceProvider;
use crate::user_profile::CustomAttributeType;

/// Checks a resolved configuration; finds everything.
pub(crate) fn validate(config: &AppConfig) -> Result<(), ConfigErrors> {
    let mut found = Found::default();
    clients(config, &mut found);
    providers(config, &mut found);
    authenticators(config, &mut found);
    phone_countries(config, &mut found);
    languages(config, &mut found);
    custom_attributes(config, &mut found);
    lockout(config, &mut found);
    flows::groups(config, &mut found);
    saml(config, &mut found);
    found.into_result()
}

fn clients(config: &AppConfig, found: &mut Found) {
    for (index, client) in config.oauth.clients.iter().enumerate() {
        if client.refresh_token_lifetime_seconds < client.access_token_lifetime_seconds {
            found.push(
                format!("/oauth/clients/{index}/refresh_token_lifetime_seconds"),
                "minimum",
                "a refresh token must live at least as long as an access token",
            );
        }
        if client.has_pairwise_subjects() {
            sector(client, &format!("/oauth/clients/{index}/redirect_uris"), found);
        }
        if client.x_jwks.is_some() && client.x_jwks_uri.is_some() {
            let pointer = format!("/oauth/clients/{index}/x_jwks_uri");
            found.push(pointer, "conflict", "a client has its keys in one place");
        }
    }
}

/// OpenID Connect Core §8.1: a client whose redirect URIs are of several sites would have to show that
/// they belong together, and there is no way to.
fn sector(client: &ClientConfig, pointer: &str, found: &mut Found) {
    let sectors: Vec<_> = client.redirect_uris.iter().map(|it| sector_of(it)).collect();
    let is_one = sectors
        .first()
        .is_some_and(|first| first.is_some() && sectors.iter().all(|it| it == first));
    if !is_one {
        let text = "redirect URIs of a client with pairwise subjects must be of one host";
        found.push(pointer.to_owned(), "pairwise", text);
    }
}

fn providers(config: &AppConfig, found: &mut Found) {
    let mut aliases = HashSet::new();
    for (index, provider) in config.identity.oauth.providers.iter().enumerate() {
        if !aliases.insert(&provider.alias) {
            let pointer = format!("/identity/oauth/providers/{index}");
            found.push(pointer, "duplicated", "another provider has this alias");
        }
    }
}

fn authenticators(config: &AppConfig, found: &mut Found) {
    let authentication = &config.authentication;
    for (index, identity) in authentication.identities.iter().enumerate() {
        let useful = identity.primary_authenticators();
        if !useful.is_empty() && !useful.iter().any(|kind| authentication.has_primary(*kind)) {
            let pointer = format!("/authentication/identities/{index}");
            let message = format!("no primary authenticator goes with {identity}");
            found.push(pointer, "noPrimaryAuthenticator", message);
        }
    }
    if authentication.secondary_authentication_mode != SecondaryAuthenticationMode::Disabled
        && authentication.secondary_authenticators.is_empty()
    {
        found.push(
            "/authentication/secondary_authentication_mode",
            "noSecondaryAuthenticator",
            "there is no secondary authenticator",
        );
    }
}

fn phone_countries(config: &AppConfig, found: &mut Found) {
    let phone_input = &config.ui.phone_input;
    if phone_input.pinned_list.iter().any(|country| !phone_input.allowlist.contains(country)) {
        let message = "a pinned country is not in the allowlist";
        found.push("/ui/phone_input/pinned_list", "unlisted", message);
    }
    let budgets = &config.fraud_protection.sms.unverified_otp_budget.by_phone_country;
    for (index, budget) in budgets.iter().enumerate() {
        let mut countries = HashSet::new();
        for (at, country) in budget.geo_location_codes.iter().enumerate() {
            if !countries.insert(country) {
                let pointer = format!(
                    "/fraud_protection/sms/unverified_otp_budget/by_phone_country/{index}\
                     /geo_location_codes/{at}"
                );
                found.push(pointer, "duplicated", "this country is named twice");
            }
        }
    }
}

fn languages(config: &AppConfig, found: &mut Found) {
    let localization = &config.localization;
    if !localization.supported_languages.contains(&localization.fallback_language) {
        let message = "the fallback language must be among the supported languages";
        found.push("/localization/supported_languages", "missingFallback", message);
    }
}

fn custom_attributes(config: &AppConfig, found: &mut Found) {
    use CustomAttributeType::{Integer, Number};
    let (mut ids, mut pointers) = (HashSet::new(), HashSet::new());
    let attributes = &config.user_profile.custom_attributes.attributes;
    for (index, attribute) in attributes.iter().enumerate() {
        let pointer = |key| format!("/user_profile/custom_attributes/attributes/{index}/{key}");
        if !ids.insert(&attribute.id) {
            found.push(pointer("id"), "duplicated", "another attribute has this id");
        }
        if !pointers.insert(&attribute.pointer) {
            found.push(pointer("pointer"), "duplicated", "another attribute has this pointer");
        }
        if matches!(attribute.kind, Number | Integer)
            && let (Some(minimum), Some(maximum)) = (attribute.minimum, attribute.maximum)
            && minimum > maximum
        {
            found.push(pointer("minimum"), "maximum", "the minimum is above the maximum");
        }
    }
}

fn lockout(config: &AppConfig, found: &mut Found) {
    let lockout = &config.authentication.lockout;
    if let (Some(minimum), Some(maximum)) = (&lockout.minimum_duration, &lockout.maximum_duration)
        && minimum.as_duration() > maximum.as_duration()
    {
        let pointer = "/authentication/lockout/minimum_duration";
        found.push(pointer, "maximum", "the minimum is above the maximum");
    }
}

fn saml(config: &AppConfig, found: &mut Found) {
    let saml = &config.saml;
    if saml.service_providers.is_empty() {
        return;
    }
    if saml.signing.key_id.as_deref().unwrap_or_default().is_empty() {
        found.push("/saml/signing/key_id", "required", "service providers need a signing key");
    }
    for (index, provider) in saml.service_providers.iter().enumerate() {
        let pointer = format!("/saml/service_providers/{index}");
        if config.oauth.find_client(&provider.client_id).is_none() {
            let message = "there is no OAuth client of this client_id";
            found.push(format!("{pointer}/client_id"), "unknownClient", message);
        }
        saml_attributes(provider, &pointer, found);
    }
}

fn saml_attributes(provider: &SamlServiceProvider, pointer: &str, found: &mut Found) {
    for (index, mapping) in provider.attributes.mappings.iter().enumerate() {
        let name = &mapping.to.saml_attribute;
        if provider.attributes.definitions.iter().all(|it| it.name != *name) {
            // Not below `attributes`: tools look for the error here.
            let pointer = format!("{pointer}/mappings/{index}/to/saml_attribute");
            found.push(pointer, "undefinedAttribute", "no definition has this name");
        }
    }
}
