//! Many projects from the database, in the tables that upstream keeps them in.
//!
//! A project's files are one JSON object: escaped path to base64. A project that does not
//! parse is left out, logged whenever they are read, and served in its last good state if it had one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ctx::App;
use domain::AppId;
use serde_json::{Map, Value};
use store::{Changes, ConfigSource, Store, StoreError};
use web::Apps;

use crate::causes;
use crate::snapshot::{self, Files};

/// How soon a change is seen that nobody tells us of.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How soon it is seen while somebody should: a message can be lost, and not everybody sends one.
const LOOK_ANYWAY: Duration = Duration::from_secs(30);

/// Why the projects cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("the query failed")]
    Store(#[from] StoreError),
}

/// Reads every project and serves those that are valid.
pub async fn load(store: &Store, apps: &Apps) -> Result<(), DatabaseError> {
    let sources = store.read_everywhere().await?.config_sources().list().await?;
    let running: HashMap<AppId, Arc<App>> =
        apps.all().into_iter().map(|app| (app.id.clone(), app)).collect();
    let served = sources.into_iter().filter_map(|source| {
        let app = build(&source).map(Arc::new).or_else(|problem| {
            tracing::error!(app = %source.app_id, problem, "this project's configuration is refused");
            running.get(&source.app_id).cloned().ok_or(problem)
        });
        Some((app.ok()?, source.domains))
    });
    apps.replace(served.collect::<Vec<_>>());
    Ok(())
}

/// Reads them again whenever one changes, until the process ends.
pub async fn watch(store: Store, apps: Apps) {
    let mut seen = fingerprint(&store).await.ok();
    let mut changes = store.config_source_changes();
    loop {
        // After a failure there is something to catch up with.
        let patience = if changes.is_some() && seen.is_some() { LOOK_ANYWAY } else { LOOK_EVERY };
        let is_told = is_told(changes.as_mut(), patience).await;
        match fingerprint(&store).await {
            Ok(now) if !is_told && seen.as_ref() == Some(&now) => {}
            Ok(now) => {
                seen = match load(&store, &apps).await {
                    Ok(()) => Some(now),
                    Err(error) => {
                        tracing::error!(%error, "the projects cannot be read again");
                        None
                    }
                };
                if !is_told {
                    // Nobody said so: the connection may be dead without our knowing.
                    changes = store.config_source_changes();
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot look for changed projects");
                seen = None;
            }
        }
    }
}

/// Whether a change was told of before the time was up.
async fn is_told(changes: Option<&mut Changes>, patience: Duration) -> bool {
    let Some(changes) = changes else {
        tokio::time::sleep(patience).await;
        return false;
    };
    match tokio::time::timeout(patience, changes.next()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(%error, "cannot listen for changed projects");
            tokio::time::sleep(LOOK_EVERY).await;
            false
        }
        Err(_) => false,
    }
}

async fn fingerprint(store: &Store) -> Result<String, StoreError> {
    store.read_everywhere().await?.config_sources().fingerprint().await
}

fn build(source: &ConfigSource) -> Result<App, String> {
    let files = unpack(&source.data).ok_or("its files are not base64 under escaped names")?;
    let app = snapshot::build(&files).map_err(|error| causes::whole(&error))?;
    if app.id == source.app_id {
        Ok(app)
    } else {
        Err(format!("its authgear.yaml says that it is {}", app.id))
    }
}

fn unpack(data: &Map<String, Value>) -> Option<Files> {
    data.iter()
        .map(|(name, value)| Some((unescape(name)?, stdx::from_base64(value.as_str()?)?)))
        .collect()
}

/// Undoes upstream's escaping of paths: `_2f_` is a slash. `None` for a broken escape.
pub fn unescape(name: &str) -> Option<String> {
    let mut path = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((plain, after)) = rest.split_once('_') {
        let (code, after) = after.split_once('_')?;
        path.push_str(plain);
        path.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
        rest = after;
    }
    path.push_str(rest);
    Some(path)
}

#[cfg(test)]
mod tests;
