//! Many projects from the database, in the tables that upstream keeps them in.
//!
//! A project's files are one JSON object: escaped path to base64. A project that does not
//! parse is left out, logged when it is read, and served in its last good state if it had one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ctx::App;
use domain::AppId;
use serde_json::{Map, Value};
use stdx::Timestamp;
use store::{Changes, ConfigSource, ProjectStamp, Store, StoreError};
use tokio::sync::Mutex;
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

/// The projects of a database, and what was last read of each.
///
/// Only what has changed is read and built again. A host that nobody here knows is looked up, so
/// that a project is served from its first request on.
#[derive(Clone)]
pub struct Projects {
    store: Store,
    apps: Apps,
    known: Arc<Mutex<HashMap<AppId, Known>>>,
}

struct Known {
    updated_at: Timestamp,
    /// The last good state, if it ever had one.
    app: Option<Arc<App>>,
}

impl Projects {
    pub fn new(store: Store, apps: &Apps) -> Self {
        let projects = Self { store, apps: apps.clone(), known: Arc::default() };
        let asked = projects.clone();
        apps.ask(move |host| {
            let projects = asked.clone();
            Box::pin(async move {
                projects.find(&host).await.unwrap_or_else(|error| {
                    tracing::error!(%error, "a host cannot be looked up");
                    None
                })
            })
        });
        projects
    }

    /// Reads what has changed since the last time, and serves every project that is valid.
    pub async fn refresh(&self) -> Result<(), DatabaseError> {
        let mut known = self.known.lock().await;
        let stamps = self.store.read_everywhere().await?.config_sources().overview().await?;
        let mut served = Vec::with_capacity(stamps.len());
        let mut kept = HashMap::with_capacity(stamps.len());
        for ProjectStamp { app_id, updated_at, domains } in stamps {
            let before = known.remove(&app_id);
            let now = match before {
                Some(it) if it.updated_at == updated_at => it,
                before => self.read(&app_id, updated_at, before).await?,
            };
            served.extend(now.app.clone().map(|app| (app, domains)));
            kept.insert(app_id, now);
        }
        *known = kept;
        self.apps.replace(served);
        Ok(())
    }

    /// The project that a host was given to, and all of its hosts.
    async fn find(&self, host: &str) -> Result<Option<(Arc<App>, Vec<String>)>, DatabaseError> {
        let owner = self.store.read_everywhere().await?.config_sources().find_owner(host).await?;
        let Some(app_id) = owner else { return Ok(None) };
        let mut known = self.known.lock().await;
        let Some(source) = self.store.read(&app_id).await?.config_sources().find().await? else {
            return Ok(None);
        };
        let before = known.remove(&app_id);
        let now = built(&source, before);
        let app = now.app.clone();
        known.insert(app_id, now);
        Ok(app.map(|app| (app, source.domains)))
    }

    async fn read(
        &self,
        app_id: &AppId,
        updated_at: Timestamp,
        before: Option<Known>,
    ) -> Result<Known, DatabaseError> {
        let source = self.store.read(app_id).await?.config_sources().find().await?;
        Ok(match source {
            Some(source) => built(&source, before),
            // It went while we were looking: the next look leaves it out.
            None => Known { updated_at, app: before.and_then(|it| it.app) },
        })
    }

    /// Reads again whenever a project changes, until the process ends.
    pub async fn watch(self) {
        let mut changes = self.store.config_source_changes();
        let mut was_failing = false;
        loop {
            // After a failure there is something to catch up with.
            let patience = if changes.is_some() && !was_failing { LOOK_ANYWAY } else { LOOK_EVERY };
            let is_told = is_told(changes.as_mut(), patience).await;
            let outcome = self.refresh().await;
            was_failing = outcome.is_err();
            match outcome {
                // Nobody said anything: the connection may be dead without our knowing.
                Ok(()) if !is_told => changes = self.store.config_source_changes(),
                Ok(()) => {}
                Err(error) => tracing::error!(%error, "the projects cannot be read again"),
            }
        }
    }
}

/// A project as it is now; as it was, if it is not valid now.
fn built(source: &ConfigSource, before: Option<Known>) -> Known {
    let app = match build(source) {
        Ok(app) => Some(Arc::new(app)),
        Err(problem) => {
            let app = &source.app_id;
            tracing::error!(%app, problem, "this project's configuration is refused");
            before.and_then(|it| it.app)
        }
    };
    Known { updated_at: source.updated_at, app }
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

/// The project of one id, as it is now, or why it cannot be had.
pub async fn load_one(store: &Store, id: &AppId) -> Result<Result<App, String>, DatabaseError> {
    let found = store.read(id).await?.config_sources().find().await?;
    Ok(found.ok_or_else(|| format!("there is no project {id}")).and_then(|it| build(&it)))
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
