//! One record: which fields there are, and of what type.
//!
//! For a person who is here already, a field that is absent changes nothing and one that is null
//! removes, so the two are kept apart.

use domain::LoginIdType;
use serde_json::{Map, Value, json};
use stdx::{Secret, Timestamp};

use super::Problem;
use crate::attributes::{AttributeRefusal, Change};
use crate::claims::TEXT_CLAIMS;

/// A field as the record has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Field<T> {
    #[default]
    Absent,
    Null,
    Value(T),
}

/// A password that somebody else hashed.
#[derive(Clone, Debug)]
pub(super) struct HashedPassword {
    pub(super) hash: Secret<String>,
    pub(super) expire_after: Option<Timestamp>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    email: Field<String>,
    phone_number: Field<String>,
    preferred_username: Field<String>,
    pub(super) email_verified: Option<bool>,
    pub(super) phone_number_verified: Option<bool>,
    pub(super) disabled: Option<bool>,
    pub(super) account_valid_from: Field<Timestamp>,
    pub(super) account_valid_until: Field<Timestamp>,
    pub(super) standard: Vec<Change>,
    pub(super) custom: Vec<Change>,
    pub(super) password: Option<HashedPassword>,
    pub(super) second: SecondFactors,
}

/// `mfa`.
#[derive(Clone, Debug, Default)]
pub(super) struct SecondFactors {
    pub(super) email: Field<String>,
    pub(super) phone_number: Field<String>,
    pub(super) password: Option<HashedPassword>,
    pub(super) totp_secret: Option<Secret<String>>,
}

/// What stands in the place of a secret when a record is shown again.
const REDACTED: &str = "REDACTED";

impl<T> Field<T> {
    pub(super) fn value(&self) -> Option<&T> {
        match self {
            Self::Value(it) => Some(it),
            Self::Absent | Self::Null => None,
        }
    }
}

impl Record {
    pub(super) fn parse(
        record: &Map<String, Value>,
        identifier: LoginIdType,
    ) -> Result<Self, Problem> {
        let mut parsed = Self::default();
        for (name, value) in record {
            let at = format!("/{name}");
            match name.as_str() {
                "email" => parsed.email = text_or_null(&at, value)?,
                "phone_number" => parsed.phone_number = text_or_null(&at, value)?,
                "preferred_username" => parsed.preferred_username = text_or_null(&at, value)?,
                "email_verified" => parsed.email_verified = Some(boolean(&at, value)?),
                "phone_number_verified" => {
                    parsed.phone_number_verified = Some(boolean(&at, value)?);
                }
                "disabled" => parsed.disabled = Some(boolean(&at, value)?),
                "account_valid_from" => parsed.account_valid_from = time_or_null(&at, value)?,
                "account_valid_until" => parsed.account_valid_until = time_or_null(&at, value)?,
                "custom_attributes" => {
                    let changes = object(&at, value)?.iter().map(change);
                    parsed.custom = changes.collect();
                }
                "password" => parsed.password = Some(password(&at, value)?),
                "mfa" => parsed.second = SecondFactors::parse(&at, value)?,
                "roles" | "groups" => return Err(unsupported(name)),
                name if name == "address" || TEXT_CLAIMS.contains(&name) => {
                    parsed.standard.push(change((&name.to_owned(), value)));
                }
                _ => return Err(Problem::invalid(&at, "general", json!({ "msg": "unknown" }))),
            }
        }
        if parsed.login_id(identifier).value().is_none() {
            let missing = json!({ "expected": [identifier.claim()] });
            return Err(Problem::invalid("", "required", missing));
        }
        Ok(parsed)
    }

    pub(super) fn login_id(&self, r#type: LoginIdType) -> &Field<String> {
        match r#type {
            LoginIdType::Email => &self.email,
            LoginIdType::Phone => &self.phone_number,
            LoginIdType::Username => &self.preferred_username,
        }
    }

    /// Whether the owner has proved a login id; usernames are proved by nobody.
    pub(super) fn verified(&self, r#type: LoginIdType) -> Option<bool> {
        match r#type {
            LoginIdType::Email => self.email_verified,
            LoginIdType::Phone => self.phone_number_verified,
            LoginIdType::Username => None,
        }
    }
}

impl SecondFactors {
    fn parse(at: &str, value: &Value) -> Result<Self, Problem> {
        let mut parsed = Self::default();
        for (name, value) in object(at, value)? {
            let at = format!("{at}/{name}");
            match name.as_str() {
                "email" => parsed.email = text_or_null(&at, value)?,
                "phone_number" => parsed.phone_number = text_or_null(&at, value)?,
                "password" => parsed.password = Some(password(&at, value)?),
                "totp" => {
                    let totp = object(&at, value)?;
                    only(&at, totp, &["secret"])?;
                    let secret = required(&at, totp, "secret")?;
                    parsed.totp_secret = Some(Secret::new(secret));
                }
                _ => return Err(Problem::invalid(&at, "general", json!({ "msg": "unknown" }))),
            }
        }
        Ok(parsed)
    }
}

/// The record without hashes and secrets.
pub(super) fn redacted(record: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = record.clone();
    redact(shown.get_mut("password"), "password_hash");
    match shown.get_mut("mfa") {
        Some(Value::Object(mfa)) => {
            redact(mfa.get_mut("password"), "password_hash");
            redact(mfa.get_mut("totp"), "secret");
        }
        Some(other) if !other.is_null() => *other = REDACTED.into(),
        _ => {}
    }
    shown
}

fn redact(holder: Option<&mut Value>, secret: &str) {
    match holder {
        Some(Value::Object(holder)) => {
            holder.insert(secret.to_owned(), REDACTED.into());
        }
        Some(other) if !other.is_null() => *other = REDACTED.into(),
        _ => {}
    }
}

/// An attribute that may not become that, as a problem of the record.
pub(super) fn refused_attribute(refusal: &AttributeRefusal) -> Problem {
    let (pointer, kind, details) = match refusal {
        AttributeRefusal::Invalid { pointer, keyword, details } => {
            (pointer, *keyword, details.clone())
        }
        AttributeRefusal::AccessControl { pointer, .. }
        | AttributeRefusal::Unknown { pointer }
        | AttributeRefusal::NotOwned { pointer } => (pointer, "general", json!({})),
    };
    Problem { reason: refusal.reason(), ..Problem::invalid(pointer, kind, details) }
}

fn unsupported(name: &str) -> Problem {
    Problem {
        reason: "Unsupported",
        message: format!("{name} cannot be imported yet"),
        causes: Vec::new(),
    }
}

fn change((name, value): (&String, &Value)) -> Change {
    let value = if value.is_null() { None } else { Some(value.clone()) };
    Change::new(&format!("/{}", name.replace('~', "~0").replace('/', "~1")), value)
}

fn password(at: &str, value: &Value) -> Result<HashedPassword, Problem> {
    let password = object(at, value)?;
    only(at, password, &["type", "password_hash", "expire_after"])?;
    if required(at, password, "type")? != "bcrypt" {
        let known = json!({ "expected": ["bcrypt"] });
        return Err(Problem::invalid(&format!("{at}/type"), "enum", known));
    }
    let hash = required(at, password, "password_hash")?;
    let expire_after = match password.get("expire_after") {
        None => None,
        Some(value) => Some(time(&format!("{at}/expire_after"), value)?),
    };
    Ok(HashedPassword { hash: Secret::new(hash), expire_after })
}

fn only(at: &str, object: &Map<String, Value>, known: &[&str]) -> Result<(), Problem> {
    match object.keys().find(|it| !known.contains(&it.as_str())) {
        Some(unknown) => Err(Problem::invalid(
            &format!("{at}/{unknown}"),
            "general",
            json!({ "msg": "unknown" }),
        )),
        None => Ok(()),
    }
}

fn required(at: &str, object: &Map<String, Value>, name: &str) -> Result<String, Problem> {
    match object.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        Some(Value::String(_)) => {
            Err(Problem::invalid(&format!("{at}/{name}"), "minLength", json!({ "expected": 1 })))
        }
        Some(_) => Err(wrong_type(&format!("{at}/{name}"), "string")),
        None => Err(Problem::invalid(at, "required", json!({ "expected": [name] }))),
    }
}

fn object<'v>(at: &str, value: &'v Value) -> Result<&'v Map<String, Value>, Problem> {
    value.as_object().ok_or_else(|| wrong_type(at, "object"))
}

fn boolean(at: &str, value: &Value) -> Result<bool, Problem> {
    value.as_bool().ok_or_else(|| wrong_type(at, "boolean"))
}

fn text_or_null(at: &str, value: &Value) -> Result<Field<String>, Problem> {
    match value {
        Value::Null => Ok(Field::Null),
        Value::String(text) => Ok(Field::Value(text.clone())),
        _ => Err(wrong_type(at, "string")),
    }
}

fn time_or_null(at: &str, value: &Value) -> Result<Field<Timestamp>, Problem> {
    if value.is_null() { Ok(Field::Null) } else { time(at, value).map(Field::Value) }
}

fn time(at: &str, value: &Value) -> Result<Timestamp, Problem> {
    let text = value.as_str().ok_or_else(|| wrong_type(at, "string"))?;
    Timestamp::parse_rfc3339(text)
        .ok_or_else(|| Problem::invalid(at, "format", json!({ "format": "date-time" })))
}

fn wrong_type(at: &str, expected: &str) -> Problem {
    Problem::invalid(at, "type", json!({ "expected": [expected] }))
}
