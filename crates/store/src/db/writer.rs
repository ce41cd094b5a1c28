//! The one SQLite writer, and the commit that waiting writers share.
//!
//! `synchronous=FULL` makes a commit wait for the disk. Writers queue for the connection; each
//! works inside a savepoint of a shared `BEGIN IMMEDIATE`, and committing one releases its
//! savepoint and asks for a COMMIT. The COMMIT queues like a writer does, so everybody who was
//! waiting before it is inside. Nobody is told "done" before the COMMIT, and its failure is the
//! failure of all. It waits for the disk on a thread of its own, asked for by a task of its own: a
//! caller that gives up leaves nothing half done.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedMutexGuard, mpsc, watch};

use super::error::{Result, StoreError, failed, is_busy};
use super::sqlite::{Place, Sqlite};

/// How long a request may queue for the writer, and for another process that writes to the same
/// file, before it is told that we are busy.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How often somebody waiting for another process looks again.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Writers that may share one commit: bounds what the first of them waits for.
const BATCH_MAX: usize = 128;

pub(super) struct Writer {
    state: Arc<Mutex<State>>,
    settle: mpsc::UnboundedSender<()>,
    commits: Arc<AtomicU64>,
    patience: Duration,
}

struct State {
    place: Place,
    connection: Sqlite,
    batch: Option<Batch>,
}

/// The writers that will learn the result of one COMMIT.
struct Batch {
    outcome: watch::Sender<Option<Result<()>>>,
    size: usize,
}

/// The turn of one writer: it owns the connection until it ends.
pub(super) struct Turn {
    settle: mpsc::UnboundedSender<()>,
    state: OwnedMutexGuard<State>,
    is_released: bool,
}

impl Writer {
    pub(super) fn open(place: Place, patience: Duration) -> Result<Arc<Self>> {
        let connection = place.open_writer()?;
        let (settle, requests) = mpsc::unbounded_channel();
        let state = Arc::new(Mutex::new(State { place, connection, batch: None }));
        let writer = Arc::new(Self { state, settle, commits: Arc::default(), patience });
        #[expect(clippy::disallowed_methods, reason = "ends by itself when the store is dropped")]
        drop(tokio::spawn(settle_on_request(Arc::downgrade(&writer), requests)));
        Ok(writer)
    }

    /// How many times the disk was waited for.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Queues for the connection and opens a savepoint in the shared transaction.
    pub(super) async fn begin(&self) -> Result<Turn> {
        let queued = tokio::time::timeout(PATIENCE, self.queue());
        let mut state = queued.await.map_err(|_| StoreError::Busy)?;
        state.tidy()?;
        if state.batch.is_none() {
            self.begin_batch(&mut state).await?;
        }
        state.control("SAVEPOINT turn")?;
        Ok(Turn { settle: self.settle.clone(), state, is_released: false })
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

    /// Another process, such as a command line, may be writing.
    async fn begin_batch(&self, state: &mut State) -> Result<()> {
        let start = Instant::now();
        loop {
            match state.connection.run("BEGIN IMMEDIATE") {
                Ok(()) => break,
                Err(error) if !is_busy(&error) => return Err(failed("begin")(error)),
                Err(_) if start.elapsed() >= self.patience => return Err(StoreError::Busy),
                Err(_) => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
        state.batch = Some(Batch { outcome: watch::Sender::new(None), size: 0 });
        Ok(())
    }

    async fn settle(&self) {
        let mut state = self.state.clone().lock_owned().await;
        let commits = self.commits.clone();
        // The disk is waited for where nothing else is.
        let settled = tokio::task::spawn_blocking(move || {
            if state.tidy().is_ok() {
                state.commit_batch(&commits);
            }
        });
        if let Err(error) = settled.await {
            tracing::error!(%error, "a commit was not carried out");
        }
    }
}

/// Lives as long as the store: commits batches.
async fn settle_on_request(writer: Weak<Writer>, mut requests: mpsc::UnboundedReceiver<()>) {
    while requests.recv().await.is_some() {
        // One COMMIT answers every request made before it.
        while requests.try_recv().is_ok() {}
        let Some(writer) = writer.upgrade() else { return };
        writer.settle().await;
    }
}

impl State {
    fn control(&mut self, sql: &'static str) -> Result<()> {
        self.connection.run(sql).map_err(failed("transaction"))
    }

    fn commit_batch(&mut self, commits: &AtomicU64) {
        let Some(batch) = self.batch.take() else { return };
        let outcome = self.control("COMMIT");
        if outcome.is_ok() {
            commits.fetch_add(1, Ordering::Relaxed);
            tracing::trace!(writers = batch.size, "committed");
        } else if !self.connection.is_outside_transactions() {
            // A COMMIT that failed may leave the transaction open.
            let _ = self.control("ROLLBACK");
        }
        batch.outcome.send_replace(Some(outcome));
    }

    /// Tells a batch that the engine has rolled back by itself, as it may when the disk is full or
    /// fails (<https://sqlite.org/lang_transaction.html>).
    fn tidy(&mut self) -> Result<()> {
        let is_outside = self.connection.is_outside_transactions();
        if is_outside == self.batch.is_none() {
            return Ok(());
        }
        if let Some(batch) = self.batch.take() {
            batch.outcome.send_replace(Some(Err(StoreError::BatchLost)));
        }
        if !is_outside && self.control("ROLLBACK").is_err() {
            self.connection = self.place.open_writer()?;
        }
        Ok(())
    }
}

impl Turn {
    pub(super) fn connection(&mut self) -> &mut Sqlite {
        &mut self.state.connection
    }

    /// Hands the connection on, and waits until the disk has it.
    pub(super) async fn commit(mut self) -> Result<()> {
        self.state.control("RELEASE turn")?;
        self.is_released = true;
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
        if !self.is_released {
            // Fails when the engine has rolled everybody back; the next one finds that out.
            let _ = self.state.control("ROLLBACK TO turn; RELEASE turn");
        }
        let _ = self.settle.send(());
    }
}
