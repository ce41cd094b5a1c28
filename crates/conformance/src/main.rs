//! `cargo run -p conformance -- --cases DIR`: runs behaviour cases against the server.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum as _};
use conformance::case::{Case, Glob, load};
use conformance::config::Base;
use conformance::fakes::Fakes;
use conformance::helper::Helper;
use conformance::ratchet::{self, Ratchet};
use conformance::report::{self, Format};
use conformance::run::Outcome;
use conformance::server::{Engine, Server};
use conformance::suite::{Finished, run_all};
use conformance::world::{Patience, World};
use conformance::{isolate, secrets};
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
    /// Write the outcomes to a file, in a format: json or junit
    #[arg(long, num_args = 2, value_names = ["FORMAT", "FILE"])]
    report: Option<Vec<String>>,
    /// Folder with passing.txt and not-yet.txt: only what is listed there has to pass
    #[arg(long, value_name = "DIR")]
    ratchet: Option<PathBuf>,
    /// Document with the table that follows from the lists
    #[arg(long, value_name = "FILE", requires = "ratchet")]
    document: Option<PathBuf>,
    /// Add what passes now to the list, and write the table anew
    #[arg(long, requires = "ratchet")]
    bless: bool,
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
    let ids: Vec<String> = cases.iter().map(|it| it.id.clone()).collect();
    cases.retain(|case| filter.matches(&case.id));
    broken.retain(|it| filter.matches(&it.id));
    for it in &broken {
        say(&format!("✗ {} cannot be read: {}", it.id, it.problem));
    }
    say(&format!("{} cases", cases.len()));
    let finished = run_cases(arguments, cases).await?;
    for failure in finished.iter().filter_map(report::failure) {
        line(&failure);
    }
    line(&report::table(&finished));
    if let Some([format, file]) = arguments.report.as_deref() {
        let format = Format::from_str(format, true).map_err(anyhow::Error::msg)?;
        std::fs::write(file, report::write(format, &finished))
            .with_context(|| format!("cannot write {file}"))?;
    }
    Ok(broken.is_empty() && judge(arguments, &ids, &finished)?)
}

async fn run_cases(arguments: &Arguments, cases: Vec<Case>) -> Result<Vec<Finished>> {
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
    let mut server = server.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(ended) = server.ended() {
        say(&format!("{ended}\n{}", server.last_words()));
    }
    Ok(finished)
}

/// Whether what had to pass has passed: what is listed, or everything where there is no list.
fn judge(arguments: &Arguments, ids: &[String], finished: &[Finished]) -> Result<bool> {
    let crashed = finished.iter().any(|it| matches!(it.outcome, Outcome::Crashed(_)));
    let Some(folder) = &arguments.ratchet else {
        return Ok(
            !crashed && !finished.iter().any(|it| matches!(it.outcome, Outcome::Failed { .. }))
        );
    };
    let mut ratchet = Ratchet::load(folder)?;
    let broken = ratchet.broken(finished);
    for it in &broken {
        say(&format!("✗ {} used to pass", it.id));
    }
    let is_held = broken.is_empty() && !crashed;
    for id in ratchet.unknown(ids) {
        say(&format!("✗ {id} is listed, and there is no such case"));
    }
    if arguments.bless {
        ratchet.bless(finished)?;
    } else {
        for id in ratchet.gained(finished) {
            say(&format!("+ {id} passes and is not listed: --bless adds it"));
        }
    }
    let is_current = document(arguments, &ratchet.table(ids))?;
    Ok(is_held && ratchet.unknown(ids).is_empty() && is_current)
}

/// Whether the document shows the table as it is now; with `--bless` it is made to.
fn document(arguments: &Arguments, table: &str) -> Result<bool> {
    let Some(path) = &arguments.document else { return Ok(true) };
    let before =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let after = ratchet::with_table(&before, table)?;
    if arguments.bless {
        std::fs::write(path, &after)?;
    } else if before != after {
        say(&format!("✗ the table in {} is not current: --bless writes it", path.display()));
        return Ok(false);
    }
    Ok(true)
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
        proxy: Fakes::proxy(),
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
