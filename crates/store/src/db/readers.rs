//! Connections to PostgreSQL to read with.
//!
//! sqlx's own pool asks a connection whether it is alive whenever it comes back: one more trip to
//! the database for every read. A reader has no transaction that could be left open, so ours just
//! puts it back. It asks after a pause, gives a connection up after an error that says more than
//! "this statement is wrong", and never reuses one whose answer nobody waited for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::{Result, StoreError, failed};

/// A request that cannot get a connection for this long is better told so.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// A connection that was idle for longer is asked whether it is still alive before its use.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

pub(super) struct Readers {
    options: PgConnectOptions,
    idle: Mutex<Vec<(PgConnection, Instant)>>,
    permits: Arc<Semaphore>,
}

/// A connection, on loan.
pub(super) struct Reader {
    /// Gone when it is not to be used again.
    connection: Option<PgConnection>,
    is_waiting: bool,
    readers: Arc<Readers>,
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    /// Opens connections when they are first needed, and `count` at most.
    pub(super) fn new(options: PgConnectOptions, count: usize) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(count));
        Arc::new(Self { options, idle: Mutex::default(), permits })
    }

    pub(super) async fn acquire(self: &Arc<Self>) -> Result<Reader> {
        let opening = tokio::time::timeout(WAIT_MAX, async {
            let permit =
                self.permits.clone().acquire_owned().await.map_err(|_| StoreError::Busy)?;
            let connection = match self.find_alive().await {
                Some(connection) => connection,
                None => self.options.connect().await.map_err(failed("connect"))?,
            };
            Ok((permit, connection))
        });
        let (permit, connection) = opening.await.map_err(|_| StoreError::Busy)??;
        let readers = self.clone();
        Ok(Reader { connection: Some(connection), is_waiting: false, readers, _permit: permit })
    }

    async fn find_alive(&self) -> Option<PgConnection> {
        loop {
            let (mut connection, since) = self.idle().pop()?;
            if since.elapsed() < TRUSTED_IDLE || connection.ping().await.is_ok() {
                return Some(connection);
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(PgConnection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    /// The connection, for one statement; [`Reader::answered`] is due when its answer is there.
    pub(super) fn ask(&mut self) -> Result<&mut PgConnection> {
        self.is_waiting = true;
        self.connection.as_mut().ok_or(StoreError::Failed)
    }

    pub(super) fn answered(&mut self) {
        self.is_waiting = false;
    }

    /// Keeps the connection from being used again.
    pub(super) fn give_up(&mut self) {
        self.connection = None;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && !self.is_waiting
        {
            self.readers.idle().push((connection, Instant::now()));
        }
    }
}
