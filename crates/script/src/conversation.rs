//! The parent's side of one job: a child, what it asks for, and how it ends.

use std::io;
use std::os::unix::net::UnixStream as StdStream;
use std::process::Stdio;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::protocol::{Answer, Call, FromWorker, ToWorker, receive, send};
use crate::{Console, FetchRequest, FetchResponse, Runner, ScriptError, worker};

/// Calls of one run. A hook looks something up, and perhaps tells somebody.
const CALLS_MAX: u32 = 50;
/// A child that keeps to its limits says so itself; this is for one that does not.
const GRACE: Duration = Duration::from_millis(500);

/// What a process has for its stack, for a thread in its place.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// A child, between jobs or in one.
pub(crate) struct Worker {
    /// Killed when it is dropped.
    child: Option<Child>,
    input: Box<dyn AsyncWrite + Send + Unpin>,
    output: Box<dyn AsyncRead + Send + Unpin>,
    /// Whose scripts it has run.
    pub project: String,
    pub has_run: bool,
}

/// How a job ended.
pub(crate) struct Ended {
    pub result: Result<String, ScriptError>,
    pub console: Console,
    /// JavaScript of the source, if it was made now.
    pub code: Option<String>,
}

/// Answers `fetch` of a script.
pub(crate) type Fetch<'f> =
    dyn Fn(FetchRequest) -> BoxFuture<'f, Result<FetchResponse, String>> + Send + Sync + 'f;

impl Worker {
    pub fn start(runner: &Runner, project: &str) -> io::Result<Self> {
        let (program, arguments) = match runner {
            Runner::Process { program, arguments } => (program, arguments),
            Runner::Thread => return Self::thread(project),
        };
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("a child without pipes"));
        };
        let (input, output) = (Box::new(input), Box::new(output));
        Ok(Self { child: Some(child), input, output, project: project.to_owned(), has_run: false })
    }

    fn thread(project: &str) -> io::Result<Self> {
        let (ours, theirs) = StdStream::pair()?;
        ours.set_nonblocking(true)?;
        let (output, input) = UnixStream::from_std(ours)?.into_split();
        let (reads, writes) = (theirs.try_clone()?, theirs);
        std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || {
            let clone = |it: &StdStream| it.try_clone().expect("a descriptor");
            worker::serve(&|| (clone(&reads), clone(&writes)));
        })?;
        let (input, output) = (Box::new(input), Box::new(output));
        Ok(Self { child: None, input, output, project: project.to_owned(), has_run: false })
    }

    pub fn is_alive(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Has the child do `job`. Whatever goes wrong with the child itself is the outer error, and
    /// then it must not be used again.
    pub async fn run(
        &mut self,
        job: &ToWorker,
        timeout: Duration,
        fetch: &Fetch<'_>,
    ) -> Result<Ended, ScriptError> {
        self.has_run = true;
        let talk = self.talk(job, fetch);
        match tokio::time::timeout(timeout + GRACE, talk).await {
            Ok(Ok(ended)) => Ok(ended),
            Ok(Err(_)) => Err(ScriptError::Crashed),
            Err(_) => Err(ScriptError::Timeout),
        }
    }

    async fn talk(&mut self, job: &ToWorker, fetch: &Fetch<'_>) -> io::Result<Ended> {
        send(&mut self.input, job).await?;
        let mut answers = FuturesUnordered::new();
        let mut calls = 0;
        let mut code = None;
        loop {
            // A message is read whole before anything else is looked at: half of one read would
            // be lost.
            let mut message = std::pin::pin!(receive::<FromWorker>(&mut self.output));
            let message = loop {
                tokio::select! {
                    message = &mut message => break message?,
                    Some((id, answer)) = answers.next(), if !answers.is_empty() => {
                        send(&mut self.input, &ToWorker::Answer { id, answer }).await?;
                    }
                }
            };
            match message {
                FromWorker::Call { id, call } => {
                    calls += 1;
                    answers.push(answer(id, call, calls, fetch));
                }
                FromWorker::Transpiled { code: made } => code = Some(made),
                FromWorker::Done { result, console } => return Ok(Ended { result, console, code }),
            }
        }
    }
}

async fn answer(id: u32, call: Call, count: u32, fetch: &Fetch<'_>) -> (u32, Answer) {
    if count > CALLS_MAX {
        return (id, Err(format!("more than {CALLS_MAX} calls in one run")));
    }
    let answer = match call {
        Call::Fetch(request) => fetch(request)
            .await
            .and_then(|response| serde_json::to_value(response).map_err(|error| error.to_string())),
        Call::Sleep { milliseconds } => {
            tokio::time::sleep(Duration::from_millis(milliseconds.into())).await;
            Ok(serde_json::Value::Null)
        }
    };
    (id, answer)
}
