//! The server under test: the released program on the ports that the cases fix.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use services::Services;
use tokio::process::{Child, Command};

use crate::client::Addresses;
use crate::database::Database;
use crate::fakes::Authority;

/// A debug build on a busy machine needs some seconds for its first start.
const START: Duration = Duration::from_secs(30);

/// Which databases the server keeps its data in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// PostgreSQL and Redis
    Postgres,
    /// SQLite in one file, with Redis so that the helper sees what the server keeps
    Sqlite,
}

/// A running server with its services; they end with this.
pub struct Server {
    child: Child,
    services: Services,
    folder: PathBuf,
    engine: Engine,
    /// What the helper needs to find the same data.
    pub environment: Vec<(String, String)>,
    log: PathBuf,
    /// The certificate of the authority that intercepts TLS.
    pub ca: PathBuf,
}

impl Server {
    /// Starts the services; the server itself comes with [`Server::serve`].
    pub async fn start(binary: &Path, engine: Engine, authority: &Authority) -> Result<Self> {
        let folder =
            std::env::temp_dir().join(format!("authwarden-conformance-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        let services = Services::start()?;
        let ca = folder.join("ca.pem");
        std::fs::write(&ca, authority.pem())?;
        let environment = environment(engine, &services, &folder, &ca);
        let log = folder.join("server.log");
        let child = Command::new(binary)
            .arg("serve")
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log)?)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut server = Self { child, services, folder, engine, environment, log, ca };
        server.wait().await?;
        Ok(server)
    }

    pub fn database(&self) -> Result<Database> {
        match self.engine {
            Engine::Postgres => Database::postgres(&self.services.postgres_url()),
            Engine::Sqlite => Ok(Database::sqlite(&self.folder.join("data/authwarden.db"))),
        }
    }

    pub fn addresses() -> Addresses {
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Addresses { main: at(4000), resolver: at(4001), admin: at(4002), site_admin: at(4003) }
    }

    /// How the server ended, if it did.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        Some(format!("the server ended: {status}"))
    }

    /// The last lines of what the server logged.
    pub fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    async fn wait(&mut self) -> Result<()> {
        let start = tokio::time::Instant::now();
        loop {
            if tokio::net::TcpStream::connect(Self::addresses().main).await.is_ok() {
                return Ok(());
            }
            if let Some(ended) = self.ended() {
                bail!("{ended}\n{}", self.last_words());
            }
            if start.elapsed() > START {
                bail!("the server does not listen\n{}", self.last_words());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.start_kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What upstream's suite sets, as far as we have it.
fn environment(
    engine: Engine,
    services: &Services,
    folder: &Path,
    ca: &Path,
) -> Vec<(String, String)> {
    let mut variables: Vec<(&str, String)> = vec![
        ("AUTHWARDEN_TEST_INSTALLATION", "true".into()),
        ("AUTHWARDEN_DATA_DIR", folder.join("data").display().to_string()),
        ("CONFIG_SOURCE_TYPE", "database".into()),
        ("DEV_MODE", "false".into()),
        ("LOG_LEVEL", "warn".into()),
        ("TRUST_PROXY", "true".into()),
        ("MAIN_LISTEN_ADDR", "127.0.0.1:4000".into()),
        ("RESOLVER_LISTEN_ADDR", "127.0.0.1:4001".into()),
        ("ADMIN_LISTEN_ADDR", "127.0.0.1:4002".into()),
        ("SITEADMIN_LISTEN_ADDR", "127.0.0.1:4003".into()),
        ("ADMIN_API_AUTH", "none".into()),
        ("APP_DEFAULT_PLAN", "free".into()),
        ("APP_HOST_SUFFIX", ".authgeare2e.localhost:4000".into()),
        ("SITEADMIN_AUTHGEAR_APP_ID", "e2e-portal".into()),
        ("SITEADMIN_AUTHGEAR_ENDPOINT", "http://localhost:4000".into()),
        ("SMTP_HOST", "127.0.0.1".into()),
        ("SMTP_PORT", "2525".into()),
        // Everything that a case calls is on this machine.
        ("AUTHWARDEN_OUTBOUND_ALLOW", "127.0.0.0/8".into()),
        ("E2E_HTTP_PROXY", "http://localhost:8080".into()),
        (
            "E2E_BOT_PROTECTION_CLOUDFLARE_ENDPOINT",
            "http://127.0.0.1:8082/cloudflare/verify".into(),
        ),
        (
            "E2E_BOT_PROTECTION_RECAPTCHAV2_ENDPOINT",
            "http://127.0.0.1:8082/recaptchav2/verify".into(),
        ),
        ("E2E_CSRF_PROTECTION_DISABLED", "false".into()),
        // The cases are about behaviour: strong hashes would only make them slow.
        ("AUTHWARDEN_HASH_MEMORY_KIB", "64".into()),
        ("AUTHWARDEN_HASH_ITERATIONS", "1".into()),
        ("REDIS_URL", services.redis_url()),
        ("E2E_TLS_CA_CERT_FILE", ca.display().to_string()),
    ];
    if engine == Engine::Postgres {
        variables.push(("DATABASE_URL", services.postgres_url()));
        variables.push(("AUDIT_DATABASE_URL", services.postgres_url()));
    }
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
