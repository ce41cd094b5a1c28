//! What a person says they are.

use std::fmt;

use stdx::Timestamp;

use crate::{Attributes, UserId};

stdx::id_type! {
    IdentityId,
}

/// One identity of one person. Other kinds join this enum as they are built.
#[derive(Clone, Debug, PartialEq)]
pub enum Identity {
    LoginId(LoginId),
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
    pub id: IdentityId,
    pub user_id: UserId,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
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
}

impl IdentityType {
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

impl Identity {
    pub fn id(&self) -> &IdentityId {
        match self {
            Self::LoginId(it) => &it.id,
        }
    }

    pub fn user_id(&self) -> &UserId {
        match self {
            Self::LoginId(it) => &it.user_id,
        }
    }
}
