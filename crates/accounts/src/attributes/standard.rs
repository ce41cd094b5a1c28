//! Standard attributes: their types, how they change and who sees them.

use appconfig::user_profile::UserProfileConfig;
use domain::{Attributes, UserOverview};
use serde_json::{Map, Value, json};

use super::format::{Format, check};
use super::{AttributeRefusal, Change, Owned, Party, may_read, require_write, standard_access};

/// The parts of `/address` (OpenID Connect Core §5.1.1).
const ADDRESS: [&str; 6] =
    ["formatted", "street_address", "locality", "region", "postal_code", "country"];

fn format_of(name: &str) -> Option<Format> {
    Some(match name {
        "email" => Format::Email,
        "phone_number" => Format::Phone,
        "preferred_username" | "family_name" | "given_name" | "middle_name" | "name"
        | "nickname" | "gender" => Format::Text,
        "picture" => Format::Picture,
        "profile" | "website" => Format::Url,
        "birthdate" => Format::Date,
        "zoneinfo" => Format::TimeZone,
        "locale" => Format::Language,
        _ => return None,
    })
}

/// Makes one change, if the party may and the value is of the right type.
pub(super) fn apply(
    config: &UserProfileConfig,
    party: Party,
    owned: &Owned,
    attributes: &mut Attributes,
    change: &Change,
) -> Result<(), AttributeRefusal> {
    let pointer = change.pointer.as_str();
    let unknown = || AttributeRefusal::Unknown { pointer: pointer.to_owned() };
    let path = pointer.strip_prefix('/').ok_or_else(unknown)?;
    let (name, part) = path.split_once('/').map_or((path, None), |(name, part)| (name, Some(part)));
    let access = standard_access(config, name).ok_or_else(unknown)?;
    let current = attributes.get(name).cloned();
    let next = match (name, part) {
        ("address", None) => match &change.value {
            None => None,
            Some(Value::Object(whole)) => with_parts(Map::new(), whole, pointer)?,
            Some(_) => return Err(invalid(pointer, "type", json!({ "expected": ["object"] }))),
        },
        ("address", Some(part)) => {
            let before = current.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
            let value = change.value.clone().unwrap_or_default();
            with_parts(before, &[(part.to_owned(), value)].into_iter().collect(), pointer)?
        }
        (_, Some(_)) => return Err(unknown()),
        (name, None) => {
            let format = format_of(name).ok_or_else(unknown)?;
            if let Some(value) = &change.value {
                check(format, value).map_err(|(keyword, it)| invalid(pointer, keyword, it))?;
                if !owned.allows(name, value) {
                    return Err(AttributeRefusal::NotOwned { pointer: pointer.to_owned() });
                }
            }
            change.value.clone()
        }
    };
    if next == current {
        return Ok(());
    }
    require_write(party, access, &format!("/{name}"))?;
    match next {
        Some(value) => attributes.insert(name.to_owned(), value),
        None => attributes.remove(name),
    };
    Ok(())
}

/// The address with some parts replaced; null removes one, and nothing is left of an empty one.
fn with_parts(
    mut address: Map<String, Value>,
    parts: &Map<String, Value>,
    pointer: &str,
) -> Result<Option<Value>, AttributeRefusal> {
    for (part, value) in parts {
        if !ADDRESS.contains(&part.as_str()) {
            return Err(AttributeRefusal::Unknown { pointer: pointer.to_owned() });
        }
        if value.is_null() {
            address.remove(part);
            continue;
        }
        check(Format::Text, value).map_err(|(keyword, it)| invalid(pointer, keyword, it))?;
        address.insert(part.clone(), value.clone());
    }
    Ok((!address.is_empty()).then_some(Value::Object(address)))
}

fn invalid(pointer: &str, keyword: &'static str, details: Value) -> AttributeRefusal {
    AttributeRefusal::Invalid { pointer: pointer.to_owned(), keyword, details }
}

/// What a party sees: the attributes, whether address and number are verified, and their age.
pub fn shown_standard(
    config: &UserProfileConfig,
    party: Party,
    overview: &UserOverview,
) -> Attributes {
    let mut shown = Attributes::new();
    for (name, value) in &overview.user.standard_attributes {
        if !standard_access(config, name).is_some_and(|access| may_read(party, access)) {
            continue;
        }
        shown.insert(name.clone(), value.clone());
        if matches!(name.as_str(), "email" | "phone_number") {
            shown.insert(format!("{name}_verified"), json!(is_verified(overview, name, value)));
        }
    }
    shown.insert("updated_at".to_owned(), json!(overview.user.updated_at.seconds()));
    shown
}

fn is_verified(overview: &UserOverview, name: &str, value: &Value) -> bool {
    let mut proved = overview.identities.iter().filter(|it| it.is_verified);
    proved.any(|it| it.identity.shared_claims().any(|claim| claim.0 == name && claim.1 == *value))
}
