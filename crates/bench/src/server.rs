//! The server under test: a release binary on a project of its own.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::client::Connection;
use crate::process;

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

/// A running server.
pub struct Server {
    child: Child,
    folder: PathBuf,
    engine: Option<Engine>,
    pub port: u16,
    pub ready_ms: f64,
}

impl Server {
    #[expect(clippy::disallowed_methods, reason = "a program of its own, configured this way")]
    pub async fn start(engine: Engine) -> Result<Self> {
        let binary = std::env::var("AUTHWARDEN_BIN").context("AUTHWARDEN_BIN names the binary")?;
        let folder = std::env::temp_dir().join(format!("authwarden-bench-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        let port = free_port()?;
        write_project(&folder, port)?;
        let mut command = Command::new(binary);
        command
            .arg("serve")
            .env("CONFIG_SOURCE_TYPE", "local_fs")
            .env("CONFIG_SOURCE_DIRECTORY", &folder)
            .env("AUTHWARDEN_DATA_DIR", folder.join("data"))
            .env("MAIN_LISTEN_ADDR", format!("127.0.0.1:{port}"))
            .env("LOG_LEVEL", "error");
        if engine == Engine::PostgresAndRedis {
            command
                .env("DATABASE_URL", std::env::var("TEST_POSTGRES")?)
                .env("DATABASE_SCHEMA", "authwarden_bench")
                .env("REDIS_URL", std::env::var("TEST_REDIS")?);
        }
        let start = Instant::now();
        let child = command.stdout(Stdio::null()).spawn().context("cannot start the server")?;
        let mut server = Self { child, folder, engine: Some(engine), port, ready_ms: 0.0 };
        server.wait(start).await?;
        Ok(server)
    }

    /// The floor: this program answering hello.
    pub async fn floor() -> Result<Self> {
        let port = free_port()?;
        let start = Instant::now();
        let child = Command::new(std::env::current_exe()?)
            .args(["floor", &port.to_string()])
            .spawn()
            .context("cannot start the floor")?;
        let folder = std::env::temp_dir().join("authwarden-bench-floor");
        let mut server = Self { child, folder, engine: None, port, ready_ms: 0.0 };
        server.wait(start).await?;
        Ok(server)
    }

    async fn wait(&mut self, start: Instant) -> Result<()> {
        while start.elapsed() < Duration::from_secs(30) {
            if let Ok(mut connection) = Connection::open(self.port).await
                && connection.get("/healthz", &[]).await.is_ok_and(|it| it.status == 200)
            {
                self.ready_ms = start.elapsed().as_secs_f64() * 1e3;
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended at once: {status}");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        bail!("the server does not answer")
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
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A project with one public client, and limits out of the way.
fn write_project(folder: &std::path::Path, port: u16) -> Result<()> {
    let origin = format!("http://localhost:{port}");
    let config = format!(
        "{}\noauth:\n  clients:\n  - client_id: bench\n    name: Bench\n    \
         x_application_type: native\n    redirect_uris: [com.example.bench://done]\n    \
         issue_jwt_access_token: true\n",
        appconfig::project::first_config("bench", &origin, false)?
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
