//! The steps of a case: an action each, with the fields that belong to it and no others.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

#[derive(Clone, Debug)]
pub struct Step {
    /// Later steps refer to its result by this.
    pub name: String,
    pub action: Action,
}

#[derive(Clone, Debug)]
pub enum Action {
    Create(Create),
    Input(Input),
    OAuthRedirect(OAuthRedirect),
    GenerateTotp(GenerateTotp),
    Query(Query),
    AuditQuery(Query),
    HttpRequest(Box<HttpRequest>),
    SamlRequest(Box<SamlRequest>),
    OAuthSetup(OAuthSetup),
    ExchangeCode(ExchangeCode),
    ApproveConsent(ApproveConsent),
    GraphQl(GraphQl),
    ImportCreate(ImportCreate),
    ImportGet(ImportGet),
    HookQuery(HookQuery),
    MailQuery(MailQuery),
    Sleep(Sleep),
    GenerateRefreshToken(RefreshToken),
    GenerateAppSessionToken { refresh_token: String },
    GeneratePkce,
    ClearCookies(ClearCookies),
    DeviceJwt(DeviceJwt),
}

/// Declares an action's fields: nothing that is not listed may stand in the step.
macro_rules! fields {
    ($( $(#[$meta:meta])* $name:ident { $( $(#[$field:meta])* $member:ident : $type:ty, )* } )*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, Default, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name { $( $(#[$field])* pub $member: $type, )* }
        )*
    };
}

fields! {
    /// What the flow API should answer: either, both, or nothing in particular.
    Output {
        #[serde(default)] result: Option<String>,
        #[serde(default)] error: Option<String>,
    }
    SessionCookie { idp_session_id: String, idp_session_token: String, }
    Create {
        input: String,
        #[serde(default)] output: Option<Output>,
        #[serde(default)] session_cookie: Option<SessionCookie>,
    }
    Input {
        input: String,
        #[serde(default)] output: Option<Output>,
        #[serde(default)] state_token: Option<String>,
        #[serde(default)] session_cookie: Option<SessionCookie>,
    }
    /// Its `output` is accepted and means nothing, as in the original.
    OAuthRedirect {
        to: String,
        redirect_uri: String,
        #[serde(default)] output: Option<Output>,
    }
    GenerateTotp {
        totp_secret: String,
        #[serde(default)] output: Option<Output>,
    }
    Rows { rows: String, }
    Query {
        #[serde(alias = "audit_query")] query: String,
        #[serde(default, alias = "audit_query_output")] query_output: Option<Rows>,
    }
    HttpRequest {
        http_request_method: String,
        http_request_url: String,
        #[serde(default)] http_request_query: BTreeMap<String, String>,
        #[serde(default)] http_request_headers: BTreeMap<String, String>,
        #[serde(default)] http_request_body: Option<String>,
        #[serde(default)] http_request_form_urlencoded_body: Option<BTreeMap<String, String>>,
        #[serde(default)] http_request_follow_redirects: Option<bool>,
        #[serde(default)] http_request_session_cookie: Option<SessionCookie>,
        #[serde(default)] http_output: Option<HttpOutput>,
    }
    HttpOutput {
        #[serde(default)] http_status: Option<u16>,
        #[serde(default)] redirect_path: Option<String>,
        #[serde(default)] json_body: Option<String>,
        #[serde(default)] html_xpath_exists: Vec<String>,
        #[serde(default)] html_text_contains: Vec<String>,
        #[serde(default)] location_not_contains: Vec<String>,
        #[serde(default)] saml_element: Option<SamlElement>,
        /// An extension of ours: headers by lower-case name, each with a matcher; rendered.
        #[serde(default)] http_headers: Map<String, Value>,
    }
    SamlElement {
        element_name: String,
        binding: String,
        #[serde(rename = "match")] expected: String,
    }
    SamlRequest {
        saml_element_name: String,
        saml_element: String,
        saml_request_destination: String,
        saml_request_binding: String,
        #[serde(default)] saml_request_relay_state: Option<String>,
        #[serde(default)] saml_request_session_cookie: Option<SessionCookie>,
        #[serde(default)] saml_output: Option<SamlOutput>,
    }
    SamlOutput {
        #[serde(default)] http_status: Option<u16>,
        #[serde(default)] redirect_path: Option<String>,
        #[serde(default)] saml_element: Option<SamlElement>,
    }
    OAuthSetup {
        #[serde(default)] oauth_setup_client_id: Option<String>,
        #[serde(default)] oauth_setup_scope: Option<Vec<String>>,
        #[serde(default)] oauth_setup_sso_enabled: bool,
        #[serde(default)] oauth_setup_sso_enabled_omitted: bool,
    }
    ExchangeCode {
        oauth_exchange_code_redirect_uri: String,
        oauth_exchange_code_code_verifier: String,
        #[serde(default)] oauth_exchange_code_client_id: Option<String>,
        #[serde(default)] oauth_exchange_code_client_secret: Option<String>,
        #[serde(default)] output: Option<Output>,
    }
    ApproveConsent { oauth_approve_consent_redirect_uri: String, }
    GraphQl {
        admin_api_request: GraphQlRequest,
        #[serde(default)] admin_api_output: Option<GraphQlOutput>,
    }
    GraphQlRequest {
        query: String,
        #[serde(default)] variables: Option<String>,
    }
    GraphQlOutput { #[serde(default)] result: Option<String>, }
    ImportCreate {
        admin_api_user_import_request: ImportRequest,
        #[serde(default)] admin_api_user_import_output: Option<AdminOutput>,
    }
    ImportRequest { json_document: String, }
    ImportGet {
        admin_api_user_import_id: String,
        #[serde(default)] admin_api_user_import_output: Option<AdminOutput>,
    }
    AdminOutput {
        #[serde(default)] result: Option<String>,
        #[serde(default)] error: Option<String>,
    }
    HookQuery {
        hook_server_path: String,
        #[serde(default)] hook_server_output: Option<Rows>,
    }
    MailQuery {
        smtp_log_subject: String,
        smtp_log_recipient: String,
        #[serde(default)] smtp_log_output: Option<Rows>,
    }
    Sleep { sleep_for: String, }
    RefreshToken {
        generate_refresh_token_user_id: String,
        generate_refresh_token_client_id: String,
    }
    AppSessionToken { generate_app_session_token_refresh_token: String, }
    Nothing {}
    /// An extension of ours: a JWT that a device signs with a key of this name.
    DeviceJwt {
        device_key: String,
        device_jwt_type: String,
        device_jwt_claims: String,
    }
    ClearCookies { #[serde(default)] clear_cookies_names: Vec<String>, }
}

impl Step {
    /// Reads the step at position `number` of a case.
    pub fn read(step: &Value, number: usize) -> Result<Self> {
        let mut fields = step.as_object().context("a step is an object")?.clone();
        let mut text = |field: &str| match fields.remove(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => bail!("`{field}` is not text"),
        };
        let name = text("name")?.unwrap_or_else(|| format!("step {}", number + 1));
        let action = text("action")?.unwrap_or_else(|| "input".to_owned());
        let action = Action::read(&action, fields).with_context(|| format!("action {action}"))?;
        Ok(Self { name, action })
    }
}

impl Action {
    fn read(name: &str, fields: Map<String, Value>) -> Result<Self> {
        Ok(match name {
            "create" => Self::Create(typed(fields)?),
            "input" => Self::Input(typed(fields)?),
            "oauth_redirect" => Self::OAuthRedirect(typed(fields)?),
            "generate_totp_code" => Self::GenerateTotp(typed(fields)?),
            "query" => Self::Query(typed(fields)?),
            "audit_query" => Self::AuditQuery(typed(fields)?),
            "http_request" => Self::HttpRequest(typed(fields)?),
            "saml_request" => Self::SamlRequest(typed(fields)?),
            "oauth_setup" => Self::OAuthSetup(typed(fields)?),
            "oauth_exchange_code" => Self::ExchangeCode(typed(fields)?),
            "oauth_approve_consent" => Self::ApproveConsent(typed(fields)?),
            "admin_api_graphql" => Self::GraphQl(typed(fields)?),
            "admin_api_user_import_create" => Self::ImportCreate(typed(fields)?),
            "admin_api_user_import_get" => Self::ImportGet(typed(fields)?),
            "hook_server_query" => Self::HookQuery(typed(fields)?),
            "smtp_log_query" => Self::MailQuery(typed(fields)?),
            "sleep" => Self::Sleep(typed(fields)?),
            "generate_refresh_token" => Self::GenerateRefreshToken(typed(fields)?),
            "generate_app_session_token" => {
                let fields: AppSessionToken = typed(fields)?;
                let refresh_token = fields.generate_app_session_token_refresh_token;
                Self::GenerateAppSessionToken { refresh_token }
            }
            "generate_pkce" => {
                let Nothing {} = typed(fields)?;
                Self::GeneratePkce
            }
            "clear_cookies" => Self::ClearCookies(typed(fields)?),
            "sign_device_jwt" => Self::DeviceJwt(typed(fields)?),
            _ => bail!("there is no such action"),
        })
    }
}

fn typed<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T> {
    Ok(serde_json::from_value(Value::Object(fields))?)
}
