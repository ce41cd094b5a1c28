//! The raw figures, as they are kept.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::load::Round;
use crate::plan::Plan;
use crate::process;

#[derive(Debug, Serialize, Deserialize)]
pub struct Results {
    pub measured_at: String,
    /// Of the server under test.
    pub cores: usize,
    pub load_average: String,
    pub rounds: usize,
    pub seconds: u64,
    pub engines: Vec<Measured>,
}

/// Everything that was measured on one engine.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    pub engine: String,
    pub people: usize,
    pub disk_bytes_per_person: f64,
    pub starts: Vec<Start>,
    pub memory: Memory,
    pub floor: FloorRounds,
    pub workloads: Vec<RoundsOf>,
    pub storm: Option<Storm>,
    pub durability: Option<Durability>,
}

/// Times from `exec` on, in milliseconds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Start {
    pub what: String,
    pub ready_ms: Vec<f64>,
    pub login_page_ms: Vec<f64>,
    pub memory_kib: u64,
}

/// In KiB.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Memory {
    pub idle: u64,
    pub after_load: u64,
    pub after_storm: u64,
    pub highest: u64,
}

/// What nobody can go below, measured between the workloads.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct FloorRounds {
    pub hello: Vec<Round>,
    pub hello_memory_kib: u64,
    /// One argon2id hash with the default parameters.
    pub hash_ms: Vec<f64>,
    /// One RS256 signature with 2,048 bits.
    pub signature_ms: Vec<f64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct RoundsOf {
    pub workload: String,
    pub connections: usize,
    pub rounds: Vec<Round>,
}

/// A steady stream of session checks, alone and beside a storm of sign-ins; in turns.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Storm {
    pub checks_per_second: u64,
    pub sign_ins_at_once: usize,
    #[serde(default)]
    pub sign_ins_too_many: usize,
    pub quiet_p99_ms: Vec<f64>,
    pub beside_p99_ms: Vec<f64>,
    pub errors: u64,
    pub signed_in: u64,
    pub refused: u64,
    pub failed: u64,
    pub refused_p99_ms: f64,
}

/// What a durable write costs the disk.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Durability {
    pub refreshes: u64,
    pub commits: u64,
    /// What the disk can do with nothing else to do.
    pub probe_syncs_per_second: f64,
}

impl Durability {
    pub fn commits_per_refresh(&self) -> f64 {
        self.commits as f64 / self.refreshes.max(1) as f64
    }
}

impl RoundsOf {
    pub fn new(workload: &str, connections: usize) -> Self {
        Self { workload: workload.to_owned(), connections, rounds: Vec::new() }
    }
}

impl Results {
    pub fn new(plan: &Plan) -> Self {
        Self {
            measured_at: stdx::Timestamp::from_clock().to_rfc3339(),
            cores: crate::cores::of_server(),
            load_average: process::load(),
            rounds: plan.rounds - 1,
            seconds: plan.seconds,
            engines: Vec::new(),
        }
    }

    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(path, text).with_context(|| path.display().to_string())
    }

    /// One run's engines beside another's.
    pub fn merged(all: Vec<Self>) -> Result<Self> {
        let mut all = all.into_iter();
        let Some(mut first) = all.next() else { bail!("report needs a file") };
        first.engines.extend(all.flat_map(|it| it.engines));
        Ok(first)
    }
}
