//! Measures the release binary, beside what the same machine does with nothing to do.
//!
//! Throughput is noise on a shared machine; the processor time that a request costs is not.
//! Every workload is therefore reported as processor time a request, the median of several
//! rounds, and as a ratio to an axum server that answers hello in a round of its own between
//! them. What is measured, and against which figures, is in `docs/benchmarks.md`.
//!
//! Run through `cargo xtask bench`, which builds the binaries and starts the services.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "figures for people to read"
)]

mod bulk;
mod client;
mod cores;
mod durability;
mod floor;
mod goals;
mod load;
mod people;
mod plan;
mod process;
mod report;
mod results;
mod server;
mod sign_in;
mod start;
mod storm;
mod workloads;

use std::io::Write as _;

use anyhow::{Context as _, Result};

use crate::floor::Floor;
use crate::people::People;
use crate::plan::{Plan, Task};
use crate::results::{Measured, Memory, Results, RoundsOf};
use crate::server::{Engine, Server, Site};
use crate::workloads::{Prepared, Workload};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match Task::parse(&arguments)? {
        Task::Floor { port } => floor::serve(port),
        Task::Report { files } => {
            let results: Result<Vec<_>> = files.iter().map(|it| Results::read(it)).collect();
            print(&report::markdown(&Results::merged(results?)?))
        }
        Task::Measure(plan) => {
            cores::share();
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()?;
            let results = runtime.block_on(run(&plan))?;
            results.write(&plan.json)?;
            say(&format!("raw figures are in {}", plan.json.display()));
            print(&report::markdown(&results))
        }
    }
}

async fn run(plan: &Plan) -> Result<Results> {
    let mut results = Results::new(plan);
    for engine in plan.engines.clone() {
        say(&format!("measuring on {engine}"));
        let measured = measure(plan, engine).await.with_context(|| format!("on {engine}"))?;
        results.engines.push(measured);
    }
    Ok(results)
}

/// Everything on one engine: starts, then the workloads in interleaved rounds, then what needs
/// a server of its own.
async fn measure(plan: &Plan, engine: Engine) -> Result<Measured> {
    let site = Site::create(engine)?;
    let mut starts = vec![start::first(&site).await?];
    let people = People::create(&site, plan).await?;
    starts.extend(start::again(&site, &people, plan).await?);
    let disk_bytes_per_person = site.disk_bytes() as f64 / people.count() as f64;

    let server = Server::start(&site).await?;
    let mut memory = Memory { idle: server.memory_kib(), ..Memory::default() };
    let prepared = Prepared::new(&server, people.clone(), plan).await?;
    let floor = Floor::start().await?;
    let (floor, workloads) = rounds(plan, &server, &prepared, floor).await?;
    memory.after_load = server.memory_kib();
    memory.highest = server.memory_highest_kib();
    let storm = if plan.wants("storm") {
        Some(storm::measure(&server, &prepared, plan).await?)
    } else {
        None
    };
    memory.after_storm = server.memory_kib();
    server.stop().await?;
    let durability = if plan.wants("durability") && engine == Engine::Sqlite {
        Some(durability::measure(&site, &prepared, plan).await?)
    } else {
        None
    };
    let mut measured = Measured {
        engine: engine.to_string(),
        people: people.count(),
        disk_bytes_per_person,
        starts,
        memory,
        floor,
        workloads,
        storm,
        durability,
    };
    measured.workloads.retain(|it| !it.rounds.is_empty());
    Ok(measured)
}

/// The floor and every workload, one after the other, again and again.
async fn rounds(
    plan: &Plan,
    server: &Server,
    prepared: &Prepared,
    mut floor: Floor,
) -> Result<(results::FloorRounds, Vec<RoundsOf>)> {
    let mut workloads: Vec<(Workload, RoundsOf)> = Workload::ALL
        .into_iter()
        .filter(|it| plan.wants(it.name()))
        .map(|it| (it, RoundsOf::new(it.name(), it.connections())))
        .collect();
    for number in 0..plan.rounds {
        say(&format!("round {number} of {}; load average {}", plan.rounds - 1, process::load()));
        floor.round(plan, number > 0).await?;
        for (workload, of) in &mut workloads {
            let round = workload.run(server, prepared, plan.seconds).await?;
            // The first round warms up.
            if number > 0 {
                of.rounds.push(round);
            }
        }
    }
    Ok((floor.end(), workloads.into_iter().map(|it| it.1).collect()))
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "  · {text}");
}

fn print(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}
