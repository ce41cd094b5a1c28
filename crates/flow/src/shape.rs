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

/// A member that must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    Text(&'static str),
    True(&'static str),
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

    /// Everything that is wrong with `input`; nothing when it fits.
    pub fn check(&self, input: &Map<String, Value>) -> Result<(), Vec<Cause>> {
        let variant = match self.tag {
            None => self.variants.first(),
            Some(tag) => Some(self.choose(tag, input)?),
        };
        let required = variant.map(|it| it.required.as_slice()).unwrap_or_default();
        let missing: Vec<&str> =
            required.iter().map(Member::name).filter(|name| !input.contains_key(*name)).collect();
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
        let mut actual: Vec<&str> = input.keys().map(String::as_str).collect();
        actual.sort_unstable();
        let mut expected: Vec<&str> =
            self.tag.into_iter().chain(required.iter().map(Member::name)).collect();
        expected.sort_unstable();
        let details = json!({ "actual": actual, "expected": expected, "missing": missing });
        Cause { location: String::new(), kind: "required", details }
    }
}

impl Member {
    const fn name(&self) -> &'static str {
        match self {
            Self::Text(name) | Self::True(name) => name,
        }
    }

    fn check(&self, input: &Map<String, Value>) -> Option<Cause> {
        let value = input.get(self.name())?;
        let location = format!("/{}", self.name());
        match self {
            Self::Text(_) if value.is_string() => None,
            Self::Text(_) => {
                let details = json!({ "actual": [type_name(value)], "expected": ["string"] });
                Some(Cause { location, kind: "type", details })
            }
            Self::True(_) if *value == Value::Bool(true) => None,
            Self::True(_) => {
                let details = json!({ "actual": value, "expected": true });
                Some(Cause { location, kind: "const", details })
            }
        }
    }
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
