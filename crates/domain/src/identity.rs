//! What a person says they are.

mod access;

use std::fmt;

use serde_json::Value;
use stdx::Timestamp;

use crate::{Attributes, UserId};

pub use access::SHARED_CLAIMS;

stdx::id_type! {
    IdentityId,
}

/// One identity of one person.
#[derive(Clone, Debug, PartialEq)]
pub enum Identity {
    LoginId(LoginId),
    OAuth(OAuthIdentity),
    Ldap(LdapIdentity),
    Anonymous(AnonymousIdentity),
    Passkey(PasskeyIdentity),
    Biometric(BiometricIdentity),
}

/// What every identity has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityBase {
    pub id: IdentityId,
    pub user_id: UserId,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The value of the `type` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentityType {
    LoginId,
    OAuth,
    Anonymous,
    Biometric,
    Passkey,
    Siwe,
    Ldap,
}

/// An email address, a phone number or a username to sign in with.
#[derive(Clone, Debug, PartialEq)]
pub struct LoginId {
    pub base: IdentityBase,
    /// Which of the project's configured keys it fills.
    pub key: String,
    pub r#type: LoginIdType,
    /// Normalised: what is compared and shown.
    pub login_id: String,
    /// As it was typed.
    pub original_login_id: String,
    /// What must be unique within the project: stricter than the normalised value.
    pub unique_key: String,
    /// The standard attribute that follows from it.
    pub claims: Attributes,
}

/// An account at another provider.
#[derive(Clone, Debug, PartialEq)]
pub struct OAuthIdentity {
    pub base: IdentityBase,
    pub provider: OAuthProviderId,
    /// Who the person is at the provider.
    pub subject: String,
    /// What the provider said, as it said it.
    pub profile: Attributes,
    /// Standard claims worked out of it.
    pub claims: Attributes,
}

/// What tells one provider's namespace of subjects from another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthProviderId {
    /// `google`, `azureadv2`, …
    pub r#type: String,
    /// What else belongs to it, such as a tenant. In order of the names.
    pub keys: Attributes,
}

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq)]
pub struct LdapIdentity {
    pub base: IdentityBase,
    pub server_name: String,
    pub user_id_attribute_name: String,
    pub user_id_attribute_value: Vec<u8>,
    pub claims: Attributes,
    pub raw_entry: Attributes,
    pub last_login_username: Option<String>,
}

/// Somebody who has said nothing yet; an app may hold a key that proves it is them again.
#[derive(Clone, Debug, PartialEq)]
pub struct AnonymousIdentity {
    pub base: IdentityBase,
    pub key_id: Option<String>,
    /// The public key (RFC 7517).
    pub key: Option<Value>,
}

/// A WebAuthn credential that can name its owner.
#[derive(Clone, Debug, PartialEq)]
pub struct PasskeyIdentity {
    pub base: IdentityBase,
    /// Base64url, unpadded.
    pub credential_id: String,
    pub creation_options: Value,
    pub attestation_response: Value,
}

/// A key in a device, behind the device's own check of who is holding it.
#[derive(Clone, Debug, PartialEq)]
pub struct BiometricIdentity {
    pub base: IdentityBase,
    pub key_id: String,
    /// The public key (RFC 7517).
    pub key: Value,
    pub device_info: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LoginIdType {
    Email,
    Phone,
    Username,
}

/// A claim whose owner proved that it is theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedClaim {
    pub id: String,
    pub user_id: UserId,
    /// `email` or `phone_number`.
    pub name: String,
    pub value: String,
    pub created_at: Timestamp,
    /// The channel by which the proof travelled, where that is known.
    pub channel: Option<String>,
}

impl IdentityType {
    pub const ALL: [Self; 7] = [
        Self::LoginId,
        Self::OAuth,
        Self::Anonymous,
        Self::Biometric,
        Self::Passkey,
        Self::Siwe,
        Self::Ldap,
    ];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoginId => "login_id",
            Self::OAuth => "oauth",
            Self::Anonymous => "anonymous",
            Self::Biometric => "biometric",
            Self::Passkey => "passkey",
            Self::Siwe => "siwe",
            Self::Ldap => "ldap",
        }
    }
}

impl LoginIdType {
    pub const ALL: [Self; 3] = [Self::Email, Self::Phone, Self::Username];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Username => "username",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }

    /// The OpenID Connect claim that carries it.
    pub const fn claim(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone_number",
            Self::Username => "preferred_username",
        }
    }
}

impl fmt::Display for LoginIdType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
