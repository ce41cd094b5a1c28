//! JSON bodies: read, bounded, and refused with causes when they have another shape.

use bytes::Bytes;
use flow::{Cause, Refusal};
use http::{HeaderMap, header};
use serde_json::{Map, Value, json};
use web::{ApiError, ErrorName};

use crate::error::to_api_error;

/// The members of a JSON object.
pub type Object = Map<String, Value>;

/// Reads a body that must be a JSON object.
pub fn object(headers: &HeaderMap, body: &Bytes) -> Result<Object, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let is_json = kind.is_some_and(|it| {
        it.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"))
    });
    if !is_json {
        let message = "request content type is not JSON";
        return Err(ApiError::new(ErrorName::BadRequest, "BadRequest", message));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => {
            Err(wrong("", "type", json!({ "actual": [kind_of(&other)], "expected": ["object"] })))
        }
        Err(_) => {
            Err(ApiError::new(ErrorName::BadRequest, "BadRequest", "the body is not valid JSON"))
        }
    }
}

/// A member that must be text.
pub fn text<'o>(object: &'o Object, name: &str) -> Result<Option<&'o str>, ApiError> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => {
            let details = json!({ "actual": [kind_of(other)], "expected": ["string"] });
            Err(wrong(&format!("/{name}"), "type", details))
        }
    }
}

/// A member that must be there.
pub fn required<'o>(object: &'o Object, name: &'static str) -> Result<&'o str, ApiError> {
    text(object, name)?.ok_or_else(|| missing(object, name))
}

/// A member that must be a list of objects.
pub fn objects(object: &Object, name: &str) -> Result<Option<Vec<Object>>, ApiError> {
    let Some(value) = object.get(name) else { return Ok(None) };
    let not_objects = |at: String, value: &Value| {
        wrong(&at, "type", json!({ "actual": [kind_of(value)], "expected": ["object"] }))
    };
    let Value::Array(items) = value else {
        let details = json!({ "actual": [kind_of(value)], "expected": ["array"] });
        return Err(wrong(&format!("/{name}"), "type", details));
    };
    let objects = items.iter().enumerate().map(|(at, item)| match item {
        Value::Object(object) => Ok(object.clone()),
        other => Err(not_objects(format!("/{name}/{at}"), other)),
    });
    objects.collect::<Result<Vec<_>, _>>().map(Some)
}

/// A member that should be there and is not.
pub fn missing(object: &Object, name: &str) -> ApiError {
    let actual: Vec<&str> = object.keys().map(String::as_str).collect();
    wrong("", "required", json!({ "actual": actual, "expected": [name], "missing": [name] }))
}

/// One thing that is wrong with the body.
pub fn wrong(location: &str, kind: &'static str, details: Value) -> ApiError {
    let cause = Cause { location: location.to_owned(), kind, details };
    to_api_error(&Refusal::ValidationFailed(vec![cause]), None)
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
