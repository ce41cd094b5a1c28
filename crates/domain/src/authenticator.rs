//! How a person proves it.

use stdx::{Secret, Timestamp};

use crate::UserId;

stdx::id_type! {
    AuthenticatorId,
}

/// One authenticator of one person. Other kinds join this enum as they are built.
#[derive(Clone, Debug, PartialEq)]
pub enum Authenticator {
    Password(PasswordAuthenticator),
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
    pub id: AuthenticatorId,
    pub user_id: UserId,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub is_default: bool,
    pub kind: AuthenticatorKind,
    pub password_hash: Secret<String>,
    /// From when on the person must choose another password.
    pub expire_after: Option<Timestamp>,
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
    pub fn id(&self) -> &AuthenticatorId {
        match self {
            Self::Password(it) => &it.id,
        }
    }

    pub fn kind(&self) -> AuthenticatorKind {
        match self {
            Self::Password(it) => it.kind,
        }
    }

    pub fn r#type(&self) -> AuthenticatorType {
        match self {
            Self::Password(_) => AuthenticatorType::Password,
        }
    }
}
