//! The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1, and `x_…`).
//!
//! Only the shape is checked here. Whether the client may ask for it is a rule.

use serde::{Deserialize, Serialize};

use crate::params::printable;
use crate::{ClaimsRequest, CodeChallenge, ErrorCode, OAuthError, Params};

/// The response type of a settings action.
pub const SETTINGS_ACTION: &str = "urn:authgear:params:oauth:response-type:settings-action";

/// A request, as it is kept while the person signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    pub client_id: String,
    pub redirect_uri: String,
    pub response_type: ResponseType,
    pub response_mode: ResponseMode,
    pub scope: String,
    pub state: Option<String>,
    pub nonce: Option<String>,
    pub prompt: Prompt,
    pub max_age_seconds: Option<i64>,
    pub id_token_hint: Option<String>,
    pub login_hint: Option<String>,
    pub ui_locales: Option<String>,
    pub code_challenge: Option<String>,
    /// The key that will redeem the code (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
    /// The server that tokens will be for (RFC 8707 §2.1).
    #[serde(default)]
    pub resource: Option<String>,
    #[serde(default)]
    pub claims: ClaimsRequest,
    pub x: Extensions,
}

/// Parameters of our own family of SDKs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extensions {
    pub state: Option<String>,
    pub page: Option<String>,
    pub sso_enabled: Option<bool>,
    pub suppress_idp_session_cookie: Option<bool>,
    pub color_scheme: Option<String>,
    pub platform: Option<String>,
    pub wechat_redirect_uri: Option<String>,
    pub oauth_provider_alias: Option<String>,
    pub authentication_flow_group: Option<String>,
    /// What is to be changed, for the response type of that.
    #[serde(default)]
    pub settings_action: Option<String>,
    /// What more the page of the action is told; a query of its own.
    #[serde(default)]
    pub settings_action_query: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseType {
    Code,
    /// Only the sign-in at the provider matters (OAuth 2.0 Multiple Response Types §4).
    None,
    /// Nothing comes back to a browser: a device asks for the outcome (RFC 8628). No request says
    /// this; it is how we keep one that began with a device's code.
    Device,
    /// Something of the account is changed on our pages; the code tells that it was.
    SettingsAction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    Query,
    Fragment,
    FormPost,
}

/// `prompt` (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the parameter is a set of four words")]
pub struct Prompt {
    pub none: bool,
    pub login: bool,
    pub consent: bool,
    pub select_account: bool,
}

impl AuthorizationRequest {
    /// Reads a request whose client and redirect URI the caller has found to belong together,
    /// so that an error may be sent there.
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        refuse_request_objects(params)?;
        Ok(Self {
            client_id: required(params, "client_id")?,
            redirect_uri: required(params, "redirect_uri")?,
            response_type: response_type(params)?,
            response_mode: ResponseMode::parse(params)?,
            scope: required(params, "scope")?,
            state: params.owned("state"),
            nonce: params.owned("nonce"),
            prompt: prompt(params)?,
            max_age_seconds: max_age(params)?,
            id_token_hint: params.owned("id_token_hint"),
            login_hint: params.owned("login_hint"),
            ui_locales: params.owned("ui_locales"),
            code_challenge: code_challenge(params)?.map(|it| it.as_str().to_owned()),
            dpop_jkt: dpop_jkt(params)?,
            resource: params.owned("resource"),
            claims: ClaimsRequest::parse(params)?,
            x: Extensions::read(params),
        })
    }

    /// What a client asks for by a device's code: nothing goes back through a browser.
    pub fn for_device(client_id: String, scope: String, page: String) -> Self {
        Self {
            client_id,
            redirect_uri: page,
            response_type: ResponseType::Device,
            response_mode: ResponseMode::Query,
            scope,
            state: None,
            nonce: None,
            prompt: Prompt::default(),
            max_age_seconds: None,
            id_token_hint: None,
            login_hint: None,
            ui_locales: None,
            code_challenge: None,
            dpop_jkt: None,
            resource: None,
            claims: ClaimsRequest::default(),
            x: Extensions::default(),
        }
    }

    /// Whether the browser session is shared with the grant. An explicit `x_sso_enabled` wins
    /// over the older parameter.
    pub fn sso_enabled(&self) -> bool {
        self.x.sso_enabled == Some(true)
    }

    /// Whether signing in leaves the provider's cookie alone.
    pub fn suppresses_idp_session_cookie(&self) -> bool {
        match self.x.sso_enabled {
            Some(enabled) => !enabled,
            None => self.x.suppress_idp_session_cookie == Some(true),
        }
    }
}

impl ResponseMode {
    /// Read apart from the rest, because an error travels in the same mode.
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        match params.get("response_mode") {
            // RFC 6749 §4.1.2: a code comes in the query unless asked otherwise.
            None | Some("query") => Ok(Self::Query),
            Some("fragment") => Ok(Self::Fragment),
            Some("form_post") => Ok(Self::FormPost),
            // What goes well leaves a cookie; what does not is told in the query.
            Some("cookie") if is_pre_authenticated_url(params) => Ok(Self::Query),
            Some(_) => Err(OAuthError::invalid_request("response_mode is not supported")),
        }
    }
}

/// Whether a page is to be opened with a token that an app got for it. The response type is a set
/// of two words (OAuth 2.0 Multiple Response Types §3).
pub fn is_pre_authenticated_url(params: &Params) -> bool {
    const KIND: &str = "urn:authgear:params:oauth:response-type:pre-authenticated-url";
    let words: Vec<&str> = params.get("response_type").unwrap_or_default().split(' ').collect();
    words == [KIND, "token"] || words == ["token", KIND]
}

/// PKCE of a request: S256 or nothing. Leaving out the method means `plain` (RFC 7636 §4.3),
/// which is refused.
pub fn code_challenge(params: &Params) -> Result<Option<CodeChallenge>, OAuthError> {
    let method = params.get("code_challenge_method");
    match (params.get("code_challenge"), method) {
        (None, None) => Ok(None),
        (Some(challenge), Some("S256")) => CodeChallenge::parse(challenge)
            .map(Some)
            .ok_or_else(|| OAuthError::invalid_request("code_challenge is malformed")),
        (None, Some(_)) => Err(OAuthError::invalid_request("code_challenge is missing")),
        (Some(_), _) => Err(OAuthError::invalid_request("only 'S256' PKCE transform is supported")),
    }
}

impl Extensions {
    fn read(params: &Params) -> Self {
        let flag = |name| params.get(name).map(|value| value == "true");
        Self {
            state: params.owned("x_state"),
            page: params.owned("x_page"),
            sso_enabled: flag("x_sso_enabled"),
            suppress_idp_session_cookie: flag("x_suppress_idp_session_cookie"),
            color_scheme: params.owned("x_color_scheme"),
            platform: params.owned("x_platform"),
            wechat_redirect_uri: params.owned("x_wechat_redirect_uri"),
            oauth_provider_alias: params.owned("x_oauth_provider_alias"),
            authentication_flow_group: params.owned("x_authentication_flow_group"),
            settings_action: params.owned("x_settings_action"),
            settings_action_query: params.owned("x_settings_action_query"),
        }
    }
}

/// OpenID Connect Core §6: what we do not process we must refuse, not overlook. A request object that
/// could be opened is not here any more.
fn refuse_request_objects(params: &Params) -> Result<(), OAuthError> {
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        if params.get(name).is_some() {
            return Err(OAuthError::new(code, format!("{name} is not supported")));
        }
    }
    Ok(())
}

/// A SHA-256 thumbprint in base64url (RFC 9449 §10).
fn dpop_jkt(params: &Params) -> Result<Option<String>, OAuthError> {
    const CHARS: usize = 43;
    let is_known = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
    match params.owned("dpop_jkt") {
        Some(jkt) if jkt.len() != CHARS || !jkt.bytes().all(is_known) => {
            Err(OAuthError::invalid_request("dpop_jkt is not a thumbprint"))
        }
        jkt => Ok(jkt),
    }
}

fn required(params: &Params, name: &'static str) -> Result<String, OAuthError> {
    params.owned(name).ok_or_else(|| OAuthError::invalid_request(format!("{name} is required")))
}

fn response_type(params: &Params) -> Result<ResponseType, OAuthError> {
    match params.get("response_type") {
        Some("code") => Ok(ResponseType::Code),
        Some("none") => Ok(ResponseType::None),
        Some(SETTINGS_ACTION) => Ok(ResponseType::SettingsAction),
        None => Err(OAuthError::invalid_request("response_type is required")),
        Some(other) => Err(OAuthError::new(
            ErrorCode::UnsupportedResponseType,
            format!("response_type {} is not supported", printable(other)),
        )),
    }
}

fn prompt(params: &Params) -> Result<Prompt, OAuthError> {
    let mut prompt = Prompt::default();
    for word in params.get("prompt").unwrap_or_default().split(' ') {
        match word {
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            "select_account" => prompt.select_account = true,
            // Words of other specifications (such as `create`) change nothing here.
            _ => {}
        }
    }
    if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
        return Err(OAuthError::invalid_request(
            "prompt cannot have other values when none is set",
        ));
    }
    Ok(prompt)
}

fn max_age(params: &Params) -> Result<Option<i64>, OAuthError> {
    let Some(text) = params.get("max_age") else { return Ok(None) };
    match text.parse() {
        Ok(seconds @ 0..) => Ok(Some(seconds)),
        _ => Err(OAuthError::invalid_request("max_age is not a number of seconds")),
    }
}

#[cfg(test)]
mod tests;
