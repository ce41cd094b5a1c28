//! The child: jobs from its input, one after another, until the parent closes it.

use std::cell::Cell;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use crate::engine::{self, Outside};
use crate::protocol::{Answer, Call, FromWorker, Source, ToWorker, read, write};
use crate::transpile::transpile;
use crate::{Console, ScriptError, confine};

/// The parent, as a script sees it.
struct Parent<R, W> {
    input: R,
    output: W,
}

thread_local! {
    /// Ids are never used again, so that an answer that comes late is nobody's.
    static LAST_ID: Cell<u32> = const { Cell::new(0) };
}

impl<R: Read, W: Write> Outside for Parent<R, W> {
    fn call(&mut self, call: Call) -> io::Result<u32> {
        let id = LAST_ID.get().wrapping_add(1);
        LAST_ID.set(id);
        write(&mut self.output, &FromWorker::Call { id, call })?;
        Ok(id)
    }

    fn answer(&mut self) -> io::Result<(u32, Answer)> {
        match read(&mut self.input)? {
            ToWorker::Answer { id, answer } => Ok((id, answer)),
            ToWorker::Check { .. } | ToWorker::Run { .. } => {
                Err(io::Error::other("a job within a job"))
            }
        }
    }
}

/// Serves a parent that started this process for it.
pub fn run() -> ExitCode {
    if confine::confine().is_err() {
        return ExitCode::FAILURE;
    }
    serve(&|| (io::stdin(), io::stdout()));
    ExitCode::SUCCESS
}

/// Serves whoever is at the other end of what `open` gives, until they hang up.
pub(crate) fn serve<R: Read + 'static, W: Write + 'static>(open: &impl Fn() -> (R, W)) {
    let (mut input, mut output) = open();
    loop {
        let done = match read(&mut input) {
            Ok(ToWorker::Check { source }) => {
                let result = transpile(&source).map(|_| "null".to_owned());
                FromWorker::Done { result, console: Console::default() }
            }
            Ok(ToWorker::Run { source, event, timeout }) => match code(source, &mut output) {
                Ok(code) => {
                    let (input, output) = open();
                    let parent = Parent { input, output };
                    let (result, console) = engine::run(&code, &event, timeout, parent);
                    FromWorker::Done { result, console }
                }
                Err(error) => FromWorker::Done { result: Err(error), console: Console::default() },
            },
            // To a call that nobody waits for any more.
            Ok(ToWorker::Answer { .. }) => continue,
            Err(_) => return,
        };
        if write(&mut output, &done).is_err() {
            return;
        }
    }
}

/// JavaScript, which the parent is told if it does not know it yet.
fn code(source: Source, output: &mut impl Write) -> Result<String, ScriptError> {
    let source = match source {
        Source::JavaScript(code) => return Ok(code),
        Source::TypeScript(source) => source,
    };
    let code = transpile(&source)?;
    let told = write(output, &FromWorker::Transpiled { code: code.clone() });
    told.map_err(|_| ScriptError::Crashed)?;
    Ok(code)
}
