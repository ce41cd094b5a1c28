//! The table of `docs/benchmarks.md`.

use std::fmt::Write as _;

use crate::floor::Floor;
use crate::load::Round;
use crate::server::Engine;

/// Everything that was measured.
pub struct Table {
    floor: Floor,
    lines: Vec<String>,
    processes: Vec<String>,
}

impl Table {
    pub fn new(floor: Floor) -> Self {
        Self { floor, lines: Vec::new(), processes: Vec::new() }
    }

    pub fn start(&mut self, engine: Engine, ready_ms: f64, memory_kib: u64) {
        self.processes.push(format!(
            "| {engine} | {ready_ms:.0} ms | {:.1} MB |",
            memory_kib as f64 / 1024.0
        ));
    }

    pub fn end(&mut self, engine: Engine, memory_kib: u64) {
        let start = format!("| {engine} ");
        let line = self.processes.iter_mut().find(|line| line.starts_with(&start));
        if let Some(line) = line {
            let _ = write!(line, " {:.1} MB |", memory_kib as f64 / 1024.0);
        }
    }

    pub fn add(&mut self, engine: Engine, workload: &str, rounds: &[Round]) {
        let of = |value: fn(&Round) -> f64| median(&rounds.iter().map(value).collect::<Vec<_>>());
        let cost = of(Round::processor_ms_per_thousand);
        let errors: u64 = rounds.iter().map(|it| it.errors).sum();
        self.lines.push(format!(
            "| {workload} | {engine} | {cost:.0} | {:.1} | {:.0} | {:.2} | {:.2} | {errors} |",
            cost / self.floor.hello_ms_per_thousand,
            of(Round::per_second),
            of(|it| it.p50_ms),
            of(|it| it.p99_ms),
        ));
    }

    pub fn to_markdown(&self) -> String {
        let Floor { hello_ms_per_thousand, hello_memory_kib, hash_ms, signature_ms } = &self.floor;
        let hello_memory = *hello_memory_kib as f64 / 1024.0;
        format!(
            "| floor | |\n|---|---|\n\
             | hello on axum, processor ms per 1,000 | {hello_ms_per_thousand:.1} |\n\
             | its memory | {hello_memory:.1} MB |\n\
             | one argon2id hash (19 MiB, 2 passes) | {hash_ms:.1} ms |\n\
             | one RS256 signature | {signature_ms:.2} ms |\n\n\
             | engine | ready after | memory at start | after the load |\n|---|---|---|---|\n{}\n\n\
             | workload | engine | processor ms per 1,000 | × hello | per second | p50 ms | p99 ms | errors |\n\
             |---|---|---|---|---|---|---|---|\n{}",
            self.processes.join("\n"),
            self.lines.join("\n"),
        )
    }
}

/// The middle value; the upper one of two.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
