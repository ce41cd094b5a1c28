//! `cargo run -p conformance -- --cases DIR`: runs behaviour cases against the server.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use clap::Parser;
use conformance::case::{Glob, load};
use conformance::config::Base;
use conformance::fakes::Fakes;
use conformance::helper::Helper;
use conformance::server::{Engine, Server};
use conformance::suite::{Finished, run_all};
use conformance::world::{Patience, World};
use conformance::{isolate, report, run, secrets};
use stdx::{Rng, Timestamp};

/// Runs behaviour cases against a server that it starts for them.
#[derive(Parser)]
struct Arguments {
    /// Folder with the cases
    #[arg(long, value_name = "DIR")]
    cases: PathBuf,
    /// Folder with the base configuration; `base` beside the cases when not given
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    /// Only cases whose path fits, such as 'login/*'
    #[arg(long, value_name = "GLOB", default_value = "*")]
    filter: String,
    /// What the server keeps its data in
    #[arg(long, value_enum, default_value_t = Engine::Postgres)]
    engine: Engine,
    /// Cases at the same time
    #[arg(long, default_value_t = 8, value_name = "N")]
    jobs: usize,
    /// Let pass what the original does not notice: an object that is none
    #[arg(long)]
    lenient_object: bool,
    /// The server's program
    #[arg(long, value_name = "FILE", default_value = "target/release/authwarden")]
    binary: PathBuf,
    /// How to call the helper; the server's own when not given
    #[arg(long, value_name = "COMMAND")]
    helper: Option<String>,
    /// Use the network of this machine, not one of the run's own
    #[arg(long)]
    shared_network: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !arguments.shared_network
        && let Some(problem) = isolate::enter()
    {
        say(&problem);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.context("cannot start").and_then(|it| it.block_on(conform(&arguments)));
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether everything passed that was asked for.
async fn conform(arguments: &Arguments) -> Result<bool> {
    let filter = Glob::parse(&arguments.filter)?;
    let (mut cases, mut broken) = load(&arguments.cases)?;
    cases.retain(|case| filter.matches(&case.id));
    broken.retain(|it| filter.matches(&it.id));
    for it in &broken {
        say(&format!("✗ {} cannot be read: {}", it.id, it.problem));
    }
    say(&format!("{} cases", cases.len()));
    let beside = || arguments.cases.parent().map(|it| it.join("base")).unwrap_or_default();
    let base = arguments.base.clone().unwrap_or_else(beside);
    let fakes = Fakes::start(&base.join("oidc-mock-public.jwk.json")).await?;
    let server = Server::start(&arguments.binary, arguments.engine, &fakes.authority).await?;
    let world = Arc::new(world(arguments, &base, &server, &fakes)?);
    let server = Arc::new(Mutex::new(server));
    let pulse = {
        let server = server.clone();
        move || server.lock().unwrap_or_else(PoisonError::into_inner).ended()
    };
    let progress = Arc::new(|done: &Finished| say(&report::line(done)));
    let finished = run_all(world, cases, arguments.jobs, progress, Arc::new(pulse)).await;
    for failure in finished.iter().filter_map(report::failure) {
        line(&failure);
    }
    line(&report::table(&finished));
    let is_bad = |it: &Finished| {
        matches!(it.outcome, run::Outcome::Failed { .. } | run::Outcome::Crashed(_))
    };
    Ok(broken.is_empty() && !finished.iter().any(is_bad))
}

fn world(arguments: &Arguments, base: &Path, server: &Server, fakes: &Fakes) -> Result<World> {
    let rng = Rng::system();
    let secrets =
        secrets::generate(&rng, Timestamp::from_clock(), "postgres://unused", "redis://unused")?;
    let own = format!("{} internal", arguments.binary.display());
    let helper = arguments.helper.as_deref().unwrap_or(&own);
    Ok(World {
        addresses: Server::addresses(),
        database: server.database()?,
        helper: Helper::new(helper, server.environment.clone())?,
        base: Base::new(base, secrets.file),
        keys: secrets.keys,
        rng,
        patience: Patience::default(),
        hooks: fakes.hooks.clone(),
        mails: fakes.mails.clone(),
        proxy_ca: Some(server.ca.clone()),
        is_lenient: arguments.lenient_object,
    })
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
