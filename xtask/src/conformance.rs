//! The behaviour cases: our own on both engines, then the corpus where it is there.

use std::path::PathBuf;

use anyhow::Result;

use crate::run::{Step, binary, cargo, root, say, target};

/// Where the corpus lies beside the project, unless the environment says where else.
const CORPUS: &str = "../shared/conformance";

pub fn run(arguments: &[String]) -> Result<()> {
    cargo(&["build", "--release", "-p", "cli"]).run()?;
    cargo(&["build", "-p", "conformance"]).run()?;
    for engine in ["sqlite", "postgres"] {
        runner(&["--cases", "conformance/cases", "--engine", engine]).run()?;
    }
    let Some(corpus) = corpus() else {
        say("there is no corpus of behaviour cases on this machine: only our own were run");
        return Ok(());
    };
    let cases = corpus.join("cases").display().to_string();
    let mut all = vec!["--cases", &cases, "--ratchet", "conformance"];
    all.extend(["--document", "docs/conformance.md"]);
    all.extend(arguments.iter().map(String::as_str));
    runner(&all).run()
}

fn runner(arguments: &[&str]) -> Step {
    let program = target().join("debug/conformance").display().to_string();
    let server = binary("release").display().to_string();
    Step::new(&program, &[&["--binary", &server], arguments].concat())
}

#[expect(clippy::disallowed_methods, reason = "a program of its own, configured this way")]
fn corpus() -> Option<PathBuf> {
    let named = std::env::var("AUTHWARDEN_CONFORMANCE").map(PathBuf::from);
    let corpus = named.unwrap_or_else(|_| root().join(CORPUS));
    corpus.join("cases").is_dir().then_some(corpus)
}
