//! Attributes of the project's own: kept by id, shown by pointer, typed by the project.

use appconfig::user_profile::{CustomAttribute, CustomAttributeType, UserProfileConfig};
use domain::Attributes;
use serde_json::{Value, json};

use super::format::{Broken, Format, check};
use super::{AttributeRefusal, Change, Party, may_read, require_write};

/// Makes one change, if the party may and the value is of the right type.
pub(super) fn apply(
    config: &UserProfileConfig,
    party: Party,
    attributes: &mut Attributes,
    change: &Change,
) -> Result<(), AttributeRefusal> {
    let pointer = || change.pointer.clone();
    let attribute = find(config, &change.pointer)
        .ok_or_else(|| AttributeRefusal::Unknown { pointer: pointer() })?;
    require_write(party, &attribute.access_control, &change.pointer)?;
    match &change.value {
        None => {
            attributes.remove(&attribute.id);
        }
        Some(value) => {
            check_type(attribute, value).map_err(|(keyword, details)| {
                AttributeRefusal::Invalid { pointer: pointer(), keyword, details }
            })?;
            attributes.insert(attribute.id.clone(), value.clone());
        }
    }
    Ok(())
}

/// What a form field means for an attribute: numbers are read as numbers, nothing as nothing.
///
/// Text that is no number stays text, so that the refusal says what was expected.
pub fn parse_custom(config: &UserProfileConfig, pointer: &str, text: &str) -> Change {
    let number = match find(config, pointer).map(|it| it.kind) {
        Some(CustomAttributeType::Integer) => text.parse::<i64>().ok().map(|it| json!(it)),
        Some(CustomAttributeType::Number) => {
            text.parse::<f64>().ok().filter(|it| it.is_finite()).map(|it| json!(it))
        }
        _ => None,
    };
    match number {
        Some(value) => Change::new(pointer, Some(value)),
        None => Change::from_form(pointer, text),
    }
}

/// What a party sees, by name. Values of attributes that the project dropped are not shown.
pub fn shown_custom(
    config: &UserProfileConfig,
    party: Party,
    attributes: &Attributes,
) -> Attributes {
    let readable = config.custom_attributes.attributes.iter();
    readable
        .filter(|attribute| may_read(party, &attribute.access_control))
        .filter_map(|attribute| {
            let value = attributes.get(&attribute.id)?;
            let name = attribute.pointer.trim_start_matches('/');
            Some((name.to_owned(), value.clone()))
        })
        .collect()
}

fn find<'a>(config: &'a UserProfileConfig, pointer: &str) -> Option<&'a CustomAttribute> {
    config.custom_attributes.attributes.iter().find(|it| it.pointer == pointer)
}

fn check_type(attribute: &CustomAttribute, value: &Value) -> Result<(), Broken> {
    match attribute.kind {
        CustomAttributeType::String => check(Format::Text, value),
        CustomAttributeType::PhoneNumber => check(Format::Phone, value),
        CustomAttributeType::Email => check(Format::Email, value),
        CustomAttributeType::Url => check(Format::Url, value),
        CustomAttributeType::CountryCode => check(Format::Country, value),
        CustomAttributeType::Enum => {
            let is_choice = attribute.choices.iter().any(|it| value == it);
            let broken = ("enum", json!({ "expected": attribute.choices, "actual": value }));
            if is_choice { Ok(()) } else { Err(broken) }
        }
        CustomAttributeType::Integer => {
            let is_integer = value.is_i64() || value.is_u64();
            check_number(attribute, value, is_integer, "integer")
        }
        CustomAttributeType::Number => check_number(attribute, value, value.is_number(), "number"),
    }
}

fn check_number(
    attribute: &CustomAttribute,
    value: &Value,
    is_type: bool,
    expected: &str,
) -> Result<(), Broken> {
    let Some(actual) = value.as_f64().filter(|_| is_type) else {
        return Err(("type", json!({ "expected": [expected] })));
    };
    if let Some(minimum) = attribute.minimum.filter(|it| actual < *it) {
        return Err(("minimum", json!({ "minimum": minimum, "actual": value })));
    }
    if let Some(maximum) = attribute.maximum.filter(|it| actual > *it) {
        return Err(("maximum", json!({ "maximum": maximum, "actual": value })));
    }
    Ok(())
}
