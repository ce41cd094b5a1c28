//! Measures the release binary, beside what the same machine does with nothing to do.
//!
//! Throughput is noise on a shared machine; the processor time that a request costs is not.
//! Every workload is therefore reported as processor time per 1,000 requests, the median of
//! several rounds, and as a ratio to an axum server that answers hello.
//!
//! Run through `cargo xtask bench`, which builds the binary and starts the services.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures for people to read"
)]

mod client;
mod floor;
mod load;
mod process;
mod report;
mod server;
mod sign_in;
mod workloads;

use std::io::Write as _;

use anyhow::{Context as _, Result, bail};

use crate::report::Table;
use crate::server::{Engine, Server};
use crate::workloads::Workload;

/// How long and how often; smaller numbers for a quick look.
#[derive(Clone, Copy, Debug)]
struct Plan {
    rounds: usize,
    seconds: u64,
    people: usize,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|it| it == "floor") {
        return floor::serve();
    }
    let quick = arguments.iter().any(|it| it == "--quick");
    if let Some(unknown) = arguments.iter().find(|it| *it != "--quick") {
        bail!("unknown argument {unknown}; there is --quick");
    }
    let plan = if quick {
        Plan { rounds: 2, seconds: 2, people: 50 }
    } else {
        Plan { rounds: 5, seconds: 5, people: 500 }
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(run(plan))
}

async fn run(plan: Plan) -> Result<()> {
    let mut table = Table::new(floor::measure(plan).await?);
    for engine in Engine::available() {
        say(&format!("measuring on {engine}"));
        measure(plan, engine, &mut table).await.with_context(|| format!("on {engine}"))?;
    }
    let _ = writeln!(std::io::stdout(), "{}", table.to_markdown());
    Ok(())
}

/// All workloads on one engine, one after the other, in interleaved rounds.
async fn measure(plan: Plan, engine: Engine, table: &mut Table) -> Result<()> {
    let server = Server::start(engine).await?;
    table.start(engine, server.ready_ms, server.memory_kib());
    let prepared = workloads::prepare(&server, plan.people).await?;
    let mut rounds: Vec<(Workload, Vec<load::Round>)> =
        Workload::ALL.into_iter().map(|it| (it, Vec::new())).collect();
    for number in 0..plan.rounds {
        for (workload, results) in &mut rounds {
            let round = workload.run(&server, &prepared, plan.seconds).await?;
            // The first round warms up.
            if number > 0 {
                results.push(round);
            }
        }
    }
    for (workload, results) in &rounds {
        table.add(engine, workload.name(), results);
    }
    table.end(engine, server.memory_kib());
    server.stop().await
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "  · {text}");
}
