//! What is said to the person at the terminal: results on standard output, progress and
//! failures on standard error, so that output can be piped.

use std::io::Write as _;

/// A result. A closed pipe is the reader's decision.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

pub fn progress(text: &str) {
    let _ = writeln!(std::io::stderr(), "  · {text}");
}

pub fn error(text: &str) {
    let _ = writeln!(std::io::stderr(), "authwarden: {text}");
}
