//! Reading features, in one layer or several.
//!
//! Layers are merged as they were written, before defaults: what a layer does not say, it
//! leaves to the layer below.

use serde_json::{Map, Value};

use super::FeatureConfig;
use crate::errors::{ConfigErrors, typed};
use crate::schema::{Compiled, compile, derive};
use crate::yaml;

static FEATURES: Compiled = Compiled::new(|| compile(&FeatureConfig::schema()));

impl FeatureConfig {
    /// The JSON Schema (2020-12) of `authgear.features.yaml`.
    pub fn schema() -> Value {
        derive::<Self>()
    }

    /// Reads, checks and resolves a document.
    pub fn parse(text: &str) -> Result<Self, ConfigErrors> {
        Self::parse_layers(&[text])
    }

    /// Reads documents of which each overrides those before it.
    pub fn parse_layers(texts: &[&str]) -> Result<Self, ConfigErrors> {
        let mut merged = Value::Object(Map::new());
        for text in texts {
            let layer = yaml::parse(text)?;
            FEATURES.check(&layer)?;
            merge(&mut merged, layer);
        }
        let mut features: Self = typed(merged)?;
        features.resolve();
        Ok(features)
    }
}

fn merge(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) if !is_limit(&above) => {
            for (key, value) in above {
                match below.get_mut(&key) {
                    // Whoever was to be told is still told.
                    Some(Value::Array(hooks)) if key == "hooks" => {
                        hooks.extend(value.as_array().into_iter().flatten().cloned());
                    }
                    Some(there) => merge(there, value),
                    None => {
                        below.insert(key, value);
                    }
                }
            }
        }
        (below, above) => *below = above,
    }
}

/// A limit means something as a whole only: half of one and half of another is neither.
fn is_limit(map: &Map<String, Value>) -> bool {
    ["enabled", "period", "burst", "quota"].iter().any(|key| map.contains_key(*key))
}
