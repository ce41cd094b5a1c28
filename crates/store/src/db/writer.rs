//! The one SQLite writer, and the commit that waiting writers share.
//!
//! `synchronous=FULL` makes a commit wait for the disk. Writers queue for the connection; each
//! works inside a savepoint of a shared `BEGIN IMMEDIATE`, and committing one releases its
//! savepoint and asks for a COMMIT. The COMMIT queues like a writer does, so everybody who was
//! waiting before it is inside. Nobody is told "done" before the COMMIT, and its failure is the
//! failure of all. A task of its own issues it: a caller that gives up leaves nothing half done.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc, watch};

use super::error::{Result, StoreError, failed};

/// How long a request may queue for the writer before it is told that we are busy.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Writers that may share one commit: bounds what the first of them waits for.
const BATCH_MAX: usize = 128;

pub(super) struct Writer {
    state: Arc<Mutex<State>>,
    settle: mpsc::UnboundedSender<()>,
    commits: AtomicU64,
}

struct State {
    options: SqliteConnectOptions,
    connection: SqliteConnection,
    batch: Option<Batch>,
    /// What somebody who gave up in the middle of something may have left.
    leftover: Leftover,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Leftover {
    Nothing,
    /// There may be a savepoint that nobody owns. The batch beneath it is whole.
    Savepoint,
    /// There may be a transaction, or none: only a full rollback is safe.
    Unknown,
}

/// The writers that will learn the result of one COMMIT.
struct Batch {
    outcome: watch::Sender<Option<Result<()>>>,
    size: usize,
}

/// The turn of one writer: it owns the connection until it ends.
pub(super) struct Turn {
    writer: Arc<Writer>,
    state: OwnedMutexGuard<State>,
    ended: bool,
}

impl Writer {
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Arc<Self>> {
        let connection = options.connect().await.map_err(failed("connect"))?;
        let (settle, requests) = mpsc::unbounded_channel();
        let state = State { options, connection, batch: None, leftover: Leftover::Nothing };
        let state = Arc::new(Mutex::new(state));
        let writer = Arc::new(Self { state, settle, commits: AtomicU64::new(0) });
        #[expect(clippy::disallowed_methods, reason = "ends by itself when the store is dropped")]
        drop(tokio::spawn(settle_on_request(Arc::downgrade(&writer), requests)));
        Ok(writer)
    }

    /// How many times the disk was waited for.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Queues for the connection and opens a savepoint in the shared transaction.
    pub(super) async fn begin(self: &Arc<Self>) -> Result<Turn> {
        let queued = tokio::time::timeout(WAIT_MAX, self.queue());
        let mut state = queued.await.map_err(|_| StoreError::Busy)?;
        state.tidy().await?;
        let (sql, leftover) = match state.batch {
            Some(_) => ("SAVEPOINT turn", Leftover::Savepoint),
            None => ("BEGIN IMMEDIATE; SAVEPOINT turn", Leftover::Unknown),
        };
        state.leftover = leftover;
        let begun = sqlx::raw_sql(sql).execute(&mut state.connection).await;
        state.leftover = if begun.is_ok() { Leftover::Nothing } else { Leftover::Unknown };
        begun.map_err(StoreError::beginning)?;
        state.batch.get_or_insert_with(|| Batch { outcome: watch::Sender::new(None), size: 0 });
        Ok(Turn { writer: self.clone(), state, ended: false })
    }

    /// Waits for the connection, and while the batch is full, for its COMMIT.
    async fn queue(&self) -> OwnedMutexGuard<State> {
        loop {
            let state = self.state.clone().lock_owned().await;
            if state.batch.as_ref().is_none_or(|batch| batch.size < BATCH_MAX) {
                return state;
            }
            drop(state);
            tokio::task::yield_now().await;
        }
    }

    async fn settle(&self) {
        let mut state = self.state.lock().await;
        if state.tidy().await.is_ok() && state.batch.is_some() {
            self.commit_batch(&mut state).await;
        }
    }

    async fn commit_batch(&self, state: &mut State) {
        let Some(batch) = state.batch.take() else { return };
        state.leftover = Leftover::Unknown;
        let outcome = state.control("COMMIT").await;
        if outcome.is_ok() {
            state.leftover = Leftover::Nothing;
            self.commits.fetch_add(1, Ordering::Relaxed);
            tracing::trace!(writers = batch.size, "committed");
        }
        batch.outcome.send_replace(Some(outcome));
    }
}

/// Lives as long as the store: commits batches and clears up after those who left.
async fn settle_on_request(writer: Weak<Writer>, mut requests: mpsc::UnboundedReceiver<()>) {
    while requests.recv().await.is_some() {
        // One COMMIT answers every request made before it.
        while requests.try_recv().is_ok() {}
        let Some(writer) = writer.upgrade() else { return };
        writer.settle().await;
    }
}

impl State {
    async fn control(&mut self, sql: &'static str) -> Result<()> {
        sqlx::raw_sql(sql).execute(&mut self.connection).await.map_err(failed("transaction"))?;
        Ok(())
    }

    /// Undoes what a dropped or interrupted turn left behind.
    ///
    /// Giving up here as well is fine: whoever comes next does it again.
    async fn tidy(&mut self) -> Result<()> {
        if self.leftover == Leftover::Savepoint {
            match self.control("ROLLBACK TO turn; RELEASE turn").await {
                Ok(()) => self.leftover = Leftover::Nothing,
                // It was released, or the engine has rolled everybody back: only one lets us begin.
                Err(error) if error.is_missing_savepoint() => {
                    let is_inside = self.control("BEGIN").await.is_err();
                    self.leftover = if is_inside { Leftover::Nothing } else { Leftover::Unknown };
                }
                Err(_) => self.leftover = Leftover::Unknown,
            }
        }
        if self.leftover == Leftover::Nothing {
            return Ok(());
        }
        if let Some(batch) = self.batch.take() {
            batch.outcome.send_replace(Some(Err(StoreError::BatchLost)));
        }
        // Fails when the engine has rolled back by itself, which is as good.
        let _ = self.control("ROLLBACK").await;
        if self.connection.ping().await.is_err() {
            self.connection = self.options.connect().await.map_err(failed("reconnect"))?;
        }
        self.leftover = Leftover::Nothing;
        Ok(())
    }
}

impl Turn {
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.state.connection
    }

    /// Notes that the engine may have rolled everybody back.
    pub(super) fn lose_batch(&mut self) {
        self.state.leftover = Leftover::Unknown;
    }

    /// Hands the connection on, and waits until the disk has it.
    pub(super) async fn commit(mut self) -> Result<()> {
        // If the caller gives up now, it is in the batch or it is not: both are whole.
        self.state.leftover = Leftover::Savepoint;
        let released = self.state.control("RELEASE turn").await;
        self.state.leftover = if released.is_ok() { Leftover::Nothing } else { Leftover::Unknown };
        released?;
        self.ended = true;
        let batch = self.state.batch.as_mut().ok_or(StoreError::BatchLost)?;
        batch.size += 1;
        let mut outcome = batch.outcome.subscribe();
        drop(self);
        let settled = outcome.wait_for(Option::is_some).await.map_err(|_| StoreError::BatchLost)?;
        settled.clone().unwrap_or(Err(StoreError::BatchLost))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.ended && self.state.leftover == Leftover::Nothing {
            self.state.leftover = Leftover::Savepoint;
        }
        // The queue behind us does not depend on this: whoever is next tidies up as well.
        let _ = self.writer.settle.send(());
    }
}
