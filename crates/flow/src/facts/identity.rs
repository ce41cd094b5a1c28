//! What the person said they are.

use accounts::identity::{LdapEntry, NewIdentity};
use accounts::login_id::CheckedLoginId;
use appconfig::flow::Identification;
use domain::{Attributes, Identity, LoginIdType, OAuthProviderId, SHARED_CLAIMS};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an `identify` step established.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identified {
    /// The step's name, for `target_step`.
    pub step: Option<String>,
    pub identification: Identification,
    pub identity: IdentityFact,
    /// The identity that was found, when there is one already.
    pub identity_id: Option<String>,
    /// The token of ours that said who it is, for hooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

/// An identity, found or about to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityFact {
    LoginId(LoginIdFact),
    OAuth(OAuthFact),
    Ldap(LdapFact),
    /// Somebody who is known without saying by what: a session, a token, a passkey.
    Known {
        display: String,
    },
}

/// A login ID that passed the rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoginIdFact {
    pub key: String,
    pub r#type: String,
    pub login_id: String,
    pub original_login_id: String,
    pub unique_key: String,
}

/// An account at another provider, as the provider says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OAuthFact {
    pub provider_type: String,
    pub provider_keys: Attributes,
    pub subject: String,
    pub profile: Attributes,
    pub claims: Attributes,
    /// Whether the project keeps only who it is (`do_not_store_identity_attributes`). What the
    /// provider said counts while the flow lasts.
    #[serde(default)]
    pub keeps_nothing: bool,
}

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LdapFact {
    pub server_name: String,
    pub user_id_attribute_name: String,
    pub user_id_attribute_value: Vec<u8>,
    pub claims: Attributes,
    pub raw_entry: Attributes,
    pub last_login_username: Option<String>,
}

impl IdentityFact {
    /// The claims by which this identity can meet another.
    pub fn claims(&self) -> Vec<(&'static str, String)> {
        let from = |claims: &Attributes| {
            let found = SHARED_CLAIMS.into_iter().filter_map(|name| {
                Some((name, claims.get(name).and_then(Value::as_str)?.to_owned()))
            });
            found.collect()
        };
        match self {
            Self::LoginId(it) => {
                it.checked().map(|it| vec![(it.r#type.claim(), it.login_id)]).unwrap_or_default()
            }
            Self::OAuth(it) => from(&it.claims),
            Self::Ldap(it) => from(&it.claims),
            Self::Known { .. } => Vec::new(),
        }
    }

    /// The claim of this name.
    pub fn claim(&self, name: &str) -> Option<String> {
        self.claims().into_iter().find(|(it, _)| *it == name).map(|(_, value)| value)
    }

    /// What `finish` writes; nothing for somebody who is known already.
    pub fn to_new(&self) -> Option<NewIdentity> {
        match self {
            Self::LoginId(it) => it.checked().map(NewIdentity::LoginId),
            Self::OAuth(it) => Some(NewIdentity::OAuth {
                provider: it.provider(),
                subject: it.subject.clone(),
                profile: it.kept_profile(),
                claims: it.kept_claims(),
            }),
            Self::Ldap(it) => Some(NewIdentity::Ldap(it.entry())),
            Self::Known { .. } => None,
        }
    }

    /// What a page shows while the person proves it.
    pub fn display(&self) -> String {
        match self {
            Self::LoginId(it) => it.login_id.clone(),
            Self::OAuth(_) | Self::Ldap(_) => {
                self.claims().into_iter().next().map(|it| it.1).unwrap_or_default()
            }
            Self::Known { display } => display.clone(),
        }
    }
}

impl From<&Identity> for IdentityFact {
    fn from(identity: &Identity) -> Self {
        match identity {
            Identity::LoginId(it) => Self::LoginId(LoginIdFact {
                key: it.key.clone(),
                r#type: it.r#type.as_str().to_owned(),
                login_id: it.login_id.clone(),
                original_login_id: it.original_login_id.clone(),
                unique_key: it.unique_key.clone(),
            }),
            Identity::OAuth(it) => Self::OAuth(OAuthFact {
                provider_type: it.provider.r#type.clone(),
                provider_keys: it.provider.keys.clone(),
                subject: it.subject.clone(),
                profile: it.profile.clone(),
                claims: it.claims.clone(),
                keeps_nothing: false,
            }),
            Identity::Ldap(it) => Self::Ldap(LdapFact {
                server_name: it.server_name.clone(),
                user_id_attribute_name: it.user_id_attribute_name.clone(),
                user_id_attribute_value: it.user_id_attribute_value.clone(),
                claims: it.claims.clone(),
                raw_entry: it.raw_entry.clone(),
                last_login_username: it.last_login_username.clone(),
            }),
            Identity::Anonymous(_) | Identity::Passkey(_) | Identity::Biometric(_) => {
                Self::Known { display: identity.display_id().to_owned() }
            }
        }
    }
}

impl OAuthFact {
    pub fn provider(&self) -> OAuthProviderId {
        OAuthProviderId::new(self.provider_type.clone(), self.provider_keys.clone())
    }

    pub fn kept_profile(&self) -> Attributes {
        if self.keeps_nothing { Attributes::new() } else { self.profile.clone() }
    }

    pub fn kept_claims(&self) -> Attributes {
        if self.keeps_nothing { Attributes::new() } else { self.claims.clone() }
    }
}

impl LdapFact {
    pub fn entry(&self) -> LdapEntry {
        LdapEntry {
            server_name: self.server_name.clone(),
            user_id_attribute_name: self.user_id_attribute_name.clone(),
            user_id_attribute_value: self.user_id_attribute_value.clone(),
            claims: self.claims.clone(),
            raw_entry: self.raw_entry.clone(),
            last_login_username: self.last_login_username.clone(),
        }
    }
}

impl LoginIdFact {
    /// As `accounts` checked it; `None` for a state that an older build wrote otherwise.
    pub fn checked(&self) -> Option<CheckedLoginId> {
        Some(CheckedLoginId {
            key: self.key.clone(),
            r#type: LoginIdType::parse(&self.r#type)?,
            login_id: self.login_id.clone(),
            original_login_id: self.original_login_id.clone(),
            unique_key: self.unique_key.clone(),
        })
    }
}

impl From<CheckedLoginId> for LoginIdFact {
    fn from(checked: CheckedLoginId) -> Self {
        Self {
            key: checked.key,
            r#type: checked.r#type.as_str().to_owned(),
            login_id: checked.login_id,
            original_login_id: checked.original_login_id,
            unique_key: checked.unique_key,
        }
    }
}
