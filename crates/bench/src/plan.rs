//! What to measure and for how long, from the command line.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::server::Engine;

/// What the program is asked to do.
pub enum Task {
    /// Answer hello on a port: the floor.
    Floor {
        port: u16,
    },
    /// Write tables of figures that were measured before.
    Report {
        files: Vec<PathBuf>,
    },
    Measure(Plan),
}

/// How much is measured; smaller numbers for a quick look.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The first one warms up and does not count.
    pub rounds: usize,
    pub seconds: u64,
    /// In the embedded database, all of them signed in.
    pub people: usize,
    /// Signed in through the front door: on every engine, for what cannot be loaded in bulk.
    pub sign_ins: usize,
    /// Starts of each kind.
    pub starts: usize,
    pub engines: Vec<Engine>,
    /// Words of which the name of a workload must contain one; all workloads when empty.
    pub only: Vec<String>,
    pub json: PathBuf,
}

const USAGE: &str = "--quick, --people N, --rounds N, --seconds N, --sqlite, --only WORDS, --json FILE, \
                     or: report FILE…";

impl Task {
    pub fn parse(arguments: &[String]) -> Result<Self> {
        match arguments.first().map(String::as_str) {
            Some("floor") => {
                let port = arguments.get(1).context("a port")?.parse()?;
                Ok(Self::Floor { port })
            }
            Some("report") => {
                Ok(Self::Report { files: arguments[1..].iter().map(PathBuf::from).collect() })
            }
            _ => Plan::parse(arguments).map(Self::Measure),
        }
    }
}

impl Plan {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut plan = if arguments.iter().any(|it| it == "--quick") {
            Self { rounds: 2, seconds: 2, people: 10_000, sign_ins: 50, starts: 3, ..Self::full() }
        } else {
            Self::full()
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().with_context(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--quick" => {}
                "--people" => plan.people = value()?.parse()?,
                "--rounds" => plan.rounds = value()?.parse::<usize>()?.max(2),
                "--seconds" => plan.seconds = value()?.parse()?,
                "--sqlite" => plan.engines = vec![Engine::Sqlite],
                "--only" => plan.only = value()?.split(',').map(str::to_owned).collect(),
                "--json" => plan.json = value()?.into(),
                unknown => bail!("unknown argument {unknown}; there is {USAGE}"),
            }
        }
        Ok(plan)
    }

    fn full() -> Self {
        Self {
            rounds: 6,
            seconds: 5,
            people: 1_000_000,
            sign_ins: 200,
            starts: 5,
            engines: Engine::available(),
            only: Vec::new(),
            json: std::env::temp_dir().join("authwarden-bench.json"),
        }
    }

    /// Whether something of this name is to be measured.
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|word| name.contains(word.as_str()))
    }
}
