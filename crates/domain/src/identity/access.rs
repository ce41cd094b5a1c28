//! What can be asked of an identity without knowing its kind.

use serde_json::Value;

use super::{Identity, IdentityBase, IdentityId, IdentityType, LoginIdType, OAuthProviderId};
use crate::{Attributes, UserId};

/// The claims by which one person's identity can meet another's.
pub const SHARED_CLAIMS: [&str; 3] = ["email", "phone_number", "preferred_username"];

impl Identity {
    pub fn base(&self) -> &IdentityBase {
        match self {
            Self::LoginId(it) => &it.base,
            Self::OAuth(it) => &it.base,
            Self::Ldap(it) => &it.base,
            Self::Anonymous(it) => &it.base,
            Self::Passkey(it) => &it.base,
            Self::Biometric(it) => &it.base,
        }
    }

    pub fn id(&self) -> &IdentityId {
        &self.base().id
    }

    pub fn user_id(&self) -> &UserId {
        &self.base().user_id
    }

    pub const fn r#type(&self) -> IdentityType {
        match self {
            Self::LoginId(_) => IdentityType::LoginId,
            Self::OAuth(_) => IdentityType::OAuth,
            Self::Ldap(_) => IdentityType::Ldap,
            Self::Anonymous(_) => IdentityType::Anonymous,
            Self::Passkey(_) => IdentityType::Passkey,
            Self::Biometric(_) => IdentityType::Biometric,
        }
    }

    /// The standard claims that follow from it; none for what says nothing about a person.
    pub fn claims(&self) -> Option<&Attributes> {
        match self {
            Self::LoginId(it) => Some(&it.claims),
            Self::OAuth(it) => Some(&it.claims),
            Self::Ldap(it) => Some(&it.claims),
            Self::Anonymous(_) | Self::Passkey(_) | Self::Biometric(_) => None,
        }
    }

    /// The claims that must not belong to two people, and that one may sign in with or verify.
    pub fn shared_claims(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let claims = self.claims();
        SHARED_CLAIMS.into_iter().filter_map(move |name| {
            let value = claims?.get(name).and_then(Value::as_str)?;
            Some((name, value))
        })
    }

    /// What a person recognises it by: an address, a number, a name; empty where there is none.
    pub fn display_id(&self) -> &str {
        match self {
            Self::LoginId(it) => &it.original_login_id,
            Self::OAuth(_) => self.shared_claims().next().map_or("", |(_, value)| value),
            Self::Ldap(it) => it
                .last_login_username
                .as_deref()
                .or_else(|| self.shared_claims().next().map(|(_, value)| value))
                .unwrap_or_default(),
            Self::Anonymous(it) => it.key_id.as_deref().unwrap_or_default(),
            Self::Biometric(it) => &it.key_id,
            Self::Passkey(it) => it
                .creation_options
                .pointer("/publicKey/user/displayName")
                .and_then(Value::as_str)
                .unwrap_or_default(),
        }
    }

    /// The type of login ID, when it is one.
    pub const fn login_id_type(&self) -> Option<LoginIdType> {
        match self {
            Self::LoginId(it) => Some(it.r#type),
            Self::OAuth(_)
            | Self::Ldap(_)
            | Self::Anonymous(_)
            | Self::Passkey(_)
            | Self::Biometric(_) => None,
        }
    }
}

impl OAuthProviderId {
    /// The keys are brought into order, so that equal ones are written equally.
    pub fn new(r#type: impl Into<String>, mut keys: Attributes) -> Self {
        keys.sort_keys();
        Self { r#type: r#type.into(), keys }
    }
}
