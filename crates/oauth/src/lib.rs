//! The wire vocabulary of OAuth 2.0 and OpenID Connect: parameters, requests, answers, codes.
//!
//! Pure text in, values out. What a request may do is decided by the rules; how an answer
//! travels is decided by the surface.

mod authorization;
pub mod claims;
mod claims_request;
mod device;
mod device_authorization;
mod discovery;
mod error;
mod login_hint;
mod params;
mod pkce;
mod response;
pub mod scope;
pub mod settings_action;
mod sid;
mod token;

pub use authorization::{
    AuthorizationRequest, Extensions, Prompt, ResponseMode, ResponseType, SETTINGS_ACTION,
    code_challenge, is_pre_authenticated_url,
};
pub use claims_request::{ACR, ACR_VALUES, ClaimsRequest, acr_of};
pub use device::{DeviceInfo, DeviceInfoError};
pub use device_authorization::DeviceAuthorization;
pub use discovery::Discovery;
pub use error::{ErrorCode, OAuthError};
pub use login_hint::LoginHint;
pub use params::{Params, ParamsError};
pub use pkce::CodeChallenge;
pub use response::{FormPost, redirect_with_fragment, redirect_with_query};
pub use settings_action::SettingsAction;
pub use sid::{SessionKind, Sid};
pub use token::{GRANT_TYPE_DEVICE_CODE, GrantType, TokenRequest, TokenResponse};
