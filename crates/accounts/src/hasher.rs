//! Password hashing on threads of its own.
//!
//! A hash costs tens of milliseconds of a core and megabytes of memory by design. The pool is
//! bounded and so is its queue: a burst of sign-ins cannot starve the rest of the server, it is
//! told [`HasherError::Busy`]. Never call this with a transaction open. The formats are `format`'s.

mod format;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use stdx::{Rng, Secret};
use tokio::sync::oneshot;

use format::Memory;
pub(crate) use format::is_bcrypt;
pub use format::{Argon2Cost, HashFormat};

/// Longer passwords are never hashed, and so never right. Upstream has the same limit.
pub const PASSWORD_BYTES_MAX: usize = 8_192;

/// How the process hashes: from its own settings, not the project's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HasherSettings {
    /// How new hashes are written; all known formats are verified.
    pub format: HashFormat,
    pub threads: usize,
    /// Requests that may wait for a thread.
    pub queue_max: usize,
}

impl Default for HasherSettings {
    /// OWASP's minimum for argon2id, on half of the machine.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self { format: HashFormat::default(), threads: cores.div_ceil(2), queue_max: 64 }
    }
}

/// A handle on the pool. Clones share it; its threads end with the last one.
#[derive(Clone)]
pub struct Hasher {
    jobs: SyncSender<Job>,
    queue: Queue,
    format: HashFormat,
}

/// How many jobs wait for a thread, and how many may.
#[derive(Clone)]
struct Queue {
    waiting: Arc<AtomicUsize>,
    max: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HasherError {
    /// The queue is full. The client should come back in a moment.
    #[error("too many passwords are being checked")]
    Busy,
    #[error("the password is too long")]
    TooLong,
    /// Out of memory, in practice.
    #[error("the password could not be hashed")]
    Failed,
}

/// What checking a password found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right {
        /// The hash is of an older format or cost: write a new one while the password is known.
        needs_rehash: bool,
    },
}

/// How far hashes stand back: of a core that others want as well, they get about a tenth.
const NICENESS: i32 = 10;

enum Job {
    Password { password: Secret<String>, task: Task },
    Other(Box<dyn FnOnce() + Send>),
}

enum Task {
    Hash { salt: [u8; 16], reply: oneshot::Sender<Result<Secret<String>, HasherError>> },
    Verify { hashes: Vec<Secret<String>>, reply: oneshot::Sender<Option<usize>> },
}

impl Hasher {
    pub fn new(settings: &HasherSettings) -> Self {
        let (jobs, receiver) = sync_channel(settings.queue_max);
        let receiver = Arc::new(Mutex::new(receiver));
        let format = settings.format;
        let queue = Queue { waiting: Arc::default(), max: settings.queue_max };
        for number in 0..settings.threads.max(1) {
            let (receiver, queue) = (receiver.clone(), queue.clone());
            std::thread::Builder::new()
                .name(format!("hasher-{number}"))
                .spawn(move || work_on(&receiver, &queue, format))
                .expect("the process may start its threads");
        }
        Self { jobs, queue, format }
    }

    /// Whether a job would be taken now. Asked before anything is written that a refusal would
    /// have to take back: in a storm, being told to come back should cost nothing.
    pub fn has_room(&self) -> bool {
        self.queue.waiting.load(Ordering::Relaxed) < self.queue.max
    }

    /// As cheap as the algorithm allows. Tests only.
    pub fn for_tests() -> Self {
        let format = HashFormat::Argon2id(Argon2Cost::LOWEST);
        Self::new(&HasherSettings { format, threads: 1, queue_max: 64 })
    }

    pub async fn hash(
        &self,
        rng: &Rng,
        password: &Secret<String>,
    ) -> Result<Secret<String>, HasherError> {
        if password.reveal().len() > PASSWORD_BYTES_MAX {
            return Err(HasherError::TooLong);
        }
        let (reply, answer) = oneshot::channel();
        self.submit(password, Task::Hash { salt: rng.bytes(), reply })?;
        answer.await.map_err(|_| HasherError::Failed)?
    }

    pub async fn verify(
        &self,
        password: &Secret<String>,
        hash: &Secret<String>,
    ) -> Result<Verdict, HasherError> {
        Ok(match self.find(password, vec![hash.clone()]).await? {
            Some(_) => Verdict::Right { needs_rehash: !self.format.is_format_of(hash.reveal()) },
            None => Verdict::Wrong,
        })
    }

    /// Whether it is one of these, such as the passwords that were used before.
    pub async fn is_any(
        &self,
        password: &Secret<String>,
        hashes: Vec<Secret<String>>,
    ) -> Result<bool, HasherError> {
        Ok(self.find(password, hashes).await?.is_some())
    }

    /// Takes as long as [`Hasher::verify`] does, for a user who does not exist.
    pub async fn verify_nobody(&self, password: &Secret<String>) -> Result<Verdict, HasherError> {
        if password.reveal().len() > PASSWORD_BYTES_MAX {
            return Ok(Verdict::Wrong);
        }
        let (reply, answer) = oneshot::channel();
        self.submit(password, Task::Hash { salt: [0; 16], reply })?;
        let _ = answer.await.map_err(|_| HasherError::Failed)?;
        Ok(Verdict::Wrong)
    }

    /// Does other work about a password that takes as long, such as judging how good it is.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HasherError> {
        let (reply, answer) = oneshot::channel();
        // Whoever asked may have gone: then nobody hears the answer.
        let work = move || drop(reply.send(work()));
        self.send(Job::Other(Box::new(work)))?;
        answer.await.map_err(|_| HasherError::Failed)
    }

    async fn find(
        &self,
        password: &Secret<String>,
        hashes: Vec<Secret<String>>,
    ) -> Result<Option<usize>, HasherError> {
        if password.reveal().len() > PASSWORD_BYTES_MAX || hashes.is_empty() {
            return Ok(None);
        }
        let (reply, answer) = oneshot::channel();
        self.submit(password, Task::Verify { hashes, reply })?;
        answer.await.map_err(|_| HasherError::Failed)
    }

    fn submit(&self, password: &Secret<String>, task: Task) -> Result<(), HasherError> {
        self.send(Job::Password { password: password.clone(), task })
    }

    fn send(&self, job: Job) -> Result<(), HasherError> {
        self.queue.waiting.fetch_add(1, Ordering::Relaxed);
        self.jobs.try_send(job).map_err(|_| {
            self.queue.waiting.fetch_sub(1, Ordering::Relaxed);
            HasherError::Busy
        })
    }
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hasher").field("format", &self.format).finish_non_exhaustive()
    }
}

/// Whoever waits for a hash waits long anyway; a session check should not wait for one. Where
/// that cannot be told, hashes compete like everything else.
fn stand_back() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS);
}

/// A panic in somebody else's code costs one answer, not a thread.
fn work_on(receiver: &Mutex<Receiver<Job>>, queue: &Queue, format: HashFormat) {
    stand_back();
    while catch_unwind(AssertUnwindSafe(|| work(receiver, queue, format))).is_err() {}
}

fn work(receiver: &Mutex<Receiver<Job>>, queue: &Queue, format: HashFormat) {
    let mut memory = Memory::default();
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        queue.waiting.fetch_sub(1, Ordering::Relaxed);
        let (password, task) = match job {
            Job::Password { password, task } => (password, task),
            Job::Other(work) => {
                work();
                continue;
            }
        };
        let password = password.reveal().as_bytes();
        // Whoever asked may have gone: then nobody hears the answer.
        match task {
            Task::Hash { salt, reply } => {
                let hash = format.hash(password, &salt, &mut memory).map(Secret::new);
                let _ = reply.send(hash.ok_or(HasherError::Failed));
            }
            Task::Verify { hashes, reply } if !reply.is_closed() => {
                let mut matches = |it| format::matches(password, it, &mut memory);
                let found = hashes.iter().position(|it| matches(it.reveal()));
                let _ = reply.send(found);
            }
            Task::Verify { .. } => {}
        }
    }
}
