//! The `authwarden` binary: reads the command line, calls the server, says how it went.
//!
//! Without a subcommand it serves, so that `cargo run` is all it takes to try it.

mod arguments;
mod check_config;
mod init;
mod internal;
mod migrate;
mod say;
mod schema;
mod serve;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Arguments, Command};

/// Less work for each allocation than the system's, and memory that goes back when it is free.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Some(Command::ScriptWorker) => return server::run_script_worker(),
        None => serve::run(&arguments.serve),
        Some(Command::Serve(serve)) => serve::run(&serve),
        Some(Command::Init(init)) => init::run(init),
        Some(Command::Migrate(serve)) => migrate::run(&serve),
        Some(Command::CheckConfig { files }) => check_config::run(&files),
        Some(Command::Schema { document }) => schema::run(document),
        Some(Command::Internal(internal)) => internal::run(&internal),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests;
