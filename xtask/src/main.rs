//! Every task of the project, in Rust: `cargo xtask <task>`.

mod bench;
mod conformance;
mod install;
mod run;
mod tidy;

use anyhow::Result;
use clap::{Parser, Subcommand};
use services::Services;

use crate::run::{Step, cargo};

/// The project's tasks.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what the tests need, then run every check and every test
    Ci,
    /// Format, lints, tidy and the tests on the embedded engines: the daily loop
    Check,
    /// The tests; with --all-engines also on PostgreSQL and Redis
    Test {
        #[arg(long)]
        all_engines: bool,
    },
    /// The layers, the length and the headers of files, what must not be on main
    Tidy,
    /// The browser tests against the started binary
    E2e,
    /// The behaviour cases, ours and those of the corpus; arguments go to the runner
    Conformance {
        /// Handed to the runner, with the corpus
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measure the release binary; see docs/benchmarks.md
    Bench {
        /// Handed to the bench program
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Accept the snapshots as they are now
    Bless,
    /// Write what follows from the code again: docs/schemas/, docs/events.md
    Codegen,
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Ci => ci(),
        Task::Check => {
            lints()?;
            tests()
        }
        Task::Test { all_engines: false } => tests(),
        Task::Test { all_engines: true } => tests_on_services(),
        Task::Tidy => tidy::run(),
        Task::E2e => e2e(),
        Task::Conformance { arguments } => conformance::run(&arguments),
        Task::Bench { arguments } => bench::run(&arguments),
        // Tests compare these files with the code, so that CI notices when one is out of date.
        Task::Codegen => cargo(&["test", "-p", "cli", "-p", "events", "written_down"])
            .env("UPDATE_EXPECT", "1")
            .run(),
        Task::Bless => cargo(&["test", "--workspace"]).env("UPDATE_EXPECT", "1").run(),
    }
}

/// What CI runs, and what a newcomer runs once to know that everything works.
fn ci() -> Result<()> {
    install::everything()?;
    lints()?;
    tests()?;
    tests_on_services()?;
    e2e()?;
    conformance::run(&[])?;
    run::say("everything passed");
    Ok(())
}

fn lints() -> Result<()> {
    cargo(&["fmt", "--all", "--check"]).run()?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run()?;
    tidy::run()
}

fn tests() -> Result<()> {
    cargo(&["test", "--workspace"]).run()
}

/// The crates whose behaviour could depend on the engine, once more on the real ones.
fn tests_on_services() -> Result<()> {
    let services = Services::start()?;
    let mut tests = cargo(&["test", "-p", "store", "-p", "kv", "-p", "server"]);
    tests = tests.env("TEST_POSTGRES", services.postgres_url());
    tests.env("TEST_REDIS", services.redis_url()).run()
}

fn e2e() -> Result<()> {
    cargo(&["build", "-p", "cli"]).run()?;
    let services = Services::start()?;
    Step::new("npm", &["test", "--silent"])
        .dir("e2e")
        .env("AUTHWARDEN_BIN", run::binary("debug"))
        .env("TEST_POSTGRES", services.postgres_url())
        .env("TEST_REDIS", services.redis_url())
        .run()
}
