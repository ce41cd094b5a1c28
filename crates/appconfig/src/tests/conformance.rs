//! The shared cases: what is valid, where errors are, what defaults are.
//!
//! They lie beside the repository, or where `AUTHWARDEN_SHARED` says.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::schema::{Compiled, compile, part};
use crate::{AppConfig, ConfigErrors, FeatureConfig, Secrets, schema, yaml};

/// The folder of shared cases, if there is one.
fn shared(folder: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("AUTHWARDEN_SHARED").map_or_else(beside, PathBuf::from);
    let path = root.join("conformance").join(folder);
    if !path.is_dir() {
        eprintln!("no shared cases at {}", path.display());
        return None;
    }
    Some(path)
}

fn read(folder: &std::path::Path, file: &str) -> String {
    fs::read_to_string(folder.join(file)).unwrap()
}

/// The documents of a file; `---` begins a line.
fn documents(text: &str) -> Vec<Value> {
    text.split("\n---").map(|it| yaml::parse(it).unwrap()).collect()
}

/// The pointers of an expected error message: what begins a line, up to the colon.
fn expected_pointers(case: &Value) -> BTreeSet<String> {
    let lines = case["error"].as_str().unwrap_or_default().lines();
    let pointers = lines.filter_map(|line| line.trim_start().split_once(':')).map(|(it, _)| it);
    pointers
        .filter_map(|it| {
            if it == "<root>" { Some("") } else { Some(it).filter(|it| it.starts_with('/')) }
        })
        .map(str::to_owned)
        .collect()
}

fn check<T>(file: &str, case: &Value, result: Result<T, ConfigErrors>, failed: &mut Vec<String>) {
    let found = result.err();
    let pointers = found.iter().flat_map(ConfigErrors::errors).map(|it| it.pointer.clone());
    let pointers: BTreeSet<String> = pointers.collect();
    let expected = expected_pointers(case);
    if found.is_some() == case["error"].is_null() || pointers != expected {
        let text = found.map_or_else(|| "valid".to_owned(), |it| it.to_string());
        failed.push(format!("{file} {}: expected {expected:?}\n{text}", case["name"]));
    }
}

/// What we call the parts that cases name.
fn definition(part: &str) -> &str {
    match part {
        "AccountAnonymizationConfig" => "AccountAnonymization",
        "AccountDeletionConfig" => "AccountDeletion",
        "AccountLinkingConfig" => "AccountLinking",
        "BlockingHookHandlersConfig" => "BlockingHandler",
        "BotProtectionConfig" => "BotProtection",
        "CustomAttributesAttributeConfig" => "CustomAttribute",
        "FraudProtectionConfig" => "FraudProtection",
        "GoogleTagManagerConfig" => "GoogleTagManager",
        "NonBlockingHookHandlersConfig" => "NonBlockingHandler",
        "RateLimitConfig" => "RateLimit",
        "SessionConfig" => "Session",
        other => other,
    }
}

#[test]
fn shared_cases_of_parts_agree() {
    let Some(folder) = shared("config") else { return };
    let (mut count, mut failed) = (0, Vec::new());
    for entry in fs::read_dir(&folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        // The document of this file breaks the rules for signup: nobody checks it any more.
        if !file.ends_with("_tests.yaml") || file == "authentication_flow_tests.yaml" {
            continue;
        }
        for case in documents(&read(&folder, &file)) {
            if let Some(name) = case["part"].as_str() {
                let validator = compile(&part(schema(), definition(name)));
                check(&file, &case, Compiled::run(&validator, &case["value"]), &mut failed);
                count += 1;
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(count > 0);
}

#[test]
fn shared_cases_of_whole_documents_agree() {
    let Some(folder) = shared("config") else { return };
    let mut failed = Vec::new();
    let file = "config_tests.yaml";
    for case in documents(&read(&folder, file)) {
        let result = AppConfig::from_value(case["config"].clone());
        if let Ok(config) = &result {
            let again = AppConfig::from_value(serde_json::to_value(config).unwrap());
            assert_eq!(again.as_ref(), Ok(config), "{} can be written back", case["name"]);
        }
        check(file, &case, result, &mut failed);
    }
    let file = "parse_messaging_sms_gateway_tests.yaml";
    let validator = compile(&part(schema(), "SmsGateway"));
    for case in documents(&read(&folder, file)) {
        check(file, &case, Compiled::run(&validator, &case["config"]), &mut failed);
    }
    let file = "parse_feature_tests.yaml";
    for case in documents(&read(&folder, file)) {
        check(file, &case, FeatureConfig::parse(&case["config"].to_string()), &mut failed);
    }
    let file = "secret_config_validate_tests.yaml";
    for case in documents(&read(&folder, file)) {
        let config = AppConfig::from_value(case["app_config"].clone()).unwrap();
        let secrets = Secrets::parse(&case["secret_config"].to_string(), &config);
        check(file, &case, secrets, &mut failed);
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Drops what says nothing: `false`, which may be written or left out.
fn prune(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| **value != json!(false))
            .map(|(key, value)| (key.clone(), prune(value)))
            .collect(),
        Value::Array(items) => items.iter().map(prune).collect(),
        other => other.clone(),
    }
}

#[test]
fn shared_defaults_agree() {
    let Some(folder) = shared("config") else { return };
    let expected = yaml::parse(&read(&folder, "default_config.yaml")).unwrap();
    let mut input = json!({ "id": "test", "http": { "public_origin": "http://test" } });
    // Providers have defaults too, so the expected document has one of each.
    let mut providers = expected["identity"]["oauth"]["providers"].clone();
    for provider in providers.as_array_mut().unwrap() {
        let provider = provider.as_object_mut().unwrap();
        provider
            .retain(|key, _| !["claims", "create_disabled", "delete_disabled"].contains(&&**key));
    }
    input["identity"]["oauth"]["providers"] = providers;
    let config = AppConfig::from_value(input).unwrap();
    let written = serde_json::to_value(&config).unwrap();
    assert_eq!(pretty(&prune(&written)), pretty(&prune(&expected)));
    assert_eq!(AppConfig::from_value(expected).unwrap(), config);
}

/// Text to compare, with keys in order.
fn pretty(value: &Value) -> String {
    fn sort(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_key(|(key, _)| key.as_str());
                entries.into_iter().map(|(key, value)| (key.clone(), sort(value))).collect()
            }
            Value::Array(items) => items.iter().map(sort).collect(),
            other => other.clone(),
        }
    }
    serde_json::to_string_pretty(&sort(value)).unwrap()
}

/// Keys of an expected document that nobody reads any more.
const FORGOTTEN: &[&str] = &[
    "/rate_limit",
    "/authenticator/password/policy/min_length",
    "/authenticator/password/policy/uppercase_required",
    "/authenticator/password/policy/lowercase_required",
    "/authenticator/password/policy/digit_required",
    "/authenticator/password/policy/symbol_required",
];

#[test]
fn shared_default_features_agree() {
    let Some(folder) = shared("config") else { return };
    let mut expected = yaml::parse(&read(&folder, "default_feature.yaml")).unwrap();
    for pointer in FORGOTTEN {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = expected.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        assert!(parent.remove(key).is_some(), "{pointer}");
    }
    let written = serde_json::to_value(FeatureConfig::parse("{}").unwrap()).unwrap();
    assert_eq!(pretty(&written), pretty(&expected));
}

#[test]
fn shared_layers_of_features_merge_as_expected() {
    let Some(folder) = shared("config") else { return };
    let case = yaml::parse(&read(&folder, "merge_feature.yaml")).unwrap();
    let layers = case["configs"].as_array().unwrap().iter().map(Value::to_string);
    let layers: Vec<String> = layers.collect();
    let layers: Vec<&str> = layers.iter().map(String::as_str).collect();
    let merged = FeatureConfig::parse_layers(&layers).unwrap();
    assert_eq!(merged, FeatureConfig::parse(&case["result"].to_string()).unwrap());
}

#[test]
fn shared_deprecated_keys_become_their_successors() {
    let Some(folder) = shared("config/authenticator_code_valid_period_deprecation") else { return };
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let Some(case) = file.strip_suffix(".input.yaml") else { continue };
        let input = AppConfig::parse(&read(&folder, &file)).unwrap();
        let output = AppConfig::parse(&read(&folder, &format!("{case}.output.yaml"))).unwrap();
        assert_eq!(input, output, "{case}");
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn the_shared_base_documents_are_read() {
    let Some(folder) = shared("base") else { return };
    let config = AppConfig::parse(&read(&folder, "authgear.yaml")).unwrap();
    assert!(config.oauth.find_client("e2em2mclient").unwrap().is_confidential());
    let features = FeatureConfig::parse(&read(&folder, "authgear.features.yaml")).unwrap();
    assert_eq!(features.test_mode.fixed_oob_otp.code, "111111");
}
