//! What parent and child say to each other: JSON behind its length, on the child's input and
//! output. One job at a time.

use std::io::{self, Read, Write};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::{Console, ScriptError};

/// An event, a reply or an answer of one megabyte, escaped once more.
pub(crate) const MESSAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToWorker {
    /// Says whether a source can be run.
    Check {
        source: String,
    },
    Run {
        source: Source,
        event: String,
        timeout: Duration,
    },
    /// To a call of the script.
    Answer {
        id: u32,
        answer: Answer,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum FromWorker {
    /// The script wants something from outside.
    Call {
        id: u32,
        call: Call,
    },
    /// JavaScript to give next time in place of the source.
    Transpiled {
        code: String,
    },
    Done {
        result: Result<String, ScriptError>,
        console: Console,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Source {
    TypeScript(String),
    JavaScript(String),
}

/// What a script can want from outside.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    Fetch(FetchRequest),
    Sleep { milliseconds: u32 },
}

/// JSON, or why there is none.
pub(crate) type Answer = Result<serde_json::Value, String>;

/// `fetch` of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchRequest {
    pub url: String,
    pub method: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    /// `follow`, `manual` or `error`.
    pub redirect: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchResponse {
    pub url: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a message is too large")
}

fn encode(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(message)?;
    let length = u32::try_from(json.len()).map_err(|_| too_large())?;
    if json.len() > MESSAGE_BYTES_MAX {
        return Err(too_large());
    }
    Ok([&length.to_be_bytes(), json.as_slice()].concat())
}

fn checked(length: u32) -> io::Result<usize> {
    let length = usize::try_from(length).map_err(|_| too_large())?;
    if length > MESSAGE_BYTES_MAX { Err(too_large()) } else { Ok(length) }
}

pub(crate) fn write(output: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    output.write_all(&encode(message)?)?;
    output.flush()
}

pub(crate) fn read<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<T> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let mut json = vec![0; checked(u32::from_be_bytes(length))?];
    input.read_exact(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

pub(crate) async fn send(
    output: &mut (impl AsyncWrite + Unpin),
    message: &impl Serialize,
) -> io::Result<()> {
    output.write_all(&encode(message)?).await?;
    output.flush().await
}

pub(crate) async fn receive<T: DeserializeOwned>(
    input: &mut (impl AsyncRead + Unpin),
) -> io::Result<T> {
    let length = checked(input.read_u32().await?)?;
    let mut json = vec![0; length];
    input.read_exact(&mut json).await?;
    Ok(serde_json::from_slice(&json)?)
}
