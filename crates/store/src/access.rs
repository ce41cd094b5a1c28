//! Columns that sessions of both kinds share: accesses, and lists of words.

use domain::Access;

use crate::Result;
use crate::db::Row;

/// Reads the three columns that begin with `initial_` or `last_`.
pub(crate) fn access(row: &Row, at: &str, ip: &str, user_agent: &str) -> Result<Access> {
    Ok(Access { at: row.maybe_time(at)?, ip: row.text(ip)?, user_agent: row.text(user_agent)? })
}

/// A list of words that have no spaces, as methods and scopes are written on the wire.
pub(crate) fn words(row: &Row, column: &str) -> Result<Vec<String>> {
    let text = row.text(column)?;
    Ok(text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect())
}
