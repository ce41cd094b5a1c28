//! The project under test: the base with a case's changes over it, as the files that a project is
//! made of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::case::Case;
use crate::template::{BRACKETS, Outside, render};

/// Where every project of a run is reached.
const DOMAIN: &str = "authgeare2e.localhost";

/// The base on which cases put their changes.
#[derive(Clone, Debug)]
pub struct Base {
    folder: PathBuf,
    /// `authgear.secrets.yaml`, the same for every case.
    secrets: String,
}

impl Base {
    pub fn new(folder: &Path, secrets: String) -> Self {
        Self { folder: folder.to_owned(), secrets }
    }

    /// The files of the project `app_id`, by their path within it.
    pub fn files(
        &self,
        case: &Case,
        app_id: &str,
        outside: &Outside<'_>,
    ) -> Result<BTreeMap<String, Vec<u8>>> {
        let data = json!({ "AppID": app_id });
        let changes = |text: &Option<String>| -> Result<Option<Value>> {
            let Some(text) = text else { return Ok(None) };
            let text = render(text, BRACKETS, &data, outside)?;
            Ok(Some(serde_saphyr::from_str(&text).context("an override is not YAML")?))
        };
        let mut config = self.config(case)?;
        config["id"] = app_id.into();
        merge(&mut config, json!({ "http": { "public_origin": public_origin(app_id) } }));
        if let Some(changes) = changes(&case.document.config.changes)? {
            merge(&mut config, changes);
        }
        let mut features = yaml(&self.folder.join("authgear.features.yaml"))?;
        if let Some(changes) = changes(&case.document.features.changes)? {
            merge(&mut features, changes);
        }
        let config = config.to_string();
        appconfig::AppConfig::parse(&config)
            .map_err(|errors| anyhow::anyhow!("the case's authgear.yaml is refused:\n{errors}"))?;
        let mut files = BTreeMap::from([
            ("authgear.yaml".to_owned(), config.into_bytes()),
            ("authgear.features.yaml".to_owned(), features.to_string().into_bytes()),
            ("authgear.secrets.yaml".to_owned(), self.secrets.clone().into_bytes()),
        ]);
        if let Some(folder) = &case.document.extra_files_directory {
            let folder = case.folder.join(folder);
            add_files(&folder, &folder, &mut files)?;
        }
        Ok(files)
    }

    /// The base configuration of a case: its own, one that lies beside it, or that of all.
    fn config(&self, case: &Case) -> Result<Value> {
        let beside = case.folder.join("authgear.yaml");
        match &case.document.config.extend {
            Some(extend) => yaml(&case.folder.join(extend)),
            None if beside.exists() => yaml(&beside),
            None => yaml(&self.folder.join("authgear.yaml")),
        }
    }
}

/// The host of a project, without a port.
pub fn domain(app_id: &str) -> String {
    format!("{app_id}.{DOMAIN}")
}

/// The host of a project as requests name it.
pub fn host(app_id: &str) -> String {
    format!("{}:4000", domain(app_id))
}

pub fn public_origin(app_id: &str) -> String {
    format!("http://{}", host(app_id))
}

/// A project's files as the database keeps them: escaped path to base64.
pub fn pack(files: &BTreeMap<String, Vec<u8>>) -> Map<String, Value> {
    let packed = files.iter().map(|(path, bytes)| (escape(path), BASE64_STANDARD.encode(bytes)));
    packed.map(|(path, bytes)| (path, Value::from(bytes))).collect()
}

/// Everything but letters, hyphens and dots is written by its number: `/` is `_2f_`.
fn escape(path: &str) -> String {
    path.chars().fold(String::new(), |made, it| match it {
        'a'..='z' | 'A'..='Z' | '-' | '.' => made + &it.to_string(),
        _ => format!("{made}_{:x}_", u32::from(it)),
    })
}

/// Objects merge; everything else, null too, replaces.
fn merge(base: &mut Value, changes: Value) {
    match (base, changes) {
        (Value::Object(base), Value::Object(changes)) => {
            for (key, value) in changes {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, changes) => *base = changes,
    }
}

fn yaml(path: &Path) -> Result<Value> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_saphyr::from_str(&text).with_context(|| format!("{} is not YAML", path.display()))
}

fn add_files(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let entries = std::fs::read_dir(folder);
    for entry in entries.with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            add_files(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            files.insert(name, std::fs::read(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_merge_and_everything_else_replaces() {
        let mut base = json!({ "a": { "b": 1, "c": [1, 2] }, "d": 1 });
        merge(&mut base, json!({ "a": { "c": [3], "e": 2 }, "d": null }));
        assert_eq!(base, json!({ "a": { "b": 1, "c": [3], "e": 2 }, "d": null }));
    }

    #[test]
    fn paths_are_written_as_upstream_writes_them() {
        assert_eq!(escape("deno/a_1.ts"), "deno_2f_a_5f__31_.ts");
        assert_eq!(escape("authgear.yaml"), "authgear.yaml");
    }
}
