//! Builds the binary that is handed out and gives it to the bench program.

use anyhow::Result;
use services::Services;

use crate::run::{Step, binary, cargo, target};

pub fn run(arguments: &[String]) -> Result<()> {
    // As it is handed out; the bench program itself need not be.
    cargo(&["build", "--profile", "dist", "-p", "cli"]).run()?;
    cargo(&["build", "--release", "-p", "bench"]).run()?;
    let services = Services::start()?;
    let program = target().join("release/bench");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Step::new(&program.display().to_string(), &arguments)
        .env("AUTHWARDEN_BIN", binary("dist"))
        .env("TEST_POSTGRES", services.postgres_url())
        .env("TEST_REDIS", services.redis_url())
        .run()
}
