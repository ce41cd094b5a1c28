//! JSON Schema: derived from the types, simplified, compiled once.

use std::sync::LazyLock;

use jsonschema::{PatternOptions, Validator};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::errors::{ConfigErrors, Found};
use crate::{AppConfig, flow, formats};

/// The JSON Schema (2020-12) of `authgear.yaml`.
pub fn schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        let mut schema = derive::<AppConfig>();
        definitions(&mut schema).extend(flow::definitions());
        schema
    });
    &SCHEMA
}

/// A schema with its validator, compiled at first use.
pub(crate) struct Compiled(LazyLock<Validator>);

impl Compiled {
    pub(crate) const fn new(compile: fn() -> Validator) -> Self {
        Self(LazyLock::new(compile))
    }

    /// Every way in which `value` does not match.
    pub(crate) fn check(&self, value: &Value) -> Result<(), ConfigErrors> {
        Self::run(&self.0, value)
    }

    pub(crate) fn run(validator: &Validator, value: &Value) -> Result<(), ConfigErrors> {
        let mut found = Found::default();
        for error in validator.iter_errors(value) {
            found.push_schema(&error);
        }
        found.into_result()
    }
}

/// What `AppConfig` must match.
pub(crate) static APP: Compiled = Compiled::new(|| compile(schema()));

/// Compiles a schema of ours, with our formats.
pub(crate) fn compile(schema: &Value) -> Validator {
    let options = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(true);
    formats::register(options).build(schema).expect("our own schema is valid")
}

/// The schema of a type, in the plain words that make errors point at the right place.
pub(crate) fn derive<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12();
    let mut schema = Value::from(settings.into_generator().into_root_schema_for::<T>());
    simplify(&mut schema);
    schema
}

/// The schema of one definition.
#[cfg(test)]
pub(crate) fn part(schema: &Value, name: &str) -> Value {
    assert!(schema["$defs"].get(name).is_some(), "{name} is not defined");
    json!({ "$ref": format!("#/$defs/{name}"), "$defs": schema["$defs"] })
}

fn definitions(schema: &mut Value) -> &mut Map<String, Value> {
    schema["$defs"].as_object_mut().expect("a derived schema has definitions")
}

/// What is absent is absent, never `null`; and defaults of whole sections, which the
/// sections' own keys repeat, are dropped.
fn simplify(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
                choices.retain(|choice| *choice != json!({ "type": "null" }));
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    map.remove("anyOf");
                    map.extend(only);
                }
            }
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    map.insert("type".to_owned(), only);
                }
            }
            if map.get("default").is_some_and(|it| it.is_object() || it.is_array() || it.is_null())
            {
                map.remove("default");
            }
            let of_rust = |it: &Value| ["int64", "double", "uint8"].iter().any(|name| it == name);
            if map.get("format").is_some_and(of_rust) {
                map.remove("format");
            }
            map.values_mut().for_each(simplify);
        }
        Value::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
}
