//! The first documents of a new project.

use serde_json::{Value, json};

use crate::AppConfig;
use crate::errors::ConfigErrors;

/// The client of the demo application that every new project starts with.
pub const DEMO_CLIENT_ID: &str = "demo";

/// Writes the first `authgear.yaml`: people sign in with an email address or a username, and a
/// password; with the demo, its application lies at `/demo`.
///
/// Addresses are not verified until the project has mail to do it with. Fails where
/// `public_origin` is not an origin.
pub fn first_config(
    app_id: &str,
    public_origin: &str,
    with_demo: bool,
) -> Result<String, ConfigErrors> {
    let unverified = json!({ "enabled": false, "required": false });
    let mut document = json!({
        "id": app_id,
        "http": { "public_origin": public_origin },
        "localization": { "supported_languages": ["en", "zh-HK"] },
        "authentication": {
            "identities": ["login_id"],
            "primary_authenticators": ["password"],
            "secondary_authentication_mode": "disabled",
        },
        "identity": { "login_id": { "keys": [{ "type": "email" }, { "type": "username" }] } },
        "verification": { "claims": { "email": unverified, "phone_number": unverified } },
    });
    if with_demo {
        document["oauth"] = json!({ "clients": [{
            "client_id": DEMO_CLIENT_ID,
            "name": "Demo",
            "x_application_type": "spa",
            "redirect_uris": [format!("{public_origin}/demo")],
            "post_logout_redirect_uris": [format!("{public_origin}/demo")],
            "issue_jwt_access_token": true,
        }] });
    }
    AppConfig::from_value(document.clone())?;
    Ok(write(&document))
}

/// Writes an `authgear.secrets.yaml` of these secrets.
pub fn first_secrets<'a>(secrets: impl IntoIterator<Item = (&'a str, Value)>) -> String {
    let secrets = secrets.into_iter().map(|(key, data)| json!({ "key": key, "data": data }));
    write(&json!({ "secrets": secrets.collect::<Vec<_>>() }))
}

fn write(document: &Value) -> String {
    serde_saphyr::to_string(document).expect("every JSON value can be written as YAML")
}

#[cfg(test)]
mod tests;
