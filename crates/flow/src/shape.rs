//! What an input must look like, and what exactly is wrong when it does not.
//!
//! Every turn accepts one of a few small objects, told apart by one member. A shape names
//! them; checking an input against it yields upstream's causes: location, kind, details.

use serde_json::{Map, Value, json};

/// The objects that a turn accepts.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The member that tells the variants apart; `None` when there is one variant.
    pub tag: Option<&'static str>,
    pub variants: Vec<Variant>,
}

/// One object that is accepted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variant {
    /// The value of the tag.
    pub tag: &'static str,
    pub required: Vec<Member>,
}

/// A member that must be there, unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    Text(&'static str),
    /// One of two texts, under either name.
    EitherText(&'static str, &'static str),
    True(&'static str),
    /// A whole number from zero to below the second.
    Index(&'static str, usize),
    Object(&'static str),
    Array(&'static str),
    /// The answer to a challenge of this provider.
    BotProtection(&'static str),
    MayBeText(&'static str),
    MayBeTrueOrFalse(&'static str),
}

/// One thing that is wrong with an input.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// JSON pointer into the input (RFC 6901).
    pub location: String,
    /// The keyword of JSON Schema, or the rule, that is broken.
    pub kind: &'static str,
    pub details: Value,
}

impl Cause {
    pub fn to_json(&self) -> Value {
        let mut cause = json!({ "location": self.location, "kind": self.kind });
        if !self.details.is_null() {
            cause["details"] = self.details.clone();
        }
        cause
    }
}

impl Shape {
    /// One object without alternatives.
    pub fn single(required: Vec<Member>) -> Self {
        Self { tag: None, variants: vec![Variant { tag: "", required }] }
    }

    /// Objects told apart by `tag`.
    pub fn one_of(tag: &'static str, variants: Vec<Variant>) -> Self {
        Self { tag: Some(tag), variants }
    }

    /// Objects told apart by which members they have: the first whose first member is there.
    pub fn any_of(variants: Vec<Variant>) -> Self {
        Self { tag: None, variants }
    }

    /// Everything that is wrong with `input`; nothing when it fits.
    pub fn check(&self, input: &Map<String, Value>) -> Result<(), Vec<Cause>> {
        let Some(tag) = self.tag else {
            let mut variants = self.variants.iter();
            let fits = |it: &&Variant| it.required.first().is_some_and(|it| it.is_in(input));
            let variant = variants.clone().find(fits).or_else(|| variants.next());
            return variant.map_or(Ok(()), |variant| self.check_variant(variant, input));
        };
        let chosen = self.choose(tag, input)?;
        // Several may have the same tag, such as one for each server of a directory.
        let mut same = self.variants.iter().filter(|it| it.tag == chosen.tag);
        if same.any(|variant| self.check_variant(variant, input).is_ok()) {
            return Ok(());
        }
        self.check_variant(chosen, input)
    }

    fn check_variant(
        &self,
        variant: &Variant,
        input: &Map<String, Value>,
    ) -> Result<(), Vec<Cause>> {
        let required = variant.required.as_slice();
        let absent = required.iter().filter(|it| !it.is_optional() && !it.is_in(input));
        let missing: Vec<&str> = absent.map(Member::name).collect();
        let mut causes = Vec::new();
        if !missing.is_empty() {
            causes.push(self.missing(&missing, required, input));
        }
        causes.extend(required.iter().filter_map(|member| member.check(input)));
        if causes.is_empty() { Ok(()) } else { Err(causes) }
    }

    fn choose(&self, tag: &str, input: &Map<String, Value>) -> Result<&Variant, Vec<Cause>> {
        let Some(chosen) = input.get(tag) else {
            return Err(vec![self.missing(&[tag], &[], input)]);
        };
        let found = self.variants.iter().find(|variant| chosen == variant.tag);
        found.ok_or_else(|| {
            let expected: Vec<&str> = self.variants.iter().map(|it| it.tag).collect();
            vec![Cause {
                location: format!("/{tag}"),
                kind: "enum",
                details: json!({ "actual": chosen, "expected": expected }),
            }]
        })
    }

    fn missing(&self, missing: &[&str], required: &[Member], input: &Map<String, Value>) -> Cause {
        let needed = required.iter().filter(|it| !it.is_optional()).map(Member::name);
        let expected = self.tag.into_iter().chain(needed).collect();
        missing_cause("", missing, expected, input)
    }
}

fn missing_cause(
    location: &str,
    missing: &[&str],
    mut expected: Vec<&str>,
    input: &Map<String, Value>,
) -> Cause {
    let mut actual: Vec<&str> = input.keys().map(String::as_str).collect();
    actual.sort_unstable();
    expected.sort_unstable();
    let details = json!({ "actual": actual, "expected": expected, "missing": missing });
    Cause { location: location.to_owned(), kind: "required", details }
}

impl Member {
    const fn name(&self) -> &'static str {
        match self {
            Self::Text(name)
            | Self::EitherText(name, _)
            | Self::True(name)
            | Self::Index(name, _)
            | Self::Object(name)
            | Self::Array(name)
            | Self::MayBeText(name)
            | Self::MayBeTrueOrFalse(name) => name,
            Self::BotProtection(_) => "bot_protection",
        }
    }

    const fn is_optional(&self) -> bool {
        matches!(self, Self::MayBeText(_) | Self::MayBeTrueOrFalse(_))
    }

    fn is_in(&self, input: &Map<String, Value>) -> bool {
        let other = match self {
            Self::EitherText(_, other) => input.contains_key(*other),
            _ => false,
        };
        other || input.contains_key(self.name())
    }

    fn check(&self, input: &Map<String, Value>) -> Option<Cause> {
        let value = input.get(self.name())?;
        let location = format!("/{}", self.name());
        match self {
            Self::Text(_) | Self::EitherText(..) | Self::MayBeText(_) => {
                (!value.is_string()).then(|| wrong_type(location, value, "string"))
            }
            Self::True(_) => (*value != Value::Bool(true)).then(|| {
                let details = json!({ "actual": value, "expected": true });
                Cause { location, kind: "const", details }
            }),
            Self::MayBeTrueOrFalse(_) => {
                (!value.is_boolean()).then(|| wrong_type(location, value, "boolean"))
            }
            Self::Object(_) => (!value.is_object()).then(|| wrong_type(location, value, "object")),
            Self::Array(_) => (!value.is_array()).then(|| wrong_type(location, value, "array")),
            Self::Index(_, below) => check_index(location, value, *below),
            Self::BotProtection(provider) => check_challenge(location, value, provider),
        }
    }
}

fn check_index(location: String, value: &Value, below: usize) -> Option<Cause> {
    let Some(index) = value.as_i64() else {
        return Some(wrong_type(location, value, "integer"));
    };
    let last = i64::try_from(below).unwrap_or(i64::MAX) - 1;
    let (kind, bound) = match index {
        index if index < 0 => ("minimum", 0),
        index if index > last => ("maximum", last),
        _ => return None,
    };
    Some(Cause { location, kind, details: json!({ "actual": index, kind: bound }) })
}

fn check_challenge(location: String, value: &Value, provider: &str) -> Option<Cause> {
    let Some(object) = value.as_object() else {
        return Some(wrong_type(location, value, "object"));
    };
    let names = ["type", "response"];
    let missing: Vec<&str> = names.into_iter().filter(|name| !object.contains_key(*name)).collect();
    if !missing.is_empty() {
        return Some(missing_cause(&location, &missing, names.to_vec(), object));
    }
    if object["type"] != provider {
        let details = json!({ "actual": object["type"], "expected": provider });
        return Some(Cause { location: format!("{location}/type"), kind: "const", details });
    }
    (!object["response"].is_string())
        .then(|| wrong_type(format!("{location}/response"), &object["response"], "string"))
}

fn wrong_type(location: String, value: &Value, expected: &str) -> Cause {
    let details = json!({ "actual": [type_name(value)], "expected": [expected] });
    Cause { location, kind: "type", details }
}

const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests;
