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
        source: Arc<sqlx::Error>,
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
    OutcomeUnknown(#[source] Arc<sqlx::Error>),
    /// Another statement of the same batch lost the whole batch, such as on a full disk.
    #[error("the shared transaction was rolled back")]
    BatchLost,
    #[error("the database cannot be placed at {0}")]
    Place(String),
}

pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    pub(crate) fn database(operation: &'static str, source: sqlx::Error) -> Self {
        Self::Database { operation, source: Arc::new(source) }
    }

    /// For COMMIT on a server: an answer is a failure, and no answer says nothing.
    pub(crate) fn committing(source: sqlx::Error) -> Self {
        match source {
            sqlx::Error::Database(_) => Self::database("commit", source),
            source => Self::OutcomeUnknown(Arc::new(source)),
        }
    }

    /// For BEGIN on SQLite: another process, such as a command line, may be writing for too long.
    pub(crate) fn beginning(source: sqlx::Error) -> Self {
        const BUSY: i32 = 5;
        let code = source.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
        match code {
            Some(code) if code & 0xff == BUSY => Self::Busy,
            _ => Self::database("begin", source),
        }
    }

    /// Whether a row with the same unique value was there already.
    pub fn is_unique_violation(&self) -> bool {
        self.database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }

    /// Whether it passes by itself: the database is away, busy, or has no room at the moment.
    pub fn is_unavailable(&self) -> bool {
        // SQLite's FULL, IOERR and BUSY; PostgreSQL's shutdown and too many connections.
        const CODES: [&str; 7] = ["13", "10", "5", "57P01", "57P02", "57P03", "53300"];
        match self {
            Self::Busy | Self::BatchLost | Self::OutcomeUnknown(_) => true,
            Self::Database { source, .. } => match source.as_ref() {
                sqlx::Error::Database(error) => {
                    error.code().is_some_and(|code| CODES.contains(&code.as_ref()))
                }
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => true,
                _ => false,
            },
            Self::Failed
            | Self::ReadOnly
            | Self::Corrupt(_)
            | Self::SchemaName(_)
            | Self::Place(_) => false,
        }
    }

    /// Whether the engine has rolled the whole transaction back by itself, or may have.
    ///
    /// SQLite does so when the disk is full or fails (<https://sqlite.org/lang_transaction.html>);
    /// a constraint or an error in the statement undoes that statement only.
    pub(crate) fn loses_the_transaction(&self) -> bool {
        const HARMLESS: [i32; 4] = [1, 19, 20, 25]; // ERROR, CONSTRAINT, MISMATCH, RANGE
        let Self::Database { source, .. } = self else { return false };
        match source.as_ref() {
            sqlx::Error::Database(error) => error
                .code()
                .and_then(|code| code.parse::<i32>().ok())
                .is_none_or(|code| !HARMLESS.contains(&(code & 0xff))),
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_) => false,
            _ => true,
        }
    }

    /// Whether SQLite was asked for a savepoint that was released already.
    pub(crate) fn is_missing_savepoint(&self) -> bool {
        self.database_error().is_some_and(|error| error.message().contains("no such savepoint"))
    }

    fn database_error(&self) -> Option<&dyn sqlx::error::DatabaseError> {
        match self {
            Self::Database { source, .. } => source.as_database_error(),
            _ => None,
        }
    }
}

/// For `map_err`: says what was being done.
pub(crate) fn failed(operation: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |source| StoreError::database(operation, source)
}
