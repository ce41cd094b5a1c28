//! Comparing what a case expects with what came.
//!
//! Objects may hold more than is expected, lists may not. `"[[string]]"` and its like stand for
//! a type, `["[[arrayof]]", m]` for a list of any length, `"[[...rest]]"` for keys that are not
//! named. The original lets an object pass where something else came; here that is a violation,
//! marked so that it can be told apart.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

/// One place where what came is not what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// A JSON pointer.
    pub path: String,
    pub expected: String,
    pub actual: String,
    /// Whether the original would not have noticed.
    pub is_lenient: bool,
}

const REST: &str = "[[...rest]]";
const NEVER: &str = "[[never]]";
const IGNORE: &str = "[[ignore]]";
const ARRAY_OF: &str = "[[arrayof]]";

/// Longer values are cut in reports: a page of HTML is no diff.
const SHOWN_CHARACTERS_MAX: usize = 300;

/// Everything in which `actual` is not as expected.
pub fn compare(expected: &Value, actual: &Value) -> Vec<Violation> {
    let mut violations = Vec::new();
    visit(expected, actual, "", &mut violations);
    violations
}

fn visit(expected: &Value, actual: &Value, path: &str, found: &mut Vec<Violation>) {
    match expected {
        Value::Object(expected) => match actual {
            Value::Object(actual) => object(expected, actual, path, found),
            _ => found.push(Violation {
                is_lenient: true,
                ..violation(path, &Value::Object(expected.clone()), actual)
            }),
        },
        Value::Array(items) => match actual {
            Value::Array(actual) => list(items, actual, path, found),
            _ => found.push(violation(path, expected, actual)),
        },
        Value::String(text) => {
            let is_match = match text.as_str() {
                "[[string]]" => actual.is_string(),
                "[[number]]" => actual.is_number(),
                "[[boolean]]" => actual.is_boolean(),
                "[[object]]" => actual.is_object(),
                "[[array]]" => actual.is_array(),
                "[[null]]" => actual.is_null(),
                IGNORE => true,
                NEVER => false,
                text => actual.as_str() == Some(text),
            };
            if !is_match {
                found.push(violation(path, expected, actual));
            }
        }
        Value::Number(number) => {
            if actual.as_f64() != number.as_f64() || actual.is_string() {
                found.push(violation(path, expected, actual));
            }
        }
        Value::Bool(_) | Value::Null => {
            if expected != actual {
                found.push(violation(path, expected, actual));
            }
        }
    }
}

fn object(
    expected: &Map<String, Value>,
    actual: &Map<String, Value>,
    path: &str,
    found: &mut Vec<Violation>,
) {
    for (key, wanted) in expected.iter().filter(|(key, _)| *key != REST) {
        let path = format!("{path}/{}", escaped(key));
        match (wanted.as_str(), actual.get(key)) {
            (Some(IGNORE), _) | (Some(NEVER), None) => {}
            (_, Some(value)) => visit(wanted, value, &path, found),
            (_, None) => found.push(Violation {
                path,
                expected: shown(wanted),
                actual: "nothing".to_owned(),
                is_lenient: false,
            }),
        }
    }
    let Some(rest) = expected.get(REST) else { return };
    for (key, value) in actual.iter().filter(|(key, _)| !expected.contains_key(*key)) {
        visit(rest, value, &format!("{path}/{}", escaped(key)), found);
    }
}

fn list(expected: &[Value], actual: &[Value], path: &str, found: &mut Vec<Violation>) {
    if let [Value::String(mark), each] = expected
        && mark == ARRAY_OF
    {
        for (at, value) in actual.iter().enumerate() {
            visit(each, value, &format!("{path}/{at}"), found);
        }
        return;
    }
    if expected.len() != actual.len() {
        found.push(Violation {
            path: path.to_owned(),
            expected: format!("{} items: {}", expected.len(), shown(&expected.into())),
            actual: format!("{} items: {}", actual.len(), shown(&actual.into())),
            is_lenient: false,
        });
        return;
    }
    for (at, (wanted, value)) in expected.iter().zip(actual).enumerate() {
        visit(wanted, value, &format!("{path}/{at}"), found);
    }
}

fn violation(path: &str, expected: &Value, actual: &Value) -> Violation {
    Violation {
        path: path.to_owned(),
        expected: shown(expected),
        actual: shown(actual),
        is_lenient: false,
    }
}

/// RFC 6901 §3.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A value for a report, cut to a readable length.
pub fn shown(value: &Value) -> String {
    cut(&value.to_string())
}

/// A text for a report, cut to a readable length.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
