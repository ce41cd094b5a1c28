//! One run of a script in QuickJS, on a runtime of its own.
//!
//! Everything a script does happens on this thread: its jobs are run until there are none, then
//! an answer from outside is waited for, if one is due.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rquickjs::promise::PromiseState;
use rquickjs::{
    CaughtError, Context, Ctx, Exception, Function, Module, Object, Promise, Runtime, Value,
};
use serde_json::json;

use crate::protocol::{Answer, Call};
use crate::{Console, MEMORY_BYTES_MAX, REPLY_BYTES_MAX, ScriptError};

const PRELUDE: &str = include_str!("prelude.js");
/// A quarter of a megabyte is some thousands of calls deep.
const STACK_BYTES_MAX: usize = 256 * 1024;
/// What is kept of an exception.
const WORDS_CHARS_MAX: usize = 2_000;

/// The way to the parent.
pub(crate) trait Outside {
    /// Asks for something; the id comes back with the answer.
    fn call(&mut self, call: Call) -> io::Result<u32>;
    /// Waits for the next answer.
    fn answer(&mut self) -> io::Result<(u32, Answer)>;
}

/// What the functions of the prelude share with the run.
struct Shared<O> {
    outside: O,
    console: Console,
    /// Answers that are due.
    due: u32,
}

/// Runs the default export of `code` on `event`; the value comes back as JSON.
pub(crate) fn run(
    code: &str,
    event: &str,
    timeout: Duration,
    outside: impl Outside + 'static,
) -> (Result<String, ScriptError>, Console) {
    let deadline = Instant::now() + timeout;
    let shared = Rc::new(RefCell::new(Shared { outside, console: Console::default(), due: 0 }));
    let result = start(deadline).and_then(|context| {
        context.with(|ctx| Run { ctx, deadline, shared: shared.clone() }.run(code, event))
    });
    let console = std::mem::take(&mut shared.borrow_mut().console);
    (result, console)
}

fn start(deadline: Instant) -> Result<Context, ScriptError> {
    let runtime = Runtime::new().map_err(|_| ScriptError::Memory)?;
    runtime.set_memory_limit(MEMORY_BYTES_MAX);
    runtime.set_max_stack_size(STACK_BYTES_MAX);
    runtime.set_interrupt_handler(Some(Box::new(move || Instant::now() >= deadline)));
    Context::full(&runtime).map_err(|_| ScriptError::Memory)
}

struct Run<'js, O> {
    ctx: Ctx<'js>,
    deadline: Instant,
    shared: Rc<RefCell<Shared<O>>>,
}

impl<'js, O: Outside + 'static> Run<'js, O> {
    fn run(&self, code: &str, event: &str) -> Result<String, ScriptError> {
        let prelude: Function<'js> = self.ok(self.ctx.eval(PRELUDE))?;
        let host = self.ok(self.host())?;
        let tools: Object<'js> = self.ok(prelude.call((host,)))?;
        let settle: Function<'js> = self.ok(tools.get("settle"))?;
        let run: Function<'js> = self.ok(tools.get("run"))?;

        let module = self.ok(Module::declare(self.ctx.clone(), "hook", code))?;
        let (module, evaluated) = self.ok(module.eval())?;
        self.drive(&evaluated, &settle)?;
        let script: Value<'js> = self.ok(module.get("default"))?;
        let script = script.into_function().ok_or(ScriptError::NotAFunction)?;
        let event: Value<'js> = self.ok(self.ctx.json_parse(event))?;
        let returned: Promise<'js> = self.ok(run.call((script, event)))?;
        self.drive(&returned, &settle)?;
        let reply = returned.result::<rquickjs::String<'js>>().ok_or(ScriptError::NeverSettles)?;
        let reply = self.ok(self.ok(reply)?.to_string())?;
        if reply.len() > REPLY_BYTES_MAX { Err(ScriptError::ReplyTooLarge) } else { Ok(reply) }
    }

    /// Runs what there is to run until `promise` is settled, and says why if it is rejected.
    fn drive(&self, promise: &Promise<'js>, settle: &Function<'js>) -> Result<(), ScriptError> {
        loop {
            while promise.state() == PromiseState::Pending && self.ctx.execute_pending_job() {
                self.in_time()?;
            }
            self.in_time()?;
            match promise.state() {
                PromiseState::Resolved => return Ok(()),
                PromiseState::Rejected => {
                    return match promise.result::<Value<'js>>() {
                        Some(Err(error)) => self.ok(Err(error)),
                        _ => Err(ScriptError::NeverSettles),
                    };
                }
                PromiseState::Pending if self.shared.borrow().due == 0 => {
                    return Err(ScriptError::NeverSettles);
                }
                PromiseState::Pending => self.hear(settle)?,
            }
        }
    }

    fn hear(&self, settle: &Function<'js>) -> Result<(), ScriptError> {
        let answer = self.shared.borrow_mut().outside.answer();
        // A parent that is gone wants nothing any more.
        let (id, answer) = answer.map_err(|_| ScriptError::Crashed)?;
        self.in_time()?;
        self.shared.borrow_mut().due -= 1;
        let (is_good, value) = match answer {
            Ok(value) => (true, value),
            Err(why) => (false, json!(why)),
        };
        self.ok(settle.call::<_, ()>((id, is_good, value.to_string())))
    }

    /// The functions that the prelude is given.
    fn host(&self) -> rquickjs::Result<Object<'js>> {
        let host = Object::new(self.ctx.clone())?;
        let shared = self.shared.clone();
        let call = move |ctx: Ctx<'js>, call: String| {
            let refused = |why: &str| Exception::throw_type(&ctx, why);
            let call = serde_json::from_str(&call).map_err(|_| refused("not a call"))?;
            let mut shared = shared.borrow_mut();
            let id = shared.outside.call(call).map_err(|_| refused("too large"))?;
            shared.due += 1;
            rquickjs::Result::Ok(id)
        };
        host.set("call", Function::new(self.ctx.clone(), call))?;
        let shared = self.shared.clone();
        let log = move |level: String, line: String| {
            shared.borrow_mut().console.print(&level, &line);
        };
        host.set("log", Function::new(self.ctx.clone(), log))?;
        host.set("url", Function::new(self.ctx.clone(), parse_url))?;
        Ok(host)
    }

    fn in_time(&self) -> Result<(), ScriptError> {
        if Instant::now() >= self.deadline { Err(ScriptError::Timeout) } else { Ok(()) }
    }

    /// What went wrong, in our words where it was a limit and in the script's otherwise.
    fn ok<T>(&self, result: rquickjs::Result<T>) -> Result<T, ScriptError> {
        let error = match result {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let caught = CaughtError::from_error(&self.ctx, error);
        self.in_time()?;
        let cut = |text: &str| text.chars().take(WORDS_CHARS_MAX).collect::<String>();
        let (message, stack) = match caught {
            CaughtError::Exception(it) => {
                let name = it.as_object().get::<_, String>("name").unwrap_or_default();
                let message = it.message().unwrap_or_default();
                (format!("{name}: {message}"), it.stack().unwrap_or_default())
            }
            // QuickJS has no memory left to make an error of.
            CaughtError::Value(it) if it.is_null() => return Err(ScriptError::Memory),
            CaughtError::Value(it) => {
                let text = self.ctx.json_stringify(it).ok().flatten();
                (text.and_then(|it| it.to_string().ok()).unwrap_or_default(), String::new())
            }
            CaughtError::Error(error) => (error.to_string(), String::new()),
        };
        if message.contains("out of memory") {
            return Err(ScriptError::Memory);
        }
        Err(ScriptError::Exception { message: cut(&message), stack: cut(&stack) })
    }
}

/// The parts of an address as JSON, or the empty text.
#[expect(clippy::needless_pass_by_value, reason = "the engine hands over texts")]
fn parse_url(text: String, base: String) -> String {
    let parsed = if base.is_empty() {
        url::Url::parse(&text)
    } else {
        url::Url::parse(&base).and_then(|base| base.join(&text))
    };
    let Ok(url) = parsed else { return String::new() };
    let port = url.port().map(|it| it.to_string()).unwrap_or_default();
    let hostname = url.host_str().unwrap_or_default();
    let host = if port.is_empty() { hostname.to_owned() } else { format!("{hostname}:{port}") };
    let with = |sign: &str, part: Option<&str>| {
        part.filter(|it| !it.is_empty()).map(|it| format!("{sign}{it}")).unwrap_or_default()
    };
    json!({
        "protocol": format!("{}:", url.scheme()),
        "origin": url.origin().ascii_serialization(),
        "username": url.username(),
        "password": url.password().unwrap_or_default(),
        "host": host,
        "hostname": hostname,
        "port": port,
        "pathname": url.path(),
        "search": with("?", url.query()),
        "hash": with("#", url.fragment()),
    })
    .to_string()
}

#[cfg(test)]
mod tests;
