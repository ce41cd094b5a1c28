//! Connections to read SQLite with.
//!
//! sqlx's own pool asks a connection whether it is alive whenever it comes back: one more trip to
//! its thread for every read. A file does not go away, so ours just puts it back. Opened when they
//! are first needed; given up after an error that says more than "this statement is wrong".

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::{Result, StoreError, failed};

/// A request that cannot get a connection for this long is better told so.
const WAIT_MAX: Duration = Duration::from_secs(5);

pub(super) struct Readers {
    options: SqliteConnectOptions,
    idle: Mutex<Vec<SqliteConnection>>,
    permits: Arc<Semaphore>,
}

/// A connection, on loan.
pub(super) struct Reader {
    /// Gone when it is not to be used again.
    connection: Option<SqliteConnection>,
    readers: Arc<Readers>,
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    pub(super) fn new(options: SqliteConnectOptions, count: usize) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(count));
        Arc::new(Self { options, idle: Mutex::default(), permits })
    }

    pub(super) async fn acquire(self: &Arc<Self>) -> Result<Reader> {
        let queued = tokio::time::timeout(WAIT_MAX, self.permits.clone().acquire_owned());
        let permit = queued.await.map_err(|_| StoreError::Busy)?.map_err(|_| StoreError::Busy)?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.options.connect().await.map_err(failed("connect"))?,
        };
        Ok(Reader { connection: Some(connection), readers: self.clone(), _permit: permit })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection> {
        self.connection.as_mut().ok_or(StoreError::Failed)
    }

    /// Keeps the connection from being used again.
    pub(super) fn give_up(&mut self) {
        self.connection = None;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.readers.idle().push(connection);
        }
    }
}
