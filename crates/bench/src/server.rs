//! The server under test: a release binary on a project of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::client::Connection;
use crate::{cores, process};

/// What the server keeps its data in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    PostgresAndRedis,
}

impl Engine {
    /// The embedded one always; the others where the environment names them.
    #[expect(clippy::disallowed_methods, reason = "a program of its own, configured this way")]
    pub fn available() -> Vec<Self> {
        let mut engines = vec![Self::Sqlite];
        if std::env::var("TEST_POSTGRES").is_ok() && std::env::var("TEST_REDIS").is_ok() {
            engines.push(Self::PostgresAndRedis);
        }
        engines
    }
}

impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::PostgresAndRedis => "PostgreSQL + Redis",
        })
    }
}

/// A project and its data, which outlive a server.
pub struct Site {
    pub engine: Engine,
    folder: PathBuf,
    port: u16,
}

impl Site {
    pub fn create(engine: Engine) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("authwarden-bench-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        let port = free_port()?;
        write_project(&folder, port)?;
        Ok(Self { engine, folder, port })
    }

    pub fn database(&self) -> PathBuf {
        self.data().join("authwarden.db")
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// What the servers say, for when one of them does not start.
    fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    pub fn disk_bytes(&self) -> u64 {
        process::disk_bytes(&self.data())
    }

    #[expect(clippy::disallowed_methods, reason = "a program of its own, configured this way")]
    fn command(&self) -> Result<Command> {
        let binary = std::env::var("AUTHWARDEN_BIN").context("AUTHWARDEN_BIN names the binary")?;
        let mut command = Command::new(binary);
        command
            .arg("serve")
            .env("CONFIG_SOURCE_TYPE", "local_fs")
            .env("CONFIG_SOURCE_DIRECTORY", &self.folder)
            .env("AUTHWARDEN_DATA_DIR", self.data())
            .env("MAIN_LISTEN_ADDR", format!("127.0.0.1:{}", self.port))
            .env("LOG_LEVEL", "error")
            .stdout(Stdio::null())
            .stderr(std::fs::File::options().create(true).append(true).open(self.log())?);
        if self.engine == Engine::PostgresAndRedis {
            command
                .env("DATABASE_URL", std::env::var("TEST_POSTGRES")?)
                .env("DATABASE_SCHEMA", "authwarden_bench")
                .env("REDIS_URL", std::env::var("TEST_REDIS")?);
        }
        Ok(command)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A running server.
pub struct Server {
    child: Child,
    engine: Option<Engine>,
    pub port: u16,
    /// When it was started.
    pub since: Instant,
}

impl Server {
    pub async fn start(site: &Site) -> Result<Self> {
        Self::start_as(site, site.command()?).await
    }

    /// Started so that it tells of every commit on its standard error, which is handed over.
    pub async fn start_telling(site: &Site) -> Result<(Self, std::process::ChildStderr)> {
        let mut command = site.command()?;
        command.env("LOG_LEVEL", "error,store::db::writer=trace").stderr(Stdio::piped());
        let mut server = Self::start_as(site, command).await?;
        let told = server.child.stderr.take().context("standard error is a pipe")?;
        Ok((server, told))
    }

    async fn start_as(site: &Site, mut command: Command) -> Result<Self> {
        let since = Instant::now();
        let child = cores::for_server(|| command.spawn()).context("cannot start the server")?;
        let mut server = Self { child, engine: Some(site.engine), port: site.port, since };
        let log = || std::fs::read_to_string(site.log()).unwrap_or_default();
        server.wait().await.with_context(log)?;
        Ok(server)
    }

    /// The floor: this program answering hello.
    pub async fn floor() -> Result<Self> {
        let (port, since) = (free_port()?, Instant::now());
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["floor", &port.to_string()]);
        let child = cores::for_server(|| command.spawn()).context("cannot start the floor")?;
        let mut server = Self { child, engine: None, port, since };
        server.wait().await?;
        Ok(server)
    }

    async fn wait(&mut self) -> Result<()> {
        while self.since.elapsed() < Duration::from_secs(30) {
            if let Ok(mut connection) = Connection::open(self.port).await
                && connection.get("/healthz", &[]).await.is_ok_and(|it| it.status == 200)
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended at once: {status}");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bail!("the server does not answer")
    }

    pub fn elapsed_ms(&self) -> f64 {
        self.since.elapsed().as_secs_f64() * 1e3
    }

    /// Of the server, and of the services that work for it.
    pub fn processor_seconds(&self) -> Result<f64> {
        let own = process::processor_seconds(self.child.id())?;
        Ok(own
            + match self.engine {
                Some(Engine::PostgresAndRedis) => {
                    process::processor_seconds_of("postgres")
                        + process::processor_seconds_of("redis-server")
                }
                _ => 0.0,
            })
    }

    pub fn memory_kib(&self) -> u64 {
        process::memory_kib(self.child.id())
    }

    pub fn memory_highest_kib(&self) -> u64 {
        process::memory_highest_kib(self.child.id())
    }

    pub async fn stop(mut self) -> Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        let start = Instant::now();
        while self.child.try_wait()?.is_none() {
            if start.elapsed() > Duration::from_secs(15) {
                bail!("the server does not stop");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A project with two public clients, and limits out of the way.
fn write_project(folder: &Path, port: u16) -> Result<()> {
    let origin = format!("http://localhost:{port}");
    let client = |id: &str, jwt: bool| {
        // Tokens outlive the run, so that what was loaded in the beginning is good in the end.
        format!(
            "  - client_id: {id}\n    name: Bench\n    x_application_type: native\n    \
             redirect_uris: [com.example.bench://done]\n    issue_jwt_access_token: {jwt}\n    \
             access_token_lifetime_seconds: 86400\n"
        )
    };
    let config = format!(
        "{}\noauth:\n  clients:\n{}{}",
        appconfig::project::first_config("bench", &origin, false)?,
        client("bench", false),
        client("bench-jwt", true),
    );
    std::fs::write(folder.join("authgear.yaml"), config)?;
    std::fs::write(folder.join("authgear.features.yaml"), "rate_limits: { disabled: true }\n")?;
    let now = stdx::Timestamp::from_clock();
    let key = || serde_json::json!({ "keys": [jose::generate_rs256_jwk("key", now)] });
    let octets = serde_json::json!({ "keys": [{ "kid": "csrf", "kty": "oct", "k": "c2VjcmV0" }] });
    let secrets = appconfig::project::first_secrets([
        ("oauth", key()),
        ("csrf", octets),
        ("admin-api.auth", key()),
    ]);
    std::fs::write(folder.join("authgear.secrets.yaml"), secrets)?;
    Ok(())
}
