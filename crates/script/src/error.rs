//! Why a script gave no value.

use serde::{Deserialize, Serialize};

/// What is wrong with a source, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub message: String,
    /// From one.
    pub line: u32,
    /// From one, in characters.
    pub column: u32,
}

/// Why a script gave no value. All but the last three are the script's own doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ScriptError {
    #[error("the script is larger than {} bytes", crate::SOURCE_BYTES_MAX)]
    SourceTooLarge,
    #[error("line {}, column {}: {}", .0.line, .0.column, .0.message)]
    Syntax(Problem),
    #[error("the script does not export a function by default")]
    NotAFunction,
    /// What it threw, or what was thrown at it.
    #[error("the script threw {message}")]
    Exception { message: String, stack: String },
    #[error("the script took too long")]
    Timeout,
    #[error("the script used too much memory")]
    Memory,
    #[error("the script waits for something that never comes")]
    NeverSettles,
    #[error("the value that the script returned is larger than {} bytes", crate::REPLY_BYTES_MAX)]
    ReplyTooLarge,
    /// Something in it is too much for the engine, and the process is gone.
    #[error("the script brought its process down")]
    Crashed,
    #[error("the event is larger than {} bytes", crate::EVENT_BYTES_MAX)]
    EventTooLarge,
    #[error("too many scripts are running")]
    Busy,
    #[error("the process for scripts cannot be started: {0}")]
    NotStarted(String),
}
