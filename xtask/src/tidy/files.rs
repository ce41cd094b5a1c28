//! Lengths and headers of source files, and words that must not be on main.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::run::root;

const LINES_MAX: usize = 600;
const TEST_LINES_MAX: usize = 1_500;

/// Notes to oneself, put together here so that this file does not find itself.
const NOTES: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

pub fn check(problems: &mut Vec<String>) -> Result<()> {
    for folder in ["crates", "xtask"] {
        for path in sources(&root().join(folder))? {
            let text = std::fs::read_to_string(&path)?;
            let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
            check_file(&name, &text, problems);
        }
    }
    Ok(())
}

fn check_file(name: &str, text: &str, problems: &mut Vec<String>) {
    let is_test = name.contains("/tests") || name.ends_with("tests.rs");
    let lines = text.lines().count();
    let limit = if is_test { TEST_LINES_MAX } else { LINES_MAX };
    if lines > limit {
        problems.push(format!("{name}: {lines} lines, more than {limit}"));
    }
    if !is_test && !text.starts_with("//!") {
        problems.push(format!("{name}: does not start by saying what it is (`//!`)"));
    }
    for (number, line) in text.lines().enumerate() {
        for note in NOTES {
            let is_word = line.split(|it: char| !it.is_ascii_alphanumeric()).any(|it| it == note);
            if is_word {
                problems.push(format!("{name}:{}: {note} belongs in an issue", number + 1));
            }
        }
    }
}

/// Every Rust file below `folder`.
pub fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if !path.ends_with("target") {
                found.extend(sources(&path)?);
            }
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}
