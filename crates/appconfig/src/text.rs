//! Strings with a format, as the JSON Schema names them.
//!
//! A field stays a `String`; `#[schemars(with = "text::Uri")]` says what it must look like.
//! What each format means is in [`crate::formats`].

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

macro_rules! formats {
    ($( $name:ident = $format:literal ),* $(,)?) => { $(
        pub struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": $format })
            }
        }
    )* };
}

formats! {
    Bcp47 = "bcp47",
    Certificate = "x_x509_certificate_pem",
    Cidr = "x_cidr",
    ContractId = "x_web3_contract_id",
    CustomAttributePointer = "x_custom_attribute_pointer",
    DateTime = "date-time",
    Email = "email",
    EmailNameAddr = "email-name-addr",
    GoogleTagManagerId = "google_tag_manager_container_id",
    HookUri = "x_hook_uri",
    HttpOrigin = "http_origin",
    HttpOriginSpec = "http_origin_spec",
    JsonPointer = "json-pointer",
    LdapAttribute = "ldap_attribute_name",
    LdapDn = "ldap_dn",
    LdapFilter = "ldap_search_filter_template",
    LdapUrl = "ldap_url",
    NetworkId = "x_web3_network_id",
    PublicHttpsUrl = "x_public_https_url",
    Regex = "x_re2_regex",
    TextTemplate = "x_text_template",
    Uri = "uri",
    WeChatAccountId = "wechat_account_id",
}

/// A two-letter country code.
pub struct GeoCode;

impl JsonSchema for GeoCode {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("GeoCode")
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 2, "maxLength": 2 })
    }
}

/// The name of a flow, a step or a group of flows.
pub struct ObjectName;

impl JsonSchema for ObjectName {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("AuthenticationFlowObjectName")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$" })
    }
}
