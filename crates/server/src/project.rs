//! A new project: its two files, and what goes into them.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;
use stdx::{Rng, Timestamp};

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
    /// The text of `authgear.secrets.yaml`: fresh keys.
    fn secrets_yaml(rng: &Rng, now: Timestamp) -> String {
        let symmetric = || {
            json!({ "keys": [{
                "kid": rng.uuid(), "kty": "oct", "k": stdx::base64url(&rng.bytes::<32>()),
                "created_at": now.seconds(),
            }] })
        };
        let signing = || json!({ "keys": [jose::generate_rs256_jwk(&rng.uuid(), now)] });
        appconfig::project::first_secrets([
            ("oauth", signing()),
            ("csrf", symmetric()),
            ("webhook", symmetric()),
            ("images", symmetric()),
            ("admin-api.auth", signing()),
        ])
    }

    /// Writes both files into `folder`, creating it. Files that exist are never touched.
    pub fn write(&self, folder: &Path, rng: &Rng, now: Timestamp) -> Result<(), ProjectError> {
        let config = folder.join("authgear.yaml");
        let secrets = folder.join("authgear.secrets.yaml");
        if let Some(there) = [&config, &secrets].into_iter().find(|path| path.exists()) {
            return Err(ProjectError::Exists(there.clone()));
        }
        let text =
            appconfig::project::first_config(&self.app_id, &self.public_origin, self.with_demo)
                .map_err(|it| ProjectError::Invalid(it.to_string()))?;
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        write_private(&secrets, &Self::secrets_yaml(rng, now))?;
        std::fs::write(&config, text).map_err(failed(&config))
    }
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
