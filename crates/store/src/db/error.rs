//! What stops a database operation, in the words of this crate.

use std::sync::Arc;

/// The database could not do it. Nothing of the transaction remains.
///
/// It is `Clone` because writers that share one commit share its failure.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{operation} failed")]
    Database {
        operation: &'static str,
        #[source]
        source: Arc<DriverError>,
    },
    /// The one writer was taken for longer than a request may wait.
    #[error("the database is busy")]
    Busy,
    /// A statement had failed before; PostgreSQL accepts no more, so neither do we.
    #[error("the transaction had already failed")]
    Failed,
    #[error("a reader cannot write")]
    ReadOnly,
    /// A row holds a value that this program never wrote.
    #[error("column {0} holds an unknown value")]
    Corrupt(&'static str),
    #[error("{0:?} cannot be the name of a schema")]
    SchemaName(String),
    /// The server went away while it committed: it may have happened, and it may not.
    #[error("nobody knows whether the transaction was committed")]
    OutcomeUnknown(#[source] Arc<DriverError>),
    /// Another statement of the same batch lost the whole batch, such as on a full disk.
    #[error("the shared transaction was rolled back")]
    BatchLost,
    #[error("the database cannot be placed at {0}")]
    Place(String),
}

/// What the engine itself said.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    #[error(transparent)]
    Server(#[from] sqlx::Error),
    #[error(transparent)]
    Embedded(#[from] rusqlite::Error),
    /// What is in a column is not the JSON that it should be.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

pub type Result<T> = std::result::Result<T, StoreError>;

/// Primary result codes of SQLite (<https://sqlite.org/rescode.html>).
const BUSY: i32 = 5;
const IO_ERROR: i32 = 10;
const FULL: i32 = 13;

impl StoreError {
    pub(crate) fn database(operation: &'static str, source: impl Into<DriverError>) -> Self {
        Self::Database { operation, source: Arc::new(source.into()) }
    }

    /// For COMMIT on a server: an answer is a failure, and no answer says nothing.
    pub(crate) fn committing(source: sqlx::Error) -> Self {
        match source {
            sqlx::Error::Database(_) => Self::database("commit", source),
            source => Self::OutcomeUnknown(Arc::new(source.into())),
        }
    }

    /// Whether a row with the same unique value was there already.
    pub fn is_unique_violation(&self) -> bool {
        let Self::Database { source, .. } = self else { return false };
        match source.as_ref() {
            DriverError::Server(sqlx::Error::Database(error)) => error.is_unique_violation(),
            DriverError::Embedded(rusqlite::Error::SqliteFailure(error, _)) => {
                // CONSTRAINT_UNIQUE and CONSTRAINT_PRIMARYKEY.
                [2067, 1555].contains(&error.extended_code)
            }
            DriverError::Server(_) | DriverError::Embedded(_) | DriverError::Json(_) => false,
        }
    }

    /// Whether it passes by itself: the database is away, busy, or has no room at the moment.
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Busy | Self::BatchLost | Self::OutcomeUnknown(_) => true,
            Self::Database { source, .. } => match source.as_ref() {
                DriverError::Server(error) => server_is_away(error),
                DriverError::Embedded(error) => {
                    primary_code(error).is_some_and(|it| [BUSY, IO_ERROR, FULL].contains(&it))
                }
                DriverError::Json(_) => false,
            },
            Self::Failed
            | Self::ReadOnly
            | Self::Corrupt(_)
            | Self::SchemaName(_)
            | Self::Place(_) => false,
        }
    }

    /// Whether a connection to a server is of no more use after it.
    pub(crate) fn loses_the_connection(&self) -> bool {
        let Self::Database { source, .. } = self else { return false };
        match source.as_ref() {
            DriverError::Server(
                sqlx::Error::ColumnDecode { .. }
                | sqlx::Error::ColumnNotFound(_)
                | sqlx::Error::Decode(_)
                | sqlx::Error::Encode(_),
            )
            | DriverError::Json(_) => false,
            DriverError::Server(_) | DriverError::Embedded(_) => true,
        }
    }
}

/// PostgreSQL's shutdown and too many connections; or nobody answers at all.
fn server_is_away(error: &sqlx::Error) -> bool {
    const CODES: [&str; 4] = ["57P01", "57P02", "57P03", "53300"];
    match error {
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| CODES.contains(&code.as_ref()))
        }
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}

/// Whether another process is writing at the moment.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    primary_code(error) == Some(BUSY)
}

fn primary_code(error: &rusqlite::Error) -> Option<i32> {
    match error {
        rusqlite::Error::SqliteFailure(error, _) => Some(error.extended_code & 0xff),
        _ => None,
    }
}

/// For `map_err`: says what was being done.
pub(crate) fn failed<E: Into<DriverError>>(
    operation: &'static str,
) -> impl FnOnce(E) -> StoreError {
    move |source| StoreError::database(operation, source)
}
