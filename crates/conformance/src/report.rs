//! Telling how a run went: a line for each case, a table by folder, a diff for each failure.

mod files;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write as _;

pub use files::{Format, write};

use crate::failure::Failure;
use crate::run::Outcome;
use crate::suite::Finished;

/// The counts of one folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub left_out: usize,
    /// Why cases were left out.
    pub reasons: Vec<String>,
}

/// A case in one line.
pub fn line(finished: &Finished) -> String {
    let mark = match &finished.outcome {
        Outcome::Passed => "✓",
        Outcome::PassedLeniently => "~",
        Outcome::Failed { .. } => "✗",
        Outcome::LeftOut(_) => "-",
        Outcome::Crashed(_) => "!",
    };
    format!("{mark} {} {} ({:.1} s)", finished.id, finished.name, finished.took.as_secs_f64())
}

pub fn counts(all: &[Finished]) -> BTreeMap<String, Counts> {
    let mut folders: BTreeMap<String, Counts> = BTreeMap::new();
    for finished in all {
        let folder = finished.id.split('/').next().unwrap_or_default();
        let counts = folders.entry(folder.to_owned()).or_default();
        match &finished.outcome {
            Outcome::Passed | Outcome::PassedLeniently => counts.passed += 1,
            Outcome::Failed { .. } | Outcome::Crashed(_) => counts.failed += 1,
            Outcome::LeftOut(reason) => {
                counts.left_out += 1;
                if !counts.reasons.contains(reason) {
                    counts.reasons.push(reason.clone());
                }
            }
        }
    }
    folders
}

/// The table by folder, as Markdown, with a line for all of them.
pub fn table(all: &[Finished]) -> String {
    let folders = counts(all);
    let mut text =
        "| folder | passed | failed | not run | why not |\n|---|--:|--:|--:|---|\n".to_owned();
    let mut total = Counts::default();
    for (folder, counts) in &folders {
        let Counts { passed, failed, left_out, reasons } = counts;
        let reasons = reasons.join("; ");
        let _ = writeln!(text, "| {folder} | {passed} | {failed} | {left_out} | {reasons} |");
        total.passed += passed;
        total.failed += failed;
        total.left_out += left_out;
    }
    let Counts { passed, failed, left_out, .. } = total;
    let _ = writeln!(text, "| **all** | **{passed}** | **{failed}** | **{left_out}** | |");
    text
}

/// A failure as people read it.
pub fn failure(finished: &Finished) -> Option<String> {
    match &finished.outcome {
        Outcome::Passed | Outcome::PassedLeniently | Outcome::LeftOut(_) => None,
        Outcome::Crashed(ended) => Some(format!("{}\n  {ended}\n", finished.id)),
        Outcome::Failed { step, failure } => {
            let Failure { expectation, violations, came } = failure;
            let mut text = format!("{} ({})\n", finished.id, finished.name);
            let _ = writeln!(text, "  {step}: {expectation}");
            for it in violations {
                let path =
                    if it.path.is_empty() { String::new() } else { format!("{}: ", it.path) };
                let _ = writeln!(text, "    - {path}{}\n    + {path}{}", it.expected, it.actual);
            }
            if !came.is_empty() {
                let _ = writeln!(text, "    came: {}", came.replace('\n', "\n          "));
            }
            Some(text)
        }
    }
}
