//! Finding case files and taking them apart.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::step::Step;
use super::{Case, Document};

/// Files whose names end like this hold cases; everything else is a fixture.
const SUFFIX: &str = "test.yaml";

/// A document that is not a case: what is wrong with it counts as a failure.
#[derive(Clone, Debug)]
pub struct Broken {
    pub id: String,
    pub problem: String,
}

/// A pattern for ids: `*` stands for anything, slashes too.
#[derive(Clone, Debug)]
pub struct Glob(regex::Regex);

impl Glob {
    pub fn parse(pattern: &str) -> Result<Self> {
        let pattern: Vec<String> = pattern.split('*').map(regex::escape).collect();
        let pattern = format!("^{}$", pattern.join(".*"));
        Ok(Self(regex::Regex::new(&pattern).context("the filter cannot be understood")?))
    }

    pub fn matches(&self, id: &str) -> bool {
        let without_number = id.rsplit_once('#').map_or(id, |(path, _)| path);
        self.0.is_match(id) || self.0.is_match(without_number)
    }
}

/// Every case below `root`, in the order of their ids.
pub fn load(root: &Path) -> Result<(Vec<Case>, Vec<Broken>)> {
    let mut files = Vec::new();
    collect(root, &mut files)?;
    files.sort();
    let (mut cases, mut broken) = (Vec::new(), Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let path = file.strip_prefix(root).unwrap_or(&file).display().to_string();
        let folder = file.parent().unwrap_or(root);
        // The split is textual: what follows the dashes on their line begins the next document.
        for (number, document) in text.split("\n---").enumerate() {
            let id = format!("{path}#{}", number + 1);
            match read(document) {
                Ok((document, steps)) => {
                    cases.push(Case { id, folder: folder.to_owned(), document, steps });
                }
                Err(error) => broken.push(Broken { id, problem: format!("{error:#}") }),
            }
        }
    }
    if cases.iter().any(|case| case.document.focus) {
        cases.retain(|case| case.document.focus);
    }
    Ok((cases, broken))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder);
    for entry in entries.with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        if path.is_dir() {
            collect(&path, files)?;
        } else if name.ends_with(SUFFIX) {
            files.push(path);
        }
    }
    Ok(())
}

fn read(text: &str) -> Result<(Document, Vec<Step>)> {
    let value: Value = serde_saphyr::from_str(text).context("this is not YAML")?;
    let document: Document = serde_json::from_value(value).context("this is not a case")?;
    let steps = document.steps.iter().enumerate();
    let steps: Result<Vec<Step>> = steps
        .map(|(number, step)| {
            Step::read(step, number).with_context(|| format!("step {}", number + 1))
        })
        .collect();
    let steps = steps?;
    let mut names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    names.sort_unstable();
    if let Some([name, _]) = names.array_windows().find(|[left, right]| left == right) {
        anyhow::bail!("two steps are called `{name}`");
    }
    Ok((document, steps))
}
