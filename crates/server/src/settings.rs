//! What the process is told from outside: addresses, places, credentials.
//!
//! A project's own settings are in its `authgear.yaml`; nothing here is about one project. The
//! command line fills this in from flags and upstream's environment variables.

use std::net::SocketAddr;
use std::path::PathBuf;

use stdx::Secret;
use web::TrustedProxies;

/// Everything that `serve` needs to know before it starts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where everything is served.
    pub main_listen: SocketAddr,
    /// A listener of its own for the resolver, which answers `/resolve` there.
    pub resolver_listen: Option<SocketAddr>,
    /// Where the embedded database lives.
    pub data_dir: PathBuf,
    pub config_source: ConfigSource,
    /// PostgreSQL; the embedded database when absent.
    pub database_url: Option<Secret<String>>,
    pub database_schema: String,
    /// Redis or Valkey; memory of this process when absent.
    pub redis_url: Option<Secret<String>>,
    pub proxies: TrustedProxies,
    /// Serves the demo and the inbox, and keeps messages instead of sending them.
    pub dev_mode: bool,
    pub hashing: Hashing,
    /// What the server calls, and through what.
    pub outbound: outbound::Settings,
}

/// Where projects are configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// A project of our own making in the data directory, created when it is not there.
    FirstProject,
    /// One project: a directory with `authgear.yaml` and `authgear.secrets.yaml`.
    Directory(PathBuf),
    /// Many projects, in the tables that upstream keeps them in.
    Database,
}

/// How passwords are hashed, and by how many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashing {
    pub memory_kib: u32,
    pub iterations: u32,
    pub parallelism: u32,
    pub threads: usize,
    /// New hashes in upstream's format, for whoever may go back.
    pub writes_bcrypt_sha512: bool,
    /// Passwords that may wait their turn; more are told to come back in a moment.
    pub queue_max: usize,
}

impl Settings {
    /// The embedded database's file.
    pub fn database_path(&self) -> PathBuf {
        self.data_dir.join("authwarden.db")
    }

    /// The names that the first project answers to besides its own: the machine's for itself.
    pub fn extra_names(&self) -> Vec<String> {
        match &self.config_source {
            ConfigSource::FirstProject => {
                ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).to_vec()
            }
            ConfigSource::Directory(_) | ConfigSource::Database => Vec::new(),
        }
    }

    /// The directory that one project is read from, if projects come from a directory.
    pub fn project_dir(&self) -> Option<PathBuf> {
        match &self.config_source {
            ConfigSource::FirstProject => Some(self.data_dir.join("project")),
            ConfigSource::Directory(path) => Some(path.clone()),
            ConfigSource::Database => None,
        }
    }
}
