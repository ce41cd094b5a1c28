//! What the compiler does not see: layers, lengths, headers, what must not be on main.

mod files;
mod layers;
mod sql;

use anyhow::{Result, bail};

use crate::run::say;

/// Runs every check and reports all problems together.
pub fn run() -> Result<()> {
    let mut problems = Vec::new();
    layers::check(&mut problems)?;
    files::check(&mut problems)?;
    sql::check(&mut problems)?;
    if problems.is_empty() {
        say("tidy: nothing to say");
        return Ok(());
    }
    problems.sort();
    for problem in &problems {
        say(problem);
    }
    bail!("tidy found {} problems", problems.len())
}
