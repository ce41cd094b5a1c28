//! Builds the release binary and hands it to the bench program.

use anyhow::Result;
use services::Services;

use crate::run::{Step, binary, cargo, target};

pub fn run(arguments: &[String]) -> Result<()> {
    cargo(&["build", "--release", "-p", "cli", "-p", "bench"]).run()?;
    let services = Services::start()?;
    let program = target().join("release/bench");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Step::new(&program.display().to_string(), &arguments)
        .env("AUTHWARDEN_BIN", binary("release"))
        .env("TEST_POSTGRES", services.postgres_url())
        .env("TEST_REDIS", services.redis_url())
        .run()
}
