//! What is wrong with a configuration: everything at once, each with its place.

use std::fmt;

use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ConfigError {
    /// Where, as a JSON Pointer (RFC 6901); empty for the whole document.
    pub pointer: String,
    /// What, in one stable word: the JSON Schema keyword, or one of ours.
    pub kind: String,
    /// What, for people.
    pub message: String,
}

/// Everything that is wrong with a document. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors {
    errors: Vec<ConfigError>,
}

impl ConfigErrors {
    /// One error about the whole document.
    pub fn whole(kind: &str, message: impl fmt::Display) -> Self {
        let mut found = Found::default();
        found.push("", kind, message);
        Self { errors: found.0 }
    }

    pub fn errors(&self) -> &[ConfigError] {
        &self.errors
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid configuration")?;
        for ConfigError { pointer, message, .. } in &self.errors {
            let place = if pointer.is_empty() { "(root)" } else { pointer };
            write!(f, "\n  {place}: {message}")?;
        }
        Ok(())
    }
}

/// The errors found so far.
#[derive(Debug, Default)]
pub(crate) struct Found(Vec<ConfigError>);

/// A document with a thousand errors is not helped by the thousand and first.
const ERRORS_MAX: usize = 1000;

impl Found {
    pub(crate) fn push(
        &mut self,
        pointer: impl Into<String>,
        kind: &str,
        message: impl fmt::Display,
    ) {
        if self.0.len() < ERRORS_MAX {
            let (pointer, message) = (pointer.into(), message.to_string());
            self.0.push(ConfigError { pointer, kind: kind.to_owned(), message });
        }
    }

    pub(crate) fn extend(&mut self, errors: ConfigErrors) {
        self.0.extend(errors.errors);
    }

    /// Takes over what JSON Schema found. Messages never repeat the value: it may be secret.
    pub(crate) fn push_schema(&mut self, error: &jsonschema::ValidationError<'_>) {
        let pointer = error.instance_path().as_str();
        let kind = error.kind().keyword();
        let message = match error.kind() {
            ValidationErrorKind::Contains => "an element that is needed is missing".to_owned(),
            ValidationErrorKind::Not { .. } => "this value is not allowed".to_owned(),
            _ => error.masked_with("the value").to_string(),
        };
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for key in unexpected {
                    self.push(child(pointer, key), kind, "this key is not known");
                }
            }
            // No element is the one that is wanted, so each of them could become it.
            ValidationErrorKind::Contains => {
                let elements = error.instance().as_array().map_or(0, Vec::len);
                for index in 0..elements {
                    self.push(format!("{pointer}/{index}"), kind, &message);
                }
                if elements == 0 {
                    self.push(pointer, kind, &message);
                }
            }
            _ => self.push(pointer, kind, &message),
        }
    }

    pub(crate) fn into_result(self) -> Result<(), ConfigErrors> {
        if self.0.is_empty() { Ok(()) } else { Err(ConfigErrors { errors: self.0 }) }
    }
}

/// The pointer to `key` below `parent`, escaped (RFC 6901 §3).
pub(crate) fn child(parent: &str, key: &str) -> String {
    format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Reads a value that the schema has accepted.
pub(crate) fn typed<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, ConfigErrors> {
    serde_json::from_value(value).map_err(|error| {
        // serde's messages quote values, which may be secret; its category does not.
        ConfigErrors::whole("type", format!("cannot be read: {:?} error", error.classify()))
    })
}
