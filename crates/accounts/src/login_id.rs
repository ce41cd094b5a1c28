//! Email addresses, phone numbers and usernames: what they may look like, how they are compared.
//!
//! A login id is *normalised* for showing and comparing, and has a *unique key* that is stricter:
//! within a project no two login ids share one. Whether a value may be *added* asks more than
//! whether it can be *looked up*: lists that were tightened lock nobody out.

mod email;
mod lists;
mod phone;
#[cfg(test)]
mod tests;
mod username;

use appconfig::AppConfig;
use appconfig::identity::{LoginIdKeyConfig, LoginIdKeyType};
use domain::{Attributes, LoginIdType};
use serde_json::{Value, json};

pub(crate) use email::is_address;
pub use lists::{LIST_FILES, Lists};

/// A login id that was checked, ready to be stored or looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedLoginId {
    /// Which of the project's configured keys it fills.
    pub key: String,
    pub r#type: LoginIdType,
    pub login_id: String,
    /// As it was typed, without the space around it.
    pub original_login_id: String,
    pub unique_key: String,
}

/// Why a value cannot be this login id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidLoginId {
    /// The project has no such key.
    UnknownKey,
    Required,
    TooLong {
        length_max: usize,
        length: usize,
    },
    Format(LoginIdType),
    Blocked(Blocked),
}

/// Which rule of the project refuses a value that is well formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    PlusSign,
    DomainNotAllowed,
    DomainBlocked,
    FreeProvider,
    DisposableAddress,
    ReservedName,
    ExcludedKeyword,
    Country,
}

impl CheckedLoginId {
    /// The standard attribute that follows from it.
    pub fn claims(&self) -> Attributes {
        [(self.r#type.claim().to_owned(), json!(self.login_id))].into_iter().collect()
    }
}

impl InvalidLoginId {
    /// The keyword and the details under which the APIs report it, at `/login_id`.
    pub fn cause(&self) -> (&'static str, Value) {
        match self {
            Self::UnknownKey => ("general", json!({ "msg": "login ID key is not allowed" })),
            Self::Required => ("required", json!({})),
            Self::TooLong { length_max, length } => {
                ("maxLength", json!({ "expected": length_max, "actual": length }))
            }
            Self::Format(r#type) => ("format", json!({ "format": r#type.as_str() })),
            Self::Blocked(blocked) => ("blocked", blocked.details()),
        }
    }
}

impl Blocked {
    fn details(self) -> Value {
        match self {
            Self::PlusSign => json!({ "reason": "BlockPlusSign" }),
            Self::DomainNotAllowed => json!({ "reason": "EmailDomainAllowlist" }),
            Self::DomainBlocked => by_blocklist("custom"),
            Self::FreeProvider => by_blocklist("free"),
            Self::DisposableAddress => by_blocklist("disposable"),
            Self::ReservedName => json!({ "reason": "UsernameReserved" }),
            Self::ExcludedKeyword => json!({ "reason": "UsernameExcludedKeywords" }),
            Self::Country => json!({ "reason": "PhoneNumberCountryCodeAllowlist" }),
        }
    }
}

fn by_blocklist(name: &str) -> Value {
    json!({ "reason": "EmailDomainBlocklist", "blocklist": name })
}

/// Whether `value` may be added under `key`; all of the project's rules apply.
pub fn check_new(
    config: &AppConfig,
    lists: &Lists,
    key: &str,
    value: &str,
) -> Result<CheckedLoginId, InvalidLoginId> {
    check(config, Some(lists), key, value)
}

/// What to look for when somebody says that they are `value` under `key`.
pub fn check_known(
    config: &AppConfig,
    key: &str,
    value: &str,
) -> Result<CheckedLoginId, InvalidLoginId> {
    check(config, None, key, value)
}

/// An address that codes can go to, which need not be a login id.
pub fn check_email(config: &AppConfig, value: &str) -> Result<String, InvalidLoginId> {
    let config = &config.identity.login_id.types.email;
    email::normalise(config, None, value.trim()).map(|it| it.login_id)
}

/// A number that codes can go to, which need not be a login id.
pub fn check_phone(config: &AppConfig, value: &str) -> Result<String, InvalidLoginId> {
    phone::normalise(&config.ui.phone_input, true, value.trim()).map(|it| it.login_id)
}

/// A number that somebody else says is a person's.
pub fn check_known_phone(config: &AppConfig, value: &str) -> Result<String, InvalidLoginId> {
    phone::normalise(&config.ui.phone_input, false, value.trim()).map(|it| it.login_id)
}

/// Everything that `value` may mean: one for each key of the project that it fits.
pub fn check_any(config: &AppConfig, value: &str) -> Vec<CheckedLoginId> {
    let keys = config.identity.login_id.keys.iter();
    keys.filter_map(|key| check_known(config, &key.key, value).ok()).collect()
}

fn check(
    config: &AppConfig,
    lists: Option<&Lists>,
    key: &str,
    value: &str,
) -> Result<CheckedLoginId, InvalidLoginId> {
    let key = config.identity.login_id.find_key(key).ok_or(InvalidLoginId::UnknownKey)?;
    let value = value.trim();
    check_length(key, value)?;
    let r#type = to_type(key.kind);
    let types = &config.identity.login_id.types;
    let normalised = match r#type {
        LoginIdType::Email => email::normalise(&types.email, lists, value)?,
        LoginIdType::Phone => phone::normalise(&config.ui.phone_input, lists.is_some(), value)?,
        LoginIdType::Username => username::normalise(&types.username, lists, value)?,
    };
    Ok(CheckedLoginId {
        key: key.key.clone(),
        r#type,
        login_id: normalised.login_id,
        original_login_id: value.to_owned(),
        unique_key: normalised.unique_key,
    })
}

fn check_length(key: &LoginIdKeyConfig, value: &str) -> Result<(), InvalidLoginId> {
    let length_max = key.length_max();
    match value.len() {
        0 => Err(InvalidLoginId::Required),
        length if length > length_max => Err(InvalidLoginId::TooLong { length_max, length }),
        _ => Ok(()),
    }
}

pub(crate) fn to_type(kind: LoginIdKeyType) -> LoginIdType {
    match kind {
        LoginIdKeyType::Email => LoginIdType::Email,
        LoginIdKeyType::Phone => LoginIdType::Phone,
        LoginIdKeyType::Username => LoginIdType::Username,
    }
}

/// The two forms of a value.
struct Normalised {
    login_id: String,
    unique_key: String,
}
