//! How a person proves it.

use serde_json::Value;
use stdx::{Secret, Timestamp};

use crate::UserId;

stdx::id_type! {
    AuthenticatorId,
}

/// One authenticator of one person.
#[derive(Clone, Debug, PartialEq)]
pub enum Authenticator {
    Password(PasswordAuthenticator),
    Passkey(PasskeyAuthenticator),
    Totp(TotpAuthenticator),
    OobOtp(OobOtpAuthenticator),
}

/// What every authenticator has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatorBase {
    pub id: AuthenticatorId,
    pub user_id: UserId,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub is_default: bool,
    pub kind: AuthenticatorKind,
}

/// The value of the `type` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthenticatorType {
    Password,
    Passkey,
    Totp,
    OobOtpEmail,
    OobOtpSms,
}

/// First factor or second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthenticatorKind {
    Primary,
    Secondary,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PasswordAuthenticator {
    pub base: AuthenticatorBase,
    pub password_hash: Secret<String>,
    /// From when on the person must choose another password.
    pub expire_after: Option<Timestamp>,
}

/// A WebAuthn credential.
#[derive(Clone, Debug, PartialEq)]
pub struct PasskeyAuthenticator {
    pub base: AuthenticatorBase,
    /// Base64url, unpadded.
    pub credential_id: String,
    pub creation_options: Value,
    pub attestation_response: Value,
    /// The counter that the credential last showed (WebAuthn Level 2 §6.1.1).
    pub sign_count: i64,
}

/// A shared secret that a device makes codes of (RFC 6238).
#[derive(Clone, Debug, PartialEq)]
pub struct TotpAuthenticator {
    pub base: AuthenticatorBase,
    /// Base32, unpadded.
    pub secret: Secret<String>,
    pub display_name: String,
}

/// An address or a number that codes are sent to.
#[derive(Clone, Debug, PartialEq)]
pub struct OobOtpAuthenticator {
    pub base: AuthenticatorBase,
    pub target: OobTarget,
    /// The channel that the person last used, where that is known.
    pub last_used_channel: Option<String>,
}

/// Where codes go.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OobTarget {
    Email(String),
    Phone(String),
}

/// A code that stands in for a lost second factor, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryCode {
    pub id: String,
    pub user_id: UserId,
    pub code: Secret<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub is_consumed: bool,
}

/// A password that was used before, kept for the re-use policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PasswordHistoryEntry {
    pub id: String,
    pub user_id: UserId,
    pub created_at: Timestamp,
    pub password_hash: Secret<String>,
}

impl AuthenticatorType {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Passkey => "passkey",
            Self::Totp => "totp",
            Self::OobOtpEmail => "oob_otp_email",
            Self::OobOtpSms => "oob_otp_sms",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Password, Self::Passkey, Self::Totp, Self::OobOtpEmail, Self::OobOtpSms]
            .into_iter()
            .find(|it| it.as_str() == text)
    }
}

impl AuthenticatorKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Primary, Self::Secondary].into_iter().find(|it| it.as_str() == text)
    }
}

impl Authenticator {
    pub fn base(&self) -> &AuthenticatorBase {
        match self {
            Self::Password(it) => &it.base,
            Self::Passkey(it) => &it.base,
            Self::Totp(it) => &it.base,
            Self::OobOtp(it) => &it.base,
        }
    }

    pub fn id(&self) -> &AuthenticatorId {
        &self.base().id
    }

    pub fn kind(&self) -> AuthenticatorKind {
        self.base().kind
    }

    pub fn r#type(&self) -> AuthenticatorType {
        match self {
            Self::Password(_) => AuthenticatorType::Password,
            Self::Passkey(_) => AuthenticatorType::Passkey,
            Self::Totp(_) => AuthenticatorType::Totp,
            Self::OobOtp(it) => it.target.r#type(),
        }
    }
}

impl OobTarget {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(value) | Self::Phone(value) => value,
        }
    }

    pub const fn r#type(&self) -> AuthenticatorType {
        match self {
            Self::Email(_) => AuthenticatorType::OobOtpEmail,
            Self::Phone(_) => AuthenticatorType::OobOtpSms,
        }
    }

    /// The standard claim of the same meaning.
    pub const fn claim(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Phone(_) => "phone_number",
        }
    }
}
