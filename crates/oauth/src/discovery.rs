//! The metadata document (OpenID Connect Discovery §3, RFC 8414 §2).

use serde::Serialize;

use crate::{GRANT_TYPE_DEVICE_CODE, claims, scope};

/// Everything is derived from the public origin of the project.
#[derive(Debug, Serialize)]
pub struct Discovery {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    pub revocation_endpoint: String,
    pub end_session_endpoint: String,
    /// RFC 8628 §4.
    pub device_authorization_endpoint: String,
    pub jwks_uri: String,
    pub scopes_supported: &'static [&'static str],
    pub response_types_supported: &'static [&'static str],
    pub response_modes_supported: &'static [&'static str],
    pub grant_types_supported: &'static [&'static str],
    pub code_challenge_methods_supported: &'static [&'static str],
    pub token_endpoint_auth_methods_supported: &'static [&'static str],
    pub subject_types_supported: &'static [&'static str],
    pub id_token_signing_alg_values_supported: &'static [&'static str],
    pub dpop_signing_alg_values_supported: &'static [&'static str],
    pub claims_supported: &'static [&'static str],
    pub ui_locales_supported: Vec<String>,
    /// Said because leaving it out would mean yes.
    pub request_uri_parameter_supported: bool,
    /// RFC 9207 §3: every authorization response carries `iss`.
    pub authorization_response_iss_parameter_supported: bool,
}

impl Discovery {
    /// `origin` has no trailing slash: it is the issuer, which clients compare exactly.
    pub fn new(origin: &str, ui_locales: Vec<String>) -> Self {
        Self {
            issuer: origin.to_owned(),
            authorization_endpoint: format!("{origin}/oauth2/authorize"),
            token_endpoint: format!("{origin}/oauth2/token"),
            userinfo_endpoint: format!("{origin}/oauth2/userinfo"),
            revocation_endpoint: format!("{origin}/oauth2/revoke"),
            end_session_endpoint: format!("{origin}/oauth2/end_session"),
            device_authorization_endpoint: format!("{origin}/oauth2/device_authorization"),
            jwks_uri: format!("{origin}/oauth2/jwks"),
            scopes_supported: &scope::SUPPORTED,
            response_types_supported: &["code", "none"],
            response_modes_supported: &["query", "fragment", "form_post"],
            grant_types_supported: &[
                "authorization_code",
                "refresh_token",
                "client_credentials",
                GRANT_TYPE_DEVICE_CODE,
            ],
            code_challenge_methods_supported: &["S256"],
            token_endpoint_auth_methods_supported: &[
                "none",
                "client_secret_post",
                "client_secret_basic",
            ],
            subject_types_supported: &["public"],
            id_token_signing_alg_values_supported: &["RS256"],
            dpop_signing_alg_values_supported: &["ES256", "RS256", "EdDSA"],
            claims_supported: &claims::SUPPORTED,
            ui_locales_supported: ui_locales,
            request_uri_parameter_supported: false,
            authorization_response_iss_parameter_supported: true,
        }
    }
}
