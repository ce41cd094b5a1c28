//! `identity.oauth`: identity providers that people sign in with.
//!
//! Keys that a provider does not know are ignored, as they always were: files in the
//! wild carry leftovers of providers that were edited.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::section::{choice, is_empty, section};
use crate::text;

section! {
    /// The providers, each with an alias of its own.
    pub struct OAuthSsoConfig {
        ..
        providers: Vec<OAuthProvider>,
    }

    /// What is made of the claims a provider sends. Resolved where it is absent.
    pub struct ProviderClaims {
        email: ProviderClaim = ProviderClaim::default(),
    }

    /// What is made of one claim. Both are present in a resolved configuration.
    pub struct ProviderClaim {
        ..
        assume_verified: Option<bool>,
        required: Option<bool>,
    }
}

/// One provider. Which keys it needs depends on its type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["alias"], "if" = uses_demo_credentials(), "else" = needs()))]
pub struct OAuthProvider {
    #[schemars(length(min = 1))]
    pub alias: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<ProviderType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub client_id: Option<String>,
    #[serde(skip_serializing_if = "is_empty")]
    pub claims: Option<ProviderClaims>,
    /// Present in a resolved configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_disabled: Option<bool>,
    /// Present in a resolved configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_disabled: Option<bool>,
    /// The older way to say both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modify_disabled: Option<bool>,
    #[serde(skip_serializing_if = "is_empty")]
    pub do_not_store_identity_attributes: bool,
    #[serde(skip_serializing_if = "is_empty")]
    pub include_identity_attributes_in_id_token: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials_behavior: Option<CredentialsBehavior>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub domain_hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "text::Uri")]
    pub discovery_document_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_type: Option<WeChatAppType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "text::WeChatAccountId")]
    pub account_id: Option<String>,
    #[serde(skip_serializing_if = "is_empty")]
    pub is_sandbox_account: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<text::Uri>")]
    pub wechat_redirect_uris: Vec<String>,
    /// Asked for instead of `openid profile email`, or of nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(length(min = 1)))]
    pub x_scopes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "text::Uri")]
    pub x_authorization_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "text::Uri")]
    pub x_token_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "text::Uri")]
    pub x_userinfo_endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x_client_authentication: Option<ClientAuthentication>,
    /// Where the account is in what the provider says of somebody; `/sub` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "text::JsonPointer")]
    pub x_subject_pointer: Option<String>,
    /// Where standard claims are, when not under their own names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, text::JsonPointer>")]
    pub x_claim_pointers: BTreeMap<String, String>,
}

choice! {
    /// The providers we know.
    pub enum ProviderType {
        Google = "google",
        Facebook = "facebook",
        Github = "github",
        Linkedin = "linkedin",
        AzureAdV2 = "azureadv2",
        AzureAdB2c = "azureadb2c",
        Adfs = "adfs",
        Apple = "apple",
        WeChat = "wechat",
        /// Any that speaks OpenID Connect. Not upstream's.
        AnyOpenId = "x_oidc",
        /// Any that speaks OAuth 2.0. Not upstream's.
        AnyOAuth2 = "x_oauth2",
    }

    /// How a client shows its secret (RFC 6749 §2.3.1).
    pub enum ClientAuthentication {
        Post = "client_secret_post",
        Basic = "client_secret_basic",
    }

    /// Whose client secret is used.
    pub enum CredentialsBehavior {
        Project = "use_project_credentials",
        Demo = "use_demo_credentials",
    }

    /// Where a WeChat account is used.
    pub enum WeChatAppType {
        Mobile = "mobile",
        Web = "web",
    }
}

impl ProviderType {
    /// The keys a provider of the type needs beyond `type` and `client_id`.
    fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Google | Self::Facebook | Self::Github | Self::Linkedin => &[],
            Self::AzureAdV2 => &["tenant"],
            Self::AzureAdB2c => &["tenant", "policy"],
            Self::Adfs | Self::AnyOpenId => &["discovery_document_endpoint"],
            Self::Apple => &["key_id", "team_id"],
            Self::WeChat => &["app_type", "account_id"],
            Self::AnyOAuth2 => {
                &["x_authorization_endpoint", "x_token_endpoint", "x_userinfo_endpoint"]
            }
        }
    }
}

fn uses_demo_credentials() -> Value {
    json!({
        "properties": { "credentials_behavior": { "const": CredentialsBehavior::Demo } },
        "required": ["credentials_behavior"],
    })
}

fn needs() -> Value {
    let by_type = ProviderType::ALL.iter().map(|kind| {
        json!({
            "if": { "properties": { "type": { "const": kind } }, "required": ["type"] },
            "then": { "required": kind.needs() },
        })
    });
    json!({ "required": ["type", "client_id"], "allOf": by_type.collect::<Vec<_>>() })
}

/// What the installation's own account at a provider needs.
pub(crate) struct DemoProvider;

impl JsonSchema for DemoProvider {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("DemoProvider")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = needs();
        schema["type"] = json!("object");
        schema["properties"] = json!({
            "type": { "type": "string", "enum": ProviderType::ALL },
            "client_id": { "type": "string", "minLength": 1 },
        });
        schema.try_into().expect("an object is a schema")
    }
}

impl OAuthSsoConfig {
    pub fn find_provider(&self, alias: &str) -> Option<&OAuthProvider> {
        self.providers.iter().find(|provider| provider.alias == alias)
    }
}

impl OAuthProvider {
    pub(crate) fn resolve(&mut self) {
        let older = self.modify_disabled.take().unwrap_or_default();
        self.create_disabled.get_or_insert(older);
        self.delete_disabled.get_or_insert(older);
        // WeChat knows no e-mail address.
        let required = self.kind != Some(ProviderType::WeChat);
        let email = &mut self.claims.get_or_insert_default().email;
        email.assume_verified.get_or_insert(true);
        email.required.get_or_insert(required);
    }
}
