//! What was said and what is there, as upstream tells them apart.

use accounts::identity::NewIdentity;
use domain::{Identity, IdentityType, LoginIdType};
use serde_json::{Value, json};

use crate::facts::IdentityFact;

/// The identity that came, and those that are in its way or beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityDetails {
    pub incoming: Option<IdentityShape>,
    pub existing: Vec<IdentityShape>,
}

/// An identity without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityShape {
    LoginId(LoginIdType),
    OAuth { provider_type: String },
    Other(IdentityType),
}

impl IdentityDetails {
    pub fn new<'e>(
        incoming: Option<IdentityShape>,
        existing: impl IntoIterator<Item = &'e Identity>,
    ) -> Self {
        Self { incoming, existing: existing.into_iter().map(IdentityShape::from).collect() }
    }

    pub(super) fn to_json(&self) -> Value {
        let mut info = json!({});
        let mut describe = |shape: &IdentityShape, place: &str| {
            for (name, value) in shape.words() {
                info[format!("{name}{place}")] = json!(value);
            }
        };
        if let Some(incoming) = &self.incoming {
            describe(incoming, "Incoming");
        }
        if let Some(first) = self.existing.first() {
            describe(first, "Existing");
            let all = self.existing.iter().map(|it| {
                let words = it.words().into_iter();
                words.map(|(name, value)| (name.to_owned(), json!(value))).collect()
            });
            info["ExistingIdentities"] = Value::Array(all.map(Value::Object).collect());
        }
        info
    }
}

impl IdentityShape {
    fn words(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::LoginId(r#type) => {
                vec![("IdentityType", "login_id"), ("LoginIDType", r#type.as_str())]
            }
            Self::OAuth { provider_type } => {
                vec![("IdentityType", "oauth"), ("OAuthProviderType", provider_type)]
            }
            Self::Other(r#type) => vec![("IdentityType", r#type.as_str())],
        }
    }

    /// The type of login ID, when it is one.
    pub const fn login_id_type(&self) -> Option<LoginIdType> {
        match self {
            Self::LoginId(r#type) => Some(*r#type),
            Self::OAuth { .. } | Self::Other(_) => None,
        }
    }
}

impl From<&Identity> for IdentityShape {
    fn from(identity: &Identity) -> Self {
        match identity {
            Identity::LoginId(it) => Self::LoginId(it.r#type),
            Identity::OAuth(it) => Self::OAuth { provider_type: it.provider.r#type.clone() },
            other => Self::Other(other.r#type()),
        }
    }
}

impl From<&NewIdentity> for IdentityShape {
    fn from(identity: &NewIdentity) -> Self {
        match identity {
            NewIdentity::LoginId(it) => Self::LoginId(it.r#type),
            NewIdentity::OAuth { provider, .. } => {
                Self::OAuth { provider_type: provider.r#type.clone() }
            }
            NewIdentity::Ldap(_) => Self::Other(IdentityType::Ldap),
            NewIdentity::Anonymous { .. } => Self::Other(IdentityType::Anonymous),
            NewIdentity::Passkey { .. } => Self::Other(IdentityType::Passkey),
            NewIdentity::Biometric { .. } => Self::Other(IdentityType::Biometric),
        }
    }
}

impl IdentityFact {
    /// The identity without its value; nothing for somebody who is known already.
    pub fn shape(&self) -> Option<IdentityShape> {
        self.to_new().as_ref().map(IdentityShape::from)
    }
}
