//! `saml`: the service providers for which the project is a SAML 2.0 identity provider.

use crate::duration::DurationString;
use crate::section::{choice, section};
use crate::text;

section! {
    /// SAML 2.0.
    pub struct SamlConfig {
        signing: SamlSigning = SamlSigning::default(),
        ..
        service_providers: Vec<SamlServiceProvider>,
    }

    /// With which key and how messages are signed.
    pub struct SamlSigning {
        signature_method: SamlSignatureMethod = SamlSignatureMethod::default(),
        ..
        key_id: Option<String>,
    }

    /// One service provider; it belongs to an OAuth client.
    #[schemars(extend(
        "required" = ["client_id", "acs_urls"],
        "if" = { "properties": { "slo_enabled": { "const": true } }, "required": ["slo_enabled"] },
        "then" = { "required": ["slo_callback_url"] },
    ))]
    pub struct SamlServiceProvider {
        client_id: String = String::new(),
        nameid_format: SamlNameIdFormat = SamlNameIdFormat::default(),
        #[schemars(with = "Vec<text::Uri>", length(min = 1))]
        acs_urls: Vec<String> = Vec::new(),
        assertion_valid_duration: DurationString = "20m".into(),
        slo_binding: SamlBinding = SamlBinding::default(),
        attributes: SamlAttributes = SamlAttributes::default(),
        ..
        nameid_attribute_pointer: Option<SamlNameIdAttribute>,
        #[schemars(with = "text::Uri")]
        destination: Option<String>,
        #[schemars(with = "text::Uri")]
        recipient: Option<String>,
        #[schemars(with = "text::Uri")]
        audience: Option<String>,
        slo_enabled: bool,
        #[schemars(with = "text::Uri")]
        slo_callback_url: Option<String>,
        signature_verification_enabled: bool,
    }

    /// What an assertion says about the user.
    pub struct SamlAttributes {
        ..
        definitions: Vec<SamlAttributeDefinition>,
        mappings: Vec<SamlAttributeMapping>,
    }

    /// One attribute of an assertion.
    #[schemars(extend("required" = ["name"]))]
    pub struct SamlAttributeDefinition {
        name: String = String::new(),
        name_format: SamlAttributeNameFormat = SamlAttributeNameFormat::default(),
        ..
        friendly_name: Option<String>,
    }

    /// Where the value of an attribute comes from.
    #[schemars(extend("required" = ["from", "to"]))]
    pub struct SamlAttributeMapping {
        from: SamlAttributeSource = SamlAttributeSource::default(),
        to: SamlAttributeTarget = SamlAttributeTarget::default(),
    }

    /// Either an attribute of the user or a text made from several.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
    pub struct SamlAttributeSource {
        ..
        user_profile: Option<SamlUserProfilePointer>,
        text_template: Option<SamlTextTemplate>,
    }

    /// An attribute of the user.
    #[schemars(extend("required" = ["pointer"]))]
    pub struct SamlUserProfilePointer {
        #[schemars(with = "text::JsonPointer")]
        pointer: String = String::new(),
    }

    /// A text in which `{{.…}}` stands for attributes of the user.
    #[schemars(extend("required" = ["template"]))]
    pub struct SamlTextTemplate {
        #[schemars(with = "text::TextTemplate")]
        template: String = String::new(),
    }

    /// One of the defined attributes.
    #[schemars(extend("required" = ["saml_attribute"]))]
    pub struct SamlAttributeTarget {
        saml_attribute: String = String::new(),
    }
}

choice! {
    /// How users are named (SAML core §8.3).
    pub enum SamlNameIdFormat {
        Unspecified = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
        EmailAddress = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
    }

    /// What an unspecified name is.
    pub enum SamlNameIdAttribute {
        Sub = "/sub",
        Email = "/email",
        PhoneNumber = "/phone_number",
        PreferredUsername = "/preferred_username",
    }

    /// How a message travels (SAML bindings §3).
    pub enum SamlBinding {
        HttpRedirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
        HttpPost = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
    }

    /// How messages are signed.
    pub enum SamlSignatureMethod {
        RsaSha256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    }

    /// How an attribute's name is to be read (SAML core §8.2).
    pub enum SamlAttributeNameFormat {
        Unspecified = "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified",
        Uri = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
        Basic = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic",
    }
}

impl SamlConfig {
    pub fn find_service_provider(&self, client_id: &str) -> Option<&SamlServiceProvider> {
        self.service_providers.iter().find(|it| !client_id.is_empty() && it.client_id == client_id)
    }

    pub(crate) fn resolve(&mut self) {
        for provider in &mut self.service_providers {
            if provider.nameid_format == SamlNameIdFormat::Unspecified {
                provider.nameid_attribute_pointer.get_or_insert_default();
            }
        }
    }
}
