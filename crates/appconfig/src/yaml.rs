//! From YAML text to a JSON value, within limits.
//!
//! Duplicate keys and documents that grow through aliases are refused by the parser;
//! words like `yes` are booleans, as in every file written for YAML 1.1.

use serde_json::Value;

use crate::errors::ConfigErrors;

/// The largest real files are some tens of kilobytes.
pub const SIZE_BYTES_MAX: usize = 1024 * 1024;

/// Reads one document. An empty one is an empty mapping.
pub(crate) fn parse(text: &str) -> Result<Value, ConfigErrors> {
    if text.len() > SIZE_BYTES_MAX {
        let message = format!("the document is longer than {SIZE_BYTES_MAX} bytes");
        return Err(ConfigErrors::whole("size", message));
    }
    match serde_saphyr::from_str::<Value>(text) {
        Ok(Value::Null) => Ok(Value::Object(serde_json::Map::new())),
        Ok(value) => Ok(value),
        Err(error) => Err(ConfigErrors::whole("yaml", place(&error))),
    }
}

/// Only where the mistake is: the parser's own message quotes the text, which may be secret.
fn place(error: &serde_saphyr::Error) -> String {
    error.location().map_or_else(
        || "this is not valid YAML".to_owned(),
        |at| format!("this is not valid YAML: line {}, column {}", at.line(), at.column()),
    )
}
