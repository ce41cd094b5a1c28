//! The children: how many there are, whose turn it is, and what is remembered of a source.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use moka::sync::Cache;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::conversation::{Ended, Fetch, Worker};
use crate::protocol::{Source, ToWorker};
use crate::{Console, EVENT_BYTES_MAX, FetchRequest, FetchResponse, SOURCE_BYTES_MAX, ScriptError};

/// Children that wait for the next job; they cost some megabytes each.
const IDLE_MAX: usize = 4;
/// Sources whose JavaScript is remembered, by their bytes.
const REMEMBERED_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Projects whose share is kept count of.
const PROJECTS_MAX: u64 = 10_000;
/// Looking through the largest source takes some tens of milliseconds.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// How children are started, and how many.
#[derive(Clone, Debug)]
pub struct Settings {
    pub runner: Runner,
    /// Scripts that run at the same time.
    pub workers_max: usize,
    /// Scripts of one project that run at the same time: the others have the rest.
    pub workers_per_project_max: usize,
    /// Scripts that wait for their turn.
    pub queue_max: usize,
}

/// In what scripts run.
#[derive(Clone, Debug)]
pub enum Runner {
    /// A child process, which calls [`crate::run_worker`].
    Process { program: PathBuf, arguments: Vec<String> },
    /// A thread of this process: the same engine without its walls, for tests of others.
    Thread,
}

/// The sandbox. Clones share its children.
#[derive(Clone)]
pub struct Scripts(Arc<Parts>);

struct Parts {
    settings: Settings,
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    shares: Cache<String, Arc<Semaphore>>,
    idle: Mutex<Vec<Worker>>,
    remembered: Cache<[u8; 32], Arc<str>>,
}

/// A script to run.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Whose it is: a child never serves two projects.
    pub project: &'a str,
    pub source: &'a str,
    pub event: &'a Value,
    /// From now to the value, waiting for a turn included.
    pub timeout: Duration,
}

/// What became of a script.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    pub result: Result<Value, ScriptError>,
    /// What it printed, whatever became of it.
    pub console: Console,
}

/// The right to run, given back when dropped.
struct Turn(#[expect(dead_code, reason = "held")] [OwnedSemaphorePermit; 2]);

impl Settings {
    /// For a machine with this many cores: a script that spins takes a core, and the children
    /// stand back for everybody else.
    pub fn for_cores(runner: Runner, cores: usize) -> Self {
        let workers_max = (cores * 2).clamp(4, 32);
        Self { runner, workers_max, workers_per_project_max: workers_max / 2, queue_max: 256 }
    }
}

impl Scripts {
    /// On threads, for tests: what they run is their own.
    pub fn for_tests() -> Self {
        Self::new(Settings::for_cores(Runner::Thread, 2))
    }

    pub fn new(settings: Settings) -> Self {
        let remembered = Cache::builder()
            .max_capacity(REMEMBERED_BYTES_MAX)
            .weigher(|_, code: &Arc<str>| u32::try_from(code.len()).unwrap_or(u32::MAX));
        Self(Arc::new(Parts {
            turns: Arc::new(Semaphore::new(settings.workers_max)),
            queue: Arc::new(Semaphore::new(settings.workers_max + settings.queue_max)),
            shares: Cache::new(PROJECTS_MAX),
            idle: Mutex::default(),
            remembered: remembered.build(),
            settings,
        }))
    }

    /// Says what is wrong with a source, without running it.
    pub async fn check(&self, project: &str, source: &str) -> Result<(), ScriptError> {
        if source.len() > SOURCE_BYTES_MAX {
            return Err(ScriptError::SourceTooLarge);
        }
        let job = |_| ToWorker::Check { source: source.to_owned() };
        let nothing = |_| -> BoxFuture<'_, _> { Box::pin(async { Err("not now".to_owned()) }) };
        let ended = self.in_turn(project, job, CHECK_TIMEOUT, &nothing).await?;
        ended.result.map(|_| ())
    }

    /// Runs a script. `fetch` decides what it may reach.
    pub async fn run<'f>(
        &self,
        job: Job<'_>,
        fetch: impl Fn(FetchRequest) -> BoxFuture<'f, Result<FetchResponse, String>> + Send + Sync + 'f,
    ) -> Ran {
        match self.try_run(job, &fetch).await {
            Ok(ended) => Ran {
                result: ended
                    .result
                    .and_then(|json| serde_json::from_str(&json).map_err(|_| ScriptError::Crashed)),
                console: ended.console,
            },
            Err(error) => Ran { result: Err(error), console: Console::default() },
        }
    }

    async fn try_run(&self, job: Job<'_>, fetch: &Fetch<'_>) -> Result<Ended, ScriptError> {
        if job.source.len() > SOURCE_BYTES_MAX {
            return Err(ScriptError::SourceTooLarge);
        }
        let event = job.event.to_string();
        if event.len() > EVENT_BYTES_MAX {
            return Err(ScriptError::EventTooLarge);
        }
        let name = stdx::sha256(job.source.as_bytes());
        let source = match self.0.remembered.get(&name) {
            Some(code) => Source::JavaScript(code.as_ref().to_owned()),
            None => Source::TypeScript(job.source.to_owned()),
        };
        let message = |timeout| ToWorker::Run { source, event, timeout };
        let ended = self.in_turn(job.project, message, job.timeout, fetch).await?;
        if let Some(code) = &ended.code {
            self.0.remembered.insert(name, code.as_str().into());
        }
        Ok(ended)
    }

    /// Waits for a turn, and has a child of the project do the job.
    async fn in_turn(
        &self,
        project: &str,
        job: impl FnOnce(Duration) -> ToWorker,
        timeout: Duration,
        fetch: &Fetch<'_>,
    ) -> Result<Ended, ScriptError> {
        let began = Instant::now();
        let place = self.0.queue.clone().try_acquire_owned().map_err(|_| ScriptError::Busy)?;
        let turn = tokio::time::timeout(timeout, self.turn(project)).await;
        let turn = turn.map_err(|_| ScriptError::Busy)?;
        let timeout = timeout.saturating_sub(began.elapsed());
        let job = job(timeout);
        let mut worker = self.worker(project)?;
        let is_used = worker.has_run;
        let mut ended = worker.run(&job, timeout, fetch).await;
        if is_used && ended.as_ref().is_err_and(|it| *it == ScriptError::Crashed) {
            // It may have been gone already: only a fresh one's end is the script's doing.
            worker = self.start(project)?;
            ended = worker.run(&job, timeout, fetch).await;
        }
        if ended.is_ok() {
            self.put_back(worker);
        }
        drop((turn, place));
        ended
    }

    async fn turn(&self, project: &str) -> Turn {
        let share = self.0.shares.get_with(project.to_owned(), || {
            Arc::new(Semaphore::new(self.0.settings.workers_per_project_max))
        });
        // The share first: who waits for it must not hold a turn that others could use.
        let share = share.acquire_owned().await.expect("never closed");
        let turn = self.0.turns.clone().acquire_owned().await.expect("never closed");
        Turn([share, turn])
    }

    fn worker(&self, project: &str) -> Result<Worker, ScriptError> {
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let found = idle.iter().rposition(|worker| worker.project == project);
        if let Some(mut worker) = found.map(|at| idle.swap_remove(at))
            && worker.is_alive()
        {
            return Ok(worker);
        }
        drop(idle);
        self.start(project)
    }

    fn start(&self, project: &str) -> Result<Worker, ScriptError> {
        let started = Worker::start(&self.0.settings.runner, project);
        started.map_err(|error| ScriptError::NotStarted(error.to_string()))
    }

    fn put_back(&self, worker: Worker) {
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() >= IDLE_MAX {
            // The one that has waited longest is the least likely to be wanted.
            idle.remove(0);
        }
        idle.push(worker);
    }
}

impl std::fmt::Debug for Scripts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripts")
    }
}
