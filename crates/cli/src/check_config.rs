//! `authwarden check-config`: every problem of every file, not only the first.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use appconfig::{AppConfig, ConfigErrors, FeatureConfig, Secrets};

use crate::say;

pub fn run(files: &[PathBuf]) -> Result<()> {
    let mut wrong = 0;
    for file in files {
        match check(file)? {
            Ok(()) => say::line(&format!("{}: valid", file.display())),
            Err(errors) => {
                wrong += 1;
                say::line(&format!("{}:\n{errors}", file.display()));
            }
        }
    }
    match wrong {
        0 => Ok(()),
        1 => bail!("one file is not valid"),
        _ => bail!("{wrong} files are not valid"),
    }
}

/// What a file is follows from its name; `authgear.yaml` when the name says nothing.
fn check(file: &Path) -> Result<Result<(), ConfigErrors>> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let text = read(file)?;
    let name = file.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    if name.contains("features") {
        return Ok(FeatureConfig::parse(&text).map(drop));
    }
    if name.contains("secrets") {
        // Which secrets are required depends on what the project uses.
        let beside = file.with_file_name("authgear.yaml");
        let config = AppConfig::parse(&read(&beside)?).map_err(|errors| {
            anyhow::anyhow!("{} is not valid, and this depends on it:\n{errors}", beside.display())
        })?;
        return Ok(Secrets::parse(&text, &config).map(drop));
    }
    Ok(AppConfig::parse(&text).map(drop))
}
