//! The sandbox in which hooks written in TypeScript run: source and event in, value out.
//!
//! A script runs in a child process of this program that has no environment, opens no file and
//! no connection, and has limits on memory, time and what it may say. Whatever it wants from
//! outside it asks its parent for ([`Call`]), and the parent decides. The child is thrown away
//! when anything is odd about it, and serves one project only. Which addresses may be fetched,
//! and what a returned value means, is for others to say.

mod confine;
mod console;
mod conversation;
mod engine;
mod error;
mod pool;
mod protocol;
mod transpile;
mod worker;

pub use console::Console;
pub use error::{Problem, ScriptError};
pub use pool::{Job, Ran, Runner, Scripts, Settings};
pub use protocol::{FetchRequest, FetchResponse};
pub use worker::run as run_worker;

/// Largest script that is taken, as upstream has it.
pub const SOURCE_BYTES_MAX: usize = 100 * 1024;
/// Largest event. A user with every attribute at its limit is a tenth of this.
pub const EVENT_BYTES_MAX: usize = 1024 * 1024;
/// Largest value that is returned: a changed user, or a changed token.
pub const REPLY_BYTES_MAX: usize = 1024 * 1024;
/// Memory of one run. Parsing the largest event takes some ten times its size.
pub(crate) const MEMORY_BYTES_MAX: usize = 32 * 1024 * 1024;
