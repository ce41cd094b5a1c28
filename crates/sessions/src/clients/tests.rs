use appconfig::{ApplicationType, ClientAuthentication};
use serde_json::{Map, Value, json};

use super::{MetadataError, config};

fn metadata(change: &Value) -> Map<String, Value> {
    let mut metadata = json!({
        "client_name": "An app", "redirect_uris": ["https://app.example.com/cb"],
        "token_endpoint_auth_method": "none",
    });
    for (name, value) in change.as_object().unwrap() {
        metadata[name] = value.clone();
    }
    metadata.as_object().unwrap().clone()
}

#[track_caller]
fn refused(change: &Value, expected: MetadataError) {
    assert_eq!(config("c", &metadata(change)).err(), Some(expected), "{change}");
}

#[test]
fn whoever_comes_by_itself_is_a_third_party() {
    let client = config("c", &metadata(&json!({}))).unwrap();
    assert_eq!(client.x_application_type, Some(ApplicationType::ThirdPartyApp));
    assert!(client.is_third_party() && client.is_public() && !client.has_full_access_scope());
    // What would make it more is not read.
    let more = json!({
        "x_application_type": "native", "x_custom_ui_uri": "https://evil.example.com",
        "x_app2app_enabled": true, "x_pre_authenticated_url_enabled": true,
    });
    assert_eq!(config("c", &metadata(&more)).unwrap(), client);
}

#[test]
fn without_a_word_on_it_a_client_has_a_secret() {
    let mut metadata = metadata(&json!({}));
    metadata.remove("token_endpoint_auth_method");
    let client = config("c", &metadata).unwrap();
    let basic = Some(ClientAuthentication::ClientSecretBasic);
    assert_eq!((client.x_token_endpoint_auth_method, client.is_public()), (basic, false));
}

#[test]
fn redirect_uris_lead_to_sites_and_apps_and_run_nothing() {
    for uri in [
        "http://localhost:7777/callback",
        "http://127.0.0.1/cb",
        "http://[::1]:1/cb",
        "com.example.app:/cb",
        "com.example.app://cb",
    ] {
        assert!(config("c", &metadata(&json!({ "redirect_uris": [uri] }))).is_ok(), "{uri}");
    }
    let not_allowed = MetadataError::RedirectUri("a redirect URI is not allowed");
    for uri in [
        "http://app.example.com/cb",
        "http://localhost.evil.com/cb",
        "https://app.example.com/cb#fragment",
        "https://user@app.example.com/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "app://cb",
        "/cb",
        "https://app.example.com/a b",
        "",
    ] {
        refused(&json!({ "redirect_uris": [uri] }), not_allowed.clone());
    }
    let required = MetadataError::RedirectUri("redirect_uris is required");
    refused(&json!({ "redirect_uris": [] }), required.clone());
    refused(&json!({ "redirect_uris": null }), required);
    let many = vec!["https://app.example.com/cb"; 21];
    let too_many = MetadataError::RedirectUri("there are too many redirect_uris");
    refused(&json!({ "redirect_uris": many }), too_many);
}

#[test]
fn metadata_that_promise_what_there_is_not_are_refused() {
    let refused = |change: Value, text| refused(&change, MetadataError::Metadata(text));
    refused(
        json!({ "token_endpoint_auth_method": "tls_client_auth" }),
        "token_endpoint_auth_method is not supported",
    );
    refused(
        json!({ "token_endpoint_auth_method": "private_key_jwt" }),
        "private_key_jwt needs jwks or jwks_uri",
    );
    refused(json!({ "jwks": {} }), "jwks is malformed");
    refused(
        json!({ "jwks": { "keys": [{ "kty": "RSA", "d": "x" }] } }),
        "jwks has private keys in it",
    );
    refused(json!({ "jwks_uri": "http://169.254.169.254/" }), "an address is not one of HTTPS");
    refused(json!({ "client_uri": "javascript:alert(1)" }), "an address is not one of HTTPS");
    refused(
        json!({ "id_token_signed_response_alg": "none" }),
        "the signing algorithm is not supported",
    );
}

#[test]
fn a_name_is_short_and_in_one_line() {
    let long = format!("\u{7}\n{}", "x".repeat(200));
    let client = config("c", &metadata(&json!({ "client_name": long }))).unwrap();
    assert_eq!(client.client_name.unwrap(), "x".repeat(100));
    let nameless = config("c", &metadata(&json!({ "client_name": null }))).unwrap();
    assert_eq!(nameless.client_name.as_deref(), Some("c"));
}
