//! How each database is opened, and with which settings.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};

use super::error::{Result, StoreError, failed};
use super::readers::Readers;
use super::sqlite::{self, Place};
use super::writer::{PATIENCE, Writer};
use super::{Engine, Store};

/// Transactions at once: a server of ordinary size has a hundred connections for all its clients.
const POSTGRES_WRITERS: u32 = 15;

/// Reads at once, with connections of their own.
const POSTGRES_READERS: usize = 10;

/// A request that cannot get a connection for this long is better told so.
const ACQUIRE_MAX: Duration = Duration::from_secs(5);

/// More than there are statements, so that none is prepared twice.
const STATEMENTS: usize = 512;

/// A connection that was idle for longer is asked whether it is still alive before its use.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

impl Store {
    /// Opens, and creates if need be, the database file at `path`; brings it up to date.
    pub async fn sqlite(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_sqlite(path.as_ref(), true, None).await
    }

    /// A database that is gone with the last handle: for tests and for trying things out.
    ///
    /// It is a file, in memory where the platform has a memory file system, so that readers and
    /// the writer behave as they do in earnest.
    pub async fn memory() -> Result<Self> {
        let place = Arc::new(Throwaway::new()?);
        let path = place.0.join("authwarden.db");
        Self::open_sqlite(&path, false, Some(place)).await
    }

    /// Connects to PostgreSQL and uses `schema` for everything; brings it up to date.
    pub async fn postgres(url: &str, schema: &str) -> Result<Self> {
        let plain = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
        if schema.is_empty() || schema.len() > 63 || !schema.chars().all(plain) {
            return Err(StoreError::SchemaName(schema.to_owned()));
        }
        let options = PgConnectOptions::from_str(url)
            .map_err(failed("connect"))?
            .statement_cache_capacity(STATEMENTS)
            .application_name(schema)
            .options([
                ("search_path", format!("\"{schema}\"")),
                ("statement_timeout", "5000".to_owned()),
                ("TimeZone", "UTC".to_owned()),
            ]);
        reach(&options).await?;
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_WRITERS)
            .acquire_timeout(ACQUIRE_MAX)
            .test_before_acquire(false)
            .before_acquire(|connection, metadata| {
                Box::pin(async move {
                    Ok(metadata.idle_for < TRUSTED_IDLE || connection.ping().await.is_ok())
                })
            })
            .connect_with(options.clone())
            .await
            .map_err(failed("connect"))?;
        let readers = Readers::new(options, POSTGRES_READERS);
        let store = Self { engine: Engine::Postgres { readers, pool, schema: schema.into() } };
        store.migrate().await?;
        Ok(store)
    }

    async fn open_sqlite(
        path: &Path,
        is_durable: bool,
        throwaway: Option<Arc<Throwaway>>,
    ) -> Result<Self> {
        let place = Place { path: path.to_owned(), is_durable };
        let readers = sqlite::Readers::new(place.path.clone());
        let writer = Writer::open(place, PATIENCE)?;
        let store = Self { engine: Engine::Sqlite { readers, writer, _place: throwaway } };
        store.migrate().await?;
        Ok(store)
    }
}

/// Fails at once when nobody is there; the pool would try on, and only say that it timed out. A
/// server that is just starting is somebody: that the pool waits for.
async fn reach(options: &PgConnectOptions) -> Result<()> {
    match tokio::time::timeout(ACQUIRE_MAX, options.connect()).await {
        Ok(Ok(connection)) => connection.close().await.map_err(failed("connect")),
        Ok(Err(sqlx::Error::Database(_))) => Ok(()),
        Ok(Err(error)) => Err(failed("connect")(error)),
        Err(_) => Err(failed("connect")(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))),
    }
}

/// A directory that goes when the store goes.
pub(super) struct Throwaway(PathBuf);

impl Throwaway {
    pub(super) fn new() -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let shared_memory = Path::new("/dev/shm");
        let parent =
            if shared_memory.is_dir() { shared_memory.to_owned() } else { std::env::temp_dir() };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let place = parent.join(format!("authwarden-{}-{number}", std::process::id()));
        // A process of the same number may have been killed before it could clear up.
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir(&place).map_err(|_| StoreError::Place(place.display().to_string()))?;
        Ok(Self(place))
    }

    #[cfg(test)]
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
