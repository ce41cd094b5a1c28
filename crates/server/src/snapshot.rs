//! From a project's files to the snapshot that requests see.
//!
//! A source hands over files by name, as upstream lays them out: `authgear.yaml`,
//! `authgear.secrets.yaml`, `authgear.features.yaml`, `templates/<locale>/translation.json`,
//! `templates/<page>.html`, `theme.json`, `deno/<script>.ts`, `reserved_name.txt` and the other lists.
//! Everything is parsed and checked here; either all of it is good, or the error says what is not
//! and nothing changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use accounts::login_id::LIST_FILES;
use appconfig::{AppConfig, FeatureConfig, Secrets};
use ctx::{App, Parts};
use i18n::Catalogue;
use jose::SigningKeys;
use serde_json::json;

use web::builtin;

use crate::theme::{self, ThemeError};

/// The files of one project, by their path within it.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What is wrong with a project's files.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{0} is not text in UTF-8")]
    NotText(String),
    #[error("{file}: {problems}")]
    Config { file: &'static str, problems: String },
    #[error("the signing keys cannot be used")]
    Keys(#[from] jose::JwkError),
    #[error("{file} is not a JSON object of texts")]
    Translation { file: String },
    #[error(transparent)]
    Message(#[from] i18n::CatalogueError),
    #[error("template {name}")]
    Template {
        name: String,
        #[source]
        source: Box<minijinja::Error>,
    },
    #[error(transparent)]
    Theme(#[from] ThemeError),
    #[error("http.public_origin is not a web origin")]
    Origin,
}

/// Builds the snapshot of one project.
pub fn build(files: &Files) -> Result<App, SnapshotError> {
    let config =
        AppConfig::parse(text(files, "authgear.yaml")?).map_err(invalid("authgear.yaml"))?;
    let features = if files.contains_key("authgear.features.yaml") {
        text(files, "authgear.features.yaml")?
    } else {
        "{}"
    };
    let features = FeatureConfig::parse(features).map_err(invalid("authgear.features.yaml"))?;
    let secrets = text(files, "authgear.secrets.yaml")?;
    let secrets = Secrets::parse(secrets, &config).map_err(invalid("authgear.secrets.yaml"))?;
    let keys = SigningKeys::from_jwk_set(&json!({ "keys": secrets.oauth_keys() }))?;
    let catalogue = Arc::new(catalogue(files, &config)?);
    let templates = templates(files, &catalogue)?;
    let theme = theme::read(files.get("theme.json").map(Vec::as_slice))?;
    let parts = Parts { config, features, secrets, keys, catalogue, templates, theme };
    let app = App::new(parts).ok_or(SnapshotError::Origin)?;
    Ok(app.with_scripts(scripts(files)?).with_lists(lists(files)?))
}

/// The project's lists of names and domains, as far as it has any.
fn lists(files: &Files) -> Result<BTreeMap<String, String>, SnapshotError> {
    let mut lists = BTreeMap::new();
    for name in LIST_FILES.into_iter().filter(|it| files.contains_key(*it)) {
        lists.insert(name.to_owned(), text(files, name)?.to_owned());
    }
    Ok(lists)
}

fn text<'f>(files: &'f Files, name: &'static str) -> Result<&'f str, SnapshotError> {
    let bytes = files.get(name).ok_or(SnapshotError::Missing(name))?;
    std::str::from_utf8(bytes).map_err(|_| SnapshotError::NotText(name.to_owned()))
}

fn invalid(file: &'static str) -> impl FnOnce(appconfig::ConfigErrors) -> SnapshotError {
    move |errors| SnapshotError::Config { file, problems: errors.to_string() }
}

/// Our texts, then the project's over them.
fn catalogue(files: &Files, config: &AppConfig) -> Result<Catalogue, SnapshotError> {
    let fallback = config.localization.fallback_language.as_str();
    let mut catalogue = builtin::catalogue().clone().with_fallback(fallback);
    for (path, bytes) in files {
        let Some(locale) =
            path.strip_prefix("templates/").and_then(|rest| rest.strip_suffix("/translation.json"))
        else {
            continue;
        };
        let texts: BTreeMap<String, String> = serde_json::from_slice(bytes)
            .map_err(|_| SnapshotError::Translation { file: path.clone() })?;
        catalogue.add(locale, &texts)?;
    }
    Ok(catalogue)
}

/// Hooks and gateways in TypeScript. Whether they can be run shows when they are: a mistake in one
/// does not take the project away.
fn scripts(files: &Files) -> Result<BTreeMap<String, String>, SnapshotError> {
    let scripts = files.iter().filter(|(path, _)| path.starts_with("deno/"));
    let read = |(path, bytes): (&String, &Vec<u8>)| {
        let source = String::from_utf8(bytes.clone());
        Ok((path.clone(), source.map_err(|_| SnapshotError::NotText(path.clone()))?))
    };
    scripts.map(read).collect()
}

/// Pages, and messages (`messages/<name>`, or `<language>/messages/<name>` for one language).
fn is_template(name: &str) -> bool {
    let is_message = name.starts_with("messages/") || name.contains("/messages/");
    let has = |suffix| name.strip_suffix(suffix).is_some();
    has(".html") || (is_message && has(".txt"))
}

/// Our pages and messages, then the project's over them.
fn templates(
    files: &Files,
    catalogue: &Arc<Catalogue>,
) -> Result<minijinja::Environment<'static>, SnapshotError> {
    let mut environment = builtin::templates(catalogue.clone());
    for (path, bytes) in files {
        let Some(name) = path.strip_prefix("templates/").filter(|name| is_template(name)) else {
            continue;
        };
        let name = name.to_owned();
        let source =
            String::from_utf8(bytes.clone()).map_err(|_| SnapshotError::NotText(path.clone()))?;
        environment
            .add_template_owned(name.clone(), source)
            .map_err(|source| SnapshotError::Template { name, source: Box::new(source) })?;
    }
    Ok(environment)
}
