//! JSON bodies: an object with members of known types, refused with causes otherwise.

use bytes::Bytes;
use flow::Cause;
use http::{HeaderMap, header};
use serde_json::{Map, Value, json};
use web::{ApiError, ErrorName};

/// The members of a JSON object.
pub type Object = Map<String, Value>;

/// Reads a body that must be a JSON object. A form of another site cannot post one.
pub fn object(headers: &HeaderMap, body: &Bytes) -> Result<Object, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let is_json = kind.and_then(|it| it.split(';').next());
    if !is_json.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json")) {
        let text = "request content type is not JSON";
        return Err(ApiError::new(ErrorName::BadRequest, "BadRequest", text));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(wrong("", "type", &of_type(&other, "object"))),
        Err(_) => {
            let text = "the body is not valid JSON";
            Err(ApiError::new(ErrorName::BadRequest, "BadRequest", text))
        }
    }
}

/// A text that must be there and not be empty.
pub fn text<'o>(object: &'o Object, name: &str) -> Result<&'o str, ApiError> {
    match object.get(name) {
        Some(Value::String(text)) if text.is_empty() => {
            let details = json!({ "expected": 1, "actual": 0 });
            Err(wrong(&format!("/{name}"), "minLength", &details))
        }
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(wrong(&format!("/{name}"), "type", &of_type(other, "string"))),
        None => {
            let actual: Vec<&str> = object.keys().map(String::as_str).collect();
            let details = json!({ "actual": actual, "expected": [name], "missing": [name] });
            Err(wrong("", "required", &details))
        }
    }
}

/// A flag; false when it is not there.
pub fn flag(object: &Object, name: &str) -> Result<bool, ApiError> {
    match object.get(name) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => Err(wrong(&format!("/{name}"), "type", &of_type(other, "boolean"))),
    }
}

/// One thing that is wrong with the body.
pub fn wrong(location: &str, kind: &'static str, details: &Value) -> ApiError {
    let cause = Cause { location: location.to_owned(), kind, details: details.clone() };
    let causes = json!([cause.to_json()]);
    let info = [("causes".to_owned(), causes)].into_iter().collect();
    ApiError::new(ErrorName::Invalid, "ValidationFailed", "invalid request body").with_info(info)
}

fn of_type(value: &Value, expected: &str) -> Value {
    let actual = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    json!({ "actual": [actual], "expected": [expected] })
}
