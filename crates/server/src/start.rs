//! From settings to open resources, one reported step at a time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use accounts::{Argon2Cost, HashFormat, Hasher, HasherSettings};
use events::Hooks;
use kv::Kv;
use outbound::Outbound;
use sessions::Sessions;
use stdx::{Rng, Timestamp};
use store::{Store, StoreError};
use web::{Apps, Clock, Platform};

use crate::database::Projects;
use crate::directory::{self, DirectoryError};
use crate::project::{NewProject, ProjectError};
use crate::settings::{ConfigSource, Hashing, Settings};

/// Why the server cannot start: with its causes, each is one sentence that names what to change.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot create the data directory {path}")]
    DataDir { path: PathBuf, source: std::io::Error },
    #[error("cannot open the database")]
    Store(#[source] StoreError),
    #[error("cannot reach PostgreSQL at DATABASE_URL")]
    Postgres(#[source] StoreError),
    #[error("cannot reach Redis at REDIS_URL")]
    Kv(#[source] kv::KvError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error("cannot create the first project")]
    Project(#[from] ProjectError),
    #[error("projects cannot be read from the database")]
    Database(#[from] crate::database::DatabaseError),
    #[error("cannot call anything outside")]
    Outbound(#[from] outbound::SettingsError),
    #[error("cannot listen on {address}")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
}

/// Says what the start is busy with.
pub type Report<'r> = &'r dyn Fn(&str);

/// Open resources, and the projects where they come from the database.
pub struct Opened {
    pub platform: Platform,
    pub projects: Option<Projects>,
}

/// Opens everything. Nothing listens yet.
pub async fn open(settings: &Settings, report: Report<'_>) -> Result<Opened, StartError> {
    let rng = Rng::system();
    gather_randomness(rng.clone());
    let outbound = Outbound::new(settings.outbound.clone())?;
    let store = open_store(settings, report).await?;
    let kv = open_kv(settings, report)?;
    let apps = Apps::default();
    let projects = load_projects(settings, report, &store, &apps, &rng).await?;
    let sessions = Sessions::new(store.clone(), kv.clone());
    let platform = Platform {
        apps,
        store,
        kv,
        sessions,
        hasher: Hasher::new(&hasher_settings(settings.hashing)),
        hooks: Hooks::new(outbound.clone(), crate::scripts::open()),
        outbound,
        clock: Clock::system(),
        rng,
        proxies: Arc::new(settings.proxies.clone()),
        dev_mode: settings.dev_mode,
    };
    Ok(Opened { platform, projects })
}

/// Opens the store of what may be forgotten.
pub fn open_kv(settings: &Settings, report: Report<'_>) -> Result<Kv, StartError> {
    let Some(url) = &settings.redis_url else { return Ok(Kv::memory()) };
    report("connecting to Redis");
    Kv::redis(url.reveal()).map_err(StartError::Kv)
}

/// The generator gathers randomness of its own when it is first asked, which takes tens of
/// milliseconds: it does so while the rest is opened, and not when the first page is.
fn gather_randomness(rng: Rng) {
    std::thread::spawn(move || rng.bytes::<32>());
}

/// Opens the database and brings it up to date.
pub async fn open_store(settings: &Settings, report: Report<'_>) -> Result<Store, StartError> {
    if let Some(url) = &settings.database_url {
        report("connecting to PostgreSQL and bringing its tables up to date");
        let opened = Store::postgres(url.reveal(), &settings.database_schema).await;
        return opened.map_err(|error| {
            let is_away = error.is_unavailable();
            if is_away { StartError::Postgres(error) } else { StartError::Store(error) }
        });
    }
    report("opening the embedded database");
    create_dir(&settings.data_dir)?;
    Store::sqlite(settings.database_path()).await.map_err(StartError::Store)
}

async fn load_projects(
    settings: &Settings,
    report: Report<'_>,
    store: &Store,
    apps: &Apps,
    rng: &Rng,
) -> Result<Option<Projects>, StartError> {
    match &settings.config_source {
        ConfigSource::FirstProject => {
            let folder = settings.data_dir.join("project");
            if !folder.join("authgear.yaml").exists() {
                report("creating a first project with fresh keys");
                first_project(settings).write(&folder, rng, Timestamp::from_clock())?;
            }
            apps.replace([(directory::load(&folder)?, settings.extra_names())]);
        }
        ConfigSource::Directory(folder) => {
            report("reading the project");
            apps.replace([(directory::load(folder)?, settings.extra_names())]);
        }
        ConfigSource::Database => {
            report("reading the projects from the database");
            let projects = Projects::new(store.clone(), apps);
            projects.refresh().await?;
            return Ok(Some(projects));
        }
    }
    Ok(None)
}

fn hasher_settings(hashing: Hashing) -> HasherSettings {
    let format = if hashing.writes_bcrypt_sha512 {
        HashFormat::BcryptSha512
    } else {
        HashFormat::Argon2id(Argon2Cost {
            memory_kib: hashing.memory_kib,
            iterations: hashing.iterations,
            parallelism: hashing.parallelism,
        })
    };
    HasherSettings { format, threads: hashing.threads, queue_max: hashing.queue_max }
}

fn first_project(settings: &Settings) -> NewProject {
    NewProject {
        app_id: "main".to_owned(),
        public_origin: format!("http://localhost:{}", settings.main_listen.port()),
        with_demo: true,
    }
}

/// Creates the data directory for its owner alone: the database holds everybody's secrets.
fn create_dir(path: &Path) -> Result<(), StartError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| StartError::DataDir { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
