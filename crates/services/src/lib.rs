//! A PostgreSQL and a Redis of our own for one run of the tests, on free ports, gone afterwards.
//!
//! Nothing that happens to run on the machine is used or touched.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How long a service may take to answer.
const START: Duration = Duration::from_secs(30);

/// Running services; they end when this is dropped.
pub struct Services {
    postgres: Child,
    postgres_port: u16,
    redis: Child,
    redis_port: u16,
    folder: PathBuf,
}

impl Services {
    pub fn start() -> Result<Self> {
        let folder =
            std::env::temp_dir().join(format!("authwarden-services-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        let (postgres_port, redis_port) = (free_port()?, free_port()?);
        let postgres = start_postgres(&folder, postgres_port)?;
        let redis = Command::new("redis-server")
            .args(["--port", &redis_port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "no", "--dir"])
            .arg(&folder)
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start redis-server")?;
        let services = Self { postgres, postgres_port, redis, redis_port, folder };
        wait_for(postgres_port)?;
        wait_for(redis_port)?;
        Ok(services)
    }

    pub fn postgres_url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.postgres_port)
    }

    pub fn redis_url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.redis_port)
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        for child in [&mut self.redis, &mut self.postgres] {
            // SIGTERM through `kill`, so that PostgreSQL removes its shared memory.
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// PostgreSQL refuses to run as root: then it runs as the user of its package.
fn start_postgres(folder: &Path, port: u16) -> Result<Child> {
    let programs = newest_postgres()?;
    let data = folder.join("postgres");
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|it| it.stdout == b"0\n");
    let command = |program: &str| {
        let program = programs.join(program);
        if is_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        }
    };
    if is_root {
        let owned = Command::new("chown").arg("postgres:postgres").arg(folder).status()?;
        if !owned.success() {
            bail!("cannot hand {} to the user postgres", folder.display());
        }
    }
    let made = command("initdb")
        .args(["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--pgdata"])
        .arg(&data)
        .current_dir("/")
        .stdout(Stdio::null())
        .status()
        .context("cannot run initdb")?;
    if !made.success() {
        bail!("initdb failed");
    }
    command("postgres")
        .arg("-D")
        .arg(&data)
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"])
        .args(["-c", "fsync=off", "-c", "max_connections=400", "-k"])
        .arg(&data)
        .current_dir("/")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start postgres")
}

/// The programs of the newest PostgreSQL that Debian has installed.
fn newest_postgres() -> Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is missing")?;
    let mut versions: Vec<PathBuf> = versions.filter_map(|it| Some(it.ok()?.path())).collect();
    versions.sort_by_key(|path| {
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        name.parse::<u32>().unwrap_or_default()
    });
    let newest = versions.pop().context("PostgreSQL is missing")?;
    Ok(newest.join("bin"))
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn wait_for(port: u16) -> Result<()> {
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if start.elapsed() > START {
            bail!("nothing answers on port {port}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
