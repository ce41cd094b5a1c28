//! What passes goes on passing.
//!
//! `passing.txt` lists the cases that pass, by their ids; a listed case that fails is a failure of
//! the run, whatever else passes. `not-yet.txt` says of cases that are not listed which feature they
//! wait for. The table in `docs/conformance.md` follows from both.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::case::Glob;
use crate::run::Outcome;
use crate::suite::Finished;

const PASSING: &str = "passing.txt";
const NOT_YET: &str = "not-yet.txt";

const HEADER: &str = "# Cases of the corpus that pass, by file and document. CI fails when one of them \
fails.\n# The runner adds to this list with --bless, and never takes away from it.\n";

/// What stands around the table in the document.
const START: &str = "<!-- table: written by the runner -->\n";
const END: &str = "<!-- end of the table -->\n";

#[derive(Debug)]
pub struct Ratchet {
    folder: PathBuf,
    passing: BTreeSet<String>,
    /// Patterns of ids, and the feature that they wait for.
    not_yet: Vec<(Glob, String)>,
}

impl Ratchet {
    /// Reads the lists in `folder`; a list that is not there is empty.
    pub fn load(folder: &Path) -> Result<Self> {
        let passing = lines(&folder.join(PASSING))?.into_iter().collect();
        let mut not_yet = Vec::new();
        for line in lines(&folder.join(NOT_YET))? {
            let (pattern, feature) =
                line.split_once(": ").with_context(|| format!("{NOT_YET}: `{line}`"))?;
            not_yet.push((Glob::parse(pattern)?, feature.trim().to_owned()));
        }
        Ok(Self { folder: folder.to_owned(), passing, not_yet })
    }

    /// Whether a case is held to pass.
    pub fn holds(&self, id: &str) -> bool {
        self.passing.contains(id)
    }

    /// The feature that a case waits for.
    pub fn feature(&self, id: &str) -> Option<&str> {
        self.not_yet.iter().find(|(glob, _)| glob.matches(id)).map(|(_, feature)| feature.as_str())
    }

    /// Listed cases that ran and did not pass.
    pub fn broken<'f>(&self, finished: &'f [Finished]) -> Vec<&'f Finished> {
        let failed = |it: &&Finished| {
            !matches!(it.outcome, Outcome::Passed | Outcome::LeftOut(_)) && self.holds(&it.id)
        };
        finished.iter().filter(failed).collect()
    }

    /// Listed ids that no case has: a renamed case would slip away otherwise.
    pub fn unknown(&self, ids: &[String]) -> Vec<&str> {
        let known: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
        self.passing.iter().map(String::as_str).filter(|id| !known.contains(id)).collect()
    }

    /// Cases that pass and are not listed yet.
    pub fn gained<'f>(&self, finished: &'f [Finished]) -> Vec<&'f str> {
        let passed = finished.iter().filter(|it| matches!(it.outcome, Outcome::Passed));
        passed.map(|it| it.id.as_str()).filter(|id| !self.holds(id)).collect()
    }

    /// Adds what passes now, and writes the list.
    pub fn bless(&mut self, finished: &[Finished]) -> Result<()> {
        let gained: Vec<String> = self.gained(finished).into_iter().map(str::to_owned).collect();
        self.passing.extend(gained);
        let list: String = self.passing.iter().flat_map(|id| [id, "\n"]).collect();
        let path = self.folder.join(PASSING);
        std::fs::write(&path, format!("{HEADER}{list}"))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// The table of all cases by folder, in Markdown.
    pub fn table(&self, ids: &[String]) -> String {
        let mut folders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for id in ids {
            folders.entry(id.split('/').next().unwrap_or(id)).or_default().push(id);
        }
        let mut text =
            "| folder | cases | pass | fail | wait for a feature |\n|---|--:|--:|--:|---|\n"
                .to_owned();
        let mut total = [0; 4];
        for (folder, ids) in folders {
            let mut counts = [ids.len(), 0, 0, 0];
            let mut features: BTreeMap<&str, usize> = BTreeMap::new();
            for id in ids {
                match self.feature(id) {
                    _ if self.holds(id) => counts[1] += 1,
                    None => counts[2] += 1,
                    Some(feature) => {
                        counts[3] += 1;
                        *features.entry(feature).or_default() += 1;
                    }
                }
            }
            let [cases, pass, fail, _] = counts;
            let waiting: Vec<String> =
                features.iter().map(|(feature, count)| format!("{count}: {feature}")).collect();
            let waiting = waiting.join("; ");
            let _ = writeln!(text, "| {folder} | {cases} | {pass} | {fail} | {waiting} |");
            for (sum, count) in total.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        let [cases, pass, fail, waiting] = total;
        let _ =
            writeln!(text, "| **all** | **{cases}** | **{pass}** | **{fail}** | **{waiting}** |");
        text
    }
}

/// A document with `table` in the place for it.
pub fn with_table(document: &str, table: &str) -> Result<String> {
    let (before, rest) = document.split_once(START).context("the document has no table")?;
    let (_, after) = rest.split_once(END).context("the table of the document has no end")?;
    Ok(format!("{before}{START}{table}{END}{after}"))
}

fn lines(path: &Path) -> Result<Vec<String>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().map(str::trim);
    Ok(lines.filter(|it| !it.is_empty() && !it.starts_with('#')).map(str::to_owned).collect())
}
