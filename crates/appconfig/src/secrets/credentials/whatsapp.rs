//! WhatsApp: the two interfaces of Meta, and a service in front of one of them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use stdx::Secret;

use crate::section::choice;

/// A server of one's own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatsappOnPremisesCredentials {
    #[schemars(length(min = 1))]
    pub api_endpoint: String,
    #[schemars(length(min = 1))]
    pub username: String,
    #[schemars(with = "String", length(min = 1))]
    pub password: Secret<String>,
    pub templates: WhatsappTemplates,
}

/// The templates that were registered with Meta.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatsappTemplates {
    pub otp: WhatsappOtpTemplate,
}

/// The template that carries a code.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatsappOtpTemplate {
    #[schemars(length(min = 1))]
    pub name: String,
    #[serde(rename = "type")]
    pub kind: WhatsappTemplateType,
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub namespace: Option<String>,
    #[schemars(with = "Vec<TemplateLanguage>", length(min = 1))]
    pub languages: Vec<String>,
}

/// Meta's own servers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatsappCloudApiCredentials {
    #[schemars(length(min = 1))]
    pub phone_number_id: String,
    #[schemars(with = "String", length(min = 1))]
    pub access_token: Secret<String>,
    pub authentication_template: WhatsappAuthenticationTemplate,
    #[serde(default)]
    pub webhook: Option<WhatsappWebhook>,
}

/// The template that carries a code.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatsappAuthenticationTemplate {
    #[serde(rename = "type")]
    pub kind: WhatsappAuthenticationTemplateType,
    pub copy_code_button: WhatsappCopyCodeButton,
}

/// A template with a button that copies the code.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatsappCopyCodeButton {
    #[schemars(length(min = 1))]
    pub name: String,
    #[schemars(with = "Vec<TemplateLanguage>", length(min = 1))]
    pub languages: Vec<String>,
}

/// How Meta shows that what it sends is from Meta.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatsappWebhook {
    #[schemars(with = "String", length(min = 1))]
    pub verify_token: Secret<String>,
    #[schemars(with = "String", length(min = 1))]
    pub app_secret: Secret<String>,
}

/// A service in front of WhatsApp; no longer used.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatiCredentials {
    pub whatsapp_phone_number: String,
    #[schemars(with = "String")]
    pub webhook_auth: Secret<String>,
}

choice! {
    /// The category of a template.
    pub enum WhatsappTemplateType {
        Authentication = "authentication",
    }

    /// What a template looks like.
    pub enum WhatsappAuthenticationTemplateType {
        CopyCodeButton = "copy_code_button",
    }
}

/// A language that Meta accepts templates in.
struct TemplateLanguage;

impl JsonSchema for TemplateLanguage {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("WhatsappTemplateLanguage")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": LANGUAGES.split(' ').collect::<Vec<_>>() })
    }
}

const LANGUAGES: &str = "\
af ar ar_AE ar_EG ar_LB ar_MA ar_QA az be_BY bg bn bn_IN ca cs da de de_AT de_CH el en \
en_AE en_AU en_CA en_GB en_GH en_IE en_IN en_JM en_MY en_NZ en_QA en_SG en_UG en_US en_ZA \
es es_AR es_CL es_CO es_CR es_DO es_EC es_ES es_HN es_MX es_PA es_PE es_UY et fa fi fil fr \
fr_BE fr_CA fr_CH fr_CI fr_MA ga gu ha he hi hr hu id it ja ka kk kn ko ky_KG lo lt lv mk \
ml mr ms nb nl nl_BE pa pl prs_AF ps_AF pt_BR pt_PT ro ru rw_RW si_LK sk sl sq sr sv sw ta \
te th tr uk ur uz vi zh_CN zh_HK zh_TW zu";
