//! Running a program and telling how it went.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

/// A program to run from the root of the project.
pub struct Step {
    name: String,
    command: Command,
}

impl Step {
    pub fn new(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(root());
        Self { name: format!("{program} {}", arguments.join(" ")), command }
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    #[must_use]
    pub fn dir(mut self, below_root: &str) -> Self {
        self.command.current_dir(root().join(below_root));
        self
    }

    /// Runs it to its end; anything but success is an error.
    pub fn run(mut self) -> Result<()> {
        say(&self.name);
        let start = Instant::now();
        let status = self.command.status();
        let status = status.with_context(|| format!("cannot start `{}`", self.name))?;
        if !status.success() {
            bail!("`{}` failed", self.name);
        }
        say(&format!("{} took {:.0} s", self.name, start.elapsed().as_secs_f64()));
        Ok(())
    }
}

pub fn cargo(arguments: &[&str]) -> Step {
    Step::new("cargo", arguments)
}

/// Says what is being done, apart from what the programs print.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "▸ {text}");
}

/// The root of the project.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().expect("xtask is in the project").to_owned()
}

/// Where builds go.
#[expect(clippy::disallowed_methods, reason = "cargo says it this way")]
pub fn target() -> PathBuf {
    std::env::var("CARGO_TARGET_DIR").map_or_else(|_| root().join("target"), PathBuf::from)
}

/// The binary of a profile's folder.
pub fn binary(profile: &str) -> PathBuf {
    target().join(profile).join("authwarden")
}
