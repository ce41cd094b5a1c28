//! The metadata document (OpenID Connect Discovery §3, RFC 8414 §2).

use serde::Serialize;

use crate::{ACR_VALUES, GRANT_TYPE_DEVICE_CODE, SETTINGS_ACTION, claims, scope};

/// In what clients may sign: proofs, assertions, requests.
const SIGNED_BY_CLIENTS: [&str; 3] = ["ES256", "RS256", "EdDSA"];

/// Everything is derived from the public origin of the project.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the document is what it is")]
pub struct Discovery {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub userinfo_endpoint: String,
    pub revocation_endpoint: String,
    pub introspection_endpoint: String,
    pub end_session_endpoint: String,
    /// RFC 8628 §4.
    pub device_authorization_endpoint: String,
    pub pushed_authorization_request_endpoint: String,
    pub jwks_uri: String,
    pub scopes_supported: &'static [&'static str],
    pub response_types_supported: &'static [&'static str],
    pub response_modes_supported: &'static [&'static str],
    pub grant_types_supported: &'static [&'static str],
    pub code_challenge_methods_supported: &'static [&'static str],
    pub token_endpoint_auth_methods_supported: &'static [&'static str],
    pub token_endpoint_auth_signing_alg_values_supported: &'static [&'static str],
    /// RFC 8414 §2: only clients that can prove who they are may ask.
    pub introspection_endpoint_auth_methods_supported: &'static [&'static str],
    pub introspection_endpoint_auth_signing_alg_values_supported: &'static [&'static str],
    pub subject_types_supported: &'static [&'static str],
    pub id_token_signing_alg_values_supported: Vec<&'static str>,
    pub dpop_signing_alg_values_supported: &'static [&'static str],
    pub claims_supported: &'static [&'static str],
    pub ui_locales_supported: Vec<String>,
    /// Where clients may register themselves, if they may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub client_id_metadata_document_supported: bool,
    /// RFC 9728 §4.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub protected_resources: Vec<String>,
    pub acr_values_supported: &'static [&'static str],
    pub claims_parameter_supported: bool,
    pub request_parameter_supported: bool,
    pub request_object_signing_alg_values_supported: &'static [&'static str],
    /// Said because leaving it out would mean yes.
    pub request_uri_parameter_supported: bool,
    /// RFC 9207 §3: every authorization response carries `iss`.
    pub authorization_response_iss_parameter_supported: bool,
    /// OpenID Connect Back-Channel Logout §2.1, with the next.
    pub backchannel_logout_supported: bool,
    pub backchannel_logout_session_supported: bool,
}

impl Discovery {
    /// `origin` has no trailing slash: it is the issuer, which clients compare exactly.
    pub fn new(
        origin: &str,
        ui_locales: Vec<String>,
        signing_algorithms: Vec<&'static str>,
    ) -> Self {
        Self {
            issuer: origin.to_owned(),
            authorization_endpoint: format!("{origin}/oauth2/authorize"),
            token_endpoint: format!("{origin}/oauth2/token"),
            userinfo_endpoint: format!("{origin}/oauth2/userinfo"),
            revocation_endpoint: format!("{origin}/oauth2/revoke"),
            introspection_endpoint: format!("{origin}/oauth2/introspect"),
            end_session_endpoint: format!("{origin}/oauth2/end_session"),
            device_authorization_endpoint: format!("{origin}/oauth2/device_authorization"),
            pushed_authorization_request_endpoint: format!("{origin}/oauth2/par"),
            jwks_uri: format!("{origin}/oauth2/jwks"),
            scopes_supported: &scope::SUPPORTED,
            response_types_supported: &["code", SETTINGS_ACTION, "none"],
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
                "private_key_jwt",
            ],
            introspection_endpoint_auth_methods_supported: &[
                "client_secret_post",
                "client_secret_basic",
                "private_key_jwt",
            ],
            introspection_endpoint_auth_signing_alg_values_supported: &SIGNED_BY_CLIENTS,
            token_endpoint_auth_signing_alg_values_supported: &SIGNED_BY_CLIENTS,
            subject_types_supported: &["public", "pairwise"],
            id_token_signing_alg_values_supported: signing_algorithms,
            dpop_signing_alg_values_supported: &SIGNED_BY_CLIENTS,
            claims_supported: &claims::SUPPORTED,
            ui_locales_supported: ui_locales,
            registration_endpoint: None,
            client_id_metadata_document_supported: false,
            protected_resources: Vec::new(),
            acr_values_supported: &ACR_VALUES,
            claims_parameter_supported: true,
            request_parameter_supported: true,
            request_object_signing_alg_values_supported: &SIGNED_BY_CLIENTS,
            request_uri_parameter_supported: false,
            authorization_response_iss_parameter_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
        }
    }
}
