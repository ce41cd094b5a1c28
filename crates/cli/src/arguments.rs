//! The command line, and the environment variables behind its flags.

mod outside;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use server::{ConfigSource, Hashing, Settings};
use stdx::Secret;
use web::TrustedProxies;

use self::outside::Outside;
use crate::internal::Internal;

/// An identity platform in one binary, compatible with Authgear.
///
/// Without a command it does what `authwarden serve` does.
#[derive(Debug, Parser)]
#[command(name = "authwarden", version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub serve: Serve,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve sign-up, login, the OpenID provider and the resolver
    Serve(Box<Serve>),
    /// Write the configuration of a new project
    Init(Init),
    /// Bring the tables of the database up to date, then end
    Migrate(Box<Serve>),
    /// Say everything that is wrong with configuration files
    CheckConfig {
        /// authgear.yaml, authgear.features.yaml or authgear.secrets.yaml, told apart by name
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print a JSON Schema of a configuration file
    Schema {
        #[arg(value_enum, default_value_t = Document::AppConfig)]
        document: Document,
    },
    /// The child process in which a project's scripts run
    #[command(hide = true, name = server::SCRIPT_WORKER)]
    ScriptWorker,
    /// What test suites prepare an installation with
    #[command(hide = true)]
    Internal(Box<Internal>),
}

/// A document with a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// authgear.yaml
    AppConfig,
    /// authgear.features.yaml
    Features,
    /// authgear.secrets.yaml
    Secrets,
}

/// Where a project's configuration comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum ConfigSourceType {
    /// One project, from CONFIG_SOURCE_DIRECTORY
    LocalFs,
    /// Many projects, from the database
    Database,
}

/// How new passwords are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HashFormat {
    Argon2id,
    /// What Authgear writes, for whoever may go back
    BcryptSha512,
}

#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// Where the embedded database and the first project live
    #[arg(
        long,
        env = "AUTHWARDEN_DATA_DIR",
        hide_env_values = true,
        default_value = "data",
        value_name = "DIR"
    )]
    pub data_dir: PathBuf,
    /// Address of the main listener, which serves everything
    #[arg(
        long,
        env = "MAIN_LISTEN_ADDR",
        hide_env_values = true,
        default_value = "127.0.0.1:3000",
        value_name = "ADDR"
    )]
    pub main_listen_addr: SocketAddr,
    /// Address of a listener of its own for the resolver, which answers /resolve there
    #[arg(long, env = "RESOLVER_LISTEN_ADDR", hide_env_values = true, value_name = "ADDR")]
    pub resolver_listen_addr: Option<SocketAddr>,
    /// Where projects are configured; a first project in the data directory when unset
    #[arg(
        long,
        env = "CONFIG_SOURCE_TYPE",
        hide_env_values = true,
        value_enum,
        value_name = "TYPE"
    )]
    pub config_source_type: Option<ConfigSourceType>,
    /// Directory with authgear.yaml and authgear.secrets.yaml; read again when they change
    #[arg(
        long,
        env = "CONFIG_SOURCE_DIRECTORY",
        hide_env_values = true,
        default_value = ".",
        value_name = "DIR"
    )]
    pub config_source_directory: PathBuf,
    /// PostgreSQL, as postgres://user:password@host:port/name; embedded SQLite when unset
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Schema of the tables in PostgreSQL
    #[arg(
        long,
        env = "DATABASE_SCHEMA",
        hide_env_values = true,
        default_value = "public",
        value_name = "NAME"
    )]
    pub database_schema: String,
    /// Redis or Valkey, as redis://host:port/db; memory of this process when unset
    #[arg(long, env = "REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub redis_url: Option<String>,
    /// Believe the forwarded headers of whoever connects to us: set it behind a proxy only
    #[arg(long, env = "TRUST_PROXY", hide_env_values = true, value_name = "BOOL", default_value_t = false,
          num_args = 0..=1, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub trust_proxy: bool,
    /// Addresses of the proxies in front of us, as CIDR ranges separated by commas
    #[arg(
        long,
        env = "AUTHWARDEN_TRUSTED_PROXIES",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "CIDR"
    )]
    pub trusted_proxies: Vec<IpNet>,
    /// Serve the demo and the inbox; on by default for the first project only
    #[arg(long, env = "DEV_MODE", hide_env_values = true, value_name = "BOOL",
          num_args = 0..=1, default_missing_value = "true")]
    pub dev_mode: Option<bool>,
    /// What is logged: error, warn, info, debug, trace, or a list such as warn,flow=debug
    #[arg(
        long,
        env = "LOG_LEVEL",
        hide_env_values = true,
        default_value = "warn",
        value_name = "FILTER"
    )]
    pub log_level: String,
    /// How the Admin API authenticates its callers (no Admin API is served yet)
    #[arg(long, env = "ADMIN_API_AUTH", hide_env_values = true, value_parser = ["jwt", "none"], default_value = "jwt",
          value_name = "MODE")]
    pub admin_api_auth: String,
    /// How new passwords are hashed; hashes of every format are verified
    #[arg(long, env = "AUTHWARDEN_HASH_FORMAT", hide_env_values = true, value_enum,
          default_value_t = HashFormat::Argon2id, value_name = "FORMAT")]
    pub hash_format: HashFormat,
    /// Memory for one password hash (argon2id), in KiB
    #[arg(
        long,
        env = "AUTHWARDEN_HASH_MEMORY_KIB",
        hide_env_values = true,
        default_value_t = 19_456,
        value_name = "KIB"
    )]
    pub hash_memory_kib: u32,
    /// Passes over that memory
    #[arg(
        long,
        env = "AUTHWARDEN_HASH_ITERATIONS",
        hide_env_values = true,
        default_value_t = 2,
        value_name = "N"
    )]
    pub hash_iterations: u32,
    /// How many passwords may wait to be hashed; beyond it people are told to try again
    #[arg(
        long,
        env = "AUTHWARDEN_HASH_QUEUE",
        hide_env_values = true,
        default_value_t = 512,
        value_name = "N"
    )]
    pub hash_queue: usize,
    /// How many passwords are hashed at the same time; one per core when unset
    #[arg(long, env = "AUTHWARDEN_HASH_THREADS", hide_env_values = true, value_name = "N")]
    pub hash_threads: Option<usize>,
    #[command(flatten)]
    pub outside: Outside,
}

#[derive(Debug, Args)]
pub struct Init {
    /// Directory to write authgear.yaml and authgear.secrets.yaml into
    #[arg(long, value_name = "DIR")]
    pub output_folder: Option<PathBuf>,
    /// Id of the project: lower-case letters, digits and hyphens
    #[arg(long, value_name = "ID")]
    pub app_id: Option<String>,
    /// Where people reach it, such as https://accounts.example.com
    #[arg(long, value_name = "URL")]
    pub public_origin: Option<String>,
}

impl Serve {
    pub fn settings(&self) -> Settings {
        let config_source = match self.config_source_type {
            None => ConfigSource::FirstProject,
            Some(ConfigSourceType::LocalFs) => {
                ConfigSource::Directory(self.config_source_directory.clone())
            }
            Some(ConfigSourceType::Database) => ConfigSource::Database,
        };
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let dev_mode = self.dev_mode.unwrap_or(config_source == ConfigSource::FirstProject);
        Settings {
            main_listen: self.main_listen_addr,
            resolver_listen: self.resolver_listen_addr,
            data_dir: self.data_dir.clone(),
            dev_mode,
            outbound: self.outside.settings(dev_mode),
            config_source,
            database_url: self.database_url.clone().map(Secret::new),
            database_schema: self.database_schema.clone(),
            redis_url: self.redis_url.clone().map(Secret::new),
            proxies: TrustedProxies {
                peer: self.trust_proxy && self.trusted_proxies.is_empty(),
                ranges: self.trusted_proxies.clone(),
            },
            hashing: Hashing {
                memory_kib: self.hash_memory_kib,
                iterations: self.hash_iterations,
                parallelism: 1,
                writes_bcrypt_sha512: self.hash_format == HashFormat::BcryptSha512,
                threads: self.hash_threads.unwrap_or(cores),
                queue_max: self.hash_queue,
            },
        }
    }
}
