//! The token endpoint's request and answer (RFC 6749 §5, OpenID Connect Core §3.1.3).

use serde::Serialize;

use crate::params::printable;
use crate::{ErrorCode, OAuthError, Params};

/// The grant of RFC 8628 §3.4, which a client must have among its `grant_types`.
pub const GRANT_TYPE_DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The grants that we redeem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    AuthorizationCode,
    RefreshToken,
    /// A device signs somebody in who has no name.
    AnonymousRequest,
    /// One app signs another in.
    App2AppRequest,
    /// A fresh ID token for the holder of a session.
    IdToken,
    /// Somebody is done with a settings action.
    SettingsAction,
    /// A device signs somebody in with a key behind its biometric lock.
    BiometricRequest,
    /// An app opens a page of another client's as its person (RFC 8693).
    TokenExchange,
    /// A client acts for itself (RFC 6749 §4.4).
    ClientCredentials,
    /// A device without a browser, whose person has answered elsewhere (RFC 8628 §3.4).
    DeviceCode,
}

impl GrantType {
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        match params.get("grant_type") {
            Some("authorization_code") => Ok(Self::AuthorizationCode),
            Some("refresh_token") => Ok(Self::RefreshToken),
            Some("urn:authgear:params:oauth:grant-type:anonymous-request") => {
                Ok(Self::AnonymousRequest)
            }
            Some("urn:authgear:params:oauth:grant-type:app2app-request") => {
                Ok(Self::App2AppRequest)
            }
            Some("urn:authgear:params:oauth:grant-type:biometric-request") => {
                Ok(Self::BiometricRequest)
            }
            Some("urn:authgear:params:oauth:grant-type:id-token") => Ok(Self::IdToken),
            Some("urn:ietf:params:oauth:grant-type:token-exchange") => Ok(Self::TokenExchange),
            Some("urn:authgear:params:oauth:grant-type:settings-action") => {
                Ok(Self::SettingsAction)
            }
            Some("client_credentials") => Ok(Self::ClientCredentials),
            Some(GRANT_TYPE_DEVICE_CODE) => Ok(Self::DeviceCode),
            None => Err(OAuthError::invalid_request("grant_type is required")),
            Some(other) => Err(OAuthError::new(
                ErrorCode::UnsupportedGrantType,
                format!("grant type {} is not supported", printable(other)),
            )),
        }
    }
}

/// A parsed token request; which fields it needs depends on its grant.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    pub grant_type: GrantType,
    params: Params,
}

impl TokenRequest {
    pub fn parse(params: Params) -> Result<Self, OAuthError> {
        Ok(Self { grant_type: GrantType::parse(&params)?, params })
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.params.get(name)
    }

    /// The value, or an error that names it as people read it: `refresh token is required`.
    pub fn require(&self, name: &'static str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| {
            OAuthError::invalid_request(format!("{} is required", name.replace('_', " ")))
        })
    }

    pub fn params(&self) -> &Params {
        &self.params
    }
}

/// What is handed out. Empty fields are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TokenResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Proves, beside an ID token, that it is the device that signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_secret: Option<String>,
    /// What the token of an exchange is (RFC 8693 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
    /// App2App: the code for the other app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

#[cfg(test)]
mod tests;
