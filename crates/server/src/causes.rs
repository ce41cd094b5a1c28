//! An error with everything that led to it, in one line.
//!
//! Messages of errors do not repeat their sources: whoever writes one down asks for the whole.

use std::error::Error;
use std::fmt::Write as _;

/// `error` and its causes, outermost first.
pub fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let _ = write!(text, ": {source}");
        cause = source.source();
    }
    text
}

#[cfg(test)]
mod tests;
