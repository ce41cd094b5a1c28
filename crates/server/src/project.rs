//! A new project: its two files, and what goes into them.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stdx::{Rng, Timestamp};

/// The client of the built-in demo application.
pub const DEMO_CLIENT: &str = "demo";

/// What a new project is called and where it is reached.
#[derive(Clone, Debug)]
pub struct NewProject {
    pub app_id: String,
    pub public_origin: String,
    /// Whether the demo's client is registered.
    pub with_demo: bool,
}

/// Why a project could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("{0} exists already; it is left as it is")]
    Exists(PathBuf),
    #[error("cannot write {path}")]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("these settings do not make a valid project: {0}")]
    Invalid(String),
}

impl NewProject {
    /// The text of `authgear.yaml`: people sign in with an email address or a username and a
    /// password. Verifying addresses needs mail, so it is off until mail is configured.
    pub fn config_yaml(&self) -> String {
        let Self { app_id, public_origin, .. } = self;
        let clients = if self.with_demo { demo_client(public_origin) } else { "[]".to_owned() };
        format!(
            "id: {id}\n\
             http:\n  public_origin: {origin}\n\
             identity:\n  login_id:\n    keys:\n    - type: email\n    - type: username\n\
             authentication:\n  identities:\n  - login_id\n  \
             primary_authenticators:\n  - password\n  \
             secondary_authentication_mode: disabled\n\
             # Addresses are not verified until mail is configured.\n\
             verification:\n  claims:\n    email:\n      enabled: false\n      required: false\n    \
             phone_number:\n      enabled: false\n      required: false\n\
             oauth:\n  clients: {clients}\n",
            id = json!(app_id),
            origin = json!(public_origin),
        )
    }

    /// The text of `authgear.secrets.yaml`: fresh keys. JSON is YAML, and is what is written.
    pub fn secrets_yaml(&self, rng: &Rng, now: Timestamp) -> String {
        let key = |secret: &str, data: Value| json!({ "key": secret, "data": data });
        let symmetric = || {
            json!({ "keys": [{
            "kid": rng.uuid(), "kty": "oct", "k": stdx::base64url(&rng.bytes::<32>()),
            "created_at": now.seconds(),
        }] })
        };
        let signing = || jose::generate_rs256_jwk(&rng.uuid(), now);
        let admin = jose::generate_rs256_jwk(&rng.uuid(), now);
        let secrets = json!({ "secrets": [
            key("oauth", json!({ "keys": [signing()] })),
            key("csrf", symmetric()),
            key("webhook", symmetric()),
            key("images", symmetric()),
            key("admin-api.auth", json!({ "keys": [admin] })),
        ] });
        format!("{secrets:#}\n")
    }

    /// Writes both files into `folder`, creating it. Files that exist are never touched.
    pub fn write(&self, folder: &Path, rng: &Rng, now: Timestamp) -> Result<(), ProjectError> {
        let config = folder.join("authgear.yaml");
        let secrets = folder.join("authgear.secrets.yaml");
        if let Some(there) = [&config, &secrets].into_iter().find(|path| path.exists()) {
            return Err(ProjectError::Exists(there.clone()));
        }
        let text = self.config_yaml();
        appconfig::AppConfig::parse(&text).map_err(|it| ProjectError::Invalid(it.to_string()))?;
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        write_private(&secrets, &self.secrets_yaml(rng, now))?;
        std::fs::write(&config, text).map_err(failed(&config))
    }
}

fn demo_client(public_origin: &str) -> String {
    let client = json!([{
        "client_id": DEMO_CLIENT,
        "name": "Demo",
        "client_name": "Demo",
        "x_application_type": "spa",
        "redirect_uris": [format!("{public_origin}/demo")],
        "post_logout_redirect_uris": [format!("{public_origin}/demo")],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code", "none"],
        "issue_jwt_access_token": true,
    }]);
    client.to_string()
}

/// Writes a file that only its owner may read.
fn write_private(path: &Path, text: &str) -> Result<(), ProjectError> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(failed(path))?;
    file.write_all(text.as_bytes()).map_err(failed(path))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> ProjectError {
    let path = path.to_owned();
    move |source| ProjectError::Write { path, source }
}

#[cfg(test)]
mod tests;
