//! The figures that the project has set itself, and how far off they are.

use crate::report::median;
use crate::results::{Durability, Measured, Start};

/// What one argon2id hash needs besides, for each thread that hashes.
const HASH_MB: f64 = 19.0;

/// One figure.
pub struct Goal {
    pub name: &'static str,
    pub what: &'static str,
    pub unit: &'static str,
    pub measured: f64,
    /// What has to be reached, and what we want.
    pub must: f64,
    pub wanted: f64,
}

/// Every figure for which there is a measurement.
pub fn goals(measured: &Measured, cores: usize) -> Vec<Goal> {
    let hello = median(measured.floor.hello.iter().map(crate::load::Round::processor_ms));
    let hash = median(measured.floor.hash_ms.iter().copied());
    let cost = |words: &str| {
        let found = measured.workloads.iter().find(|it| it.workload.starts_with(words));
        found.map(|it| median(it.rounds.iter().map(crate::load::Round::processor_ms)))
    };
    let page = |what: &str| {
        let found = measured.starts.iter().find(|it| it.what == what);
        found.map(|it: &Start| median(it.login_page_ms.iter().copied()))
    };
    let mb = |kib: u64| (kib > 0).then_some(kib as f64 / 1024.0);
    let storm = measured.storm.as_ref().map(|it| {
        let [quiet, storm] =
            [&it.quiet_p99_ms, &it.beside_p99_ms].map(|it| median(it.iter().copied()));
        storm / quiet
    });
    let refused = measured.storm.as_ref().filter(|it| it.refused > 0).map(|it| it.refused_p99_ms);
    let durability = measured.durability.as_ref();
    let hashing = HASH_MB * cores as f64;
    let commits = durability.map(Durability::commits_per_refresh);
    let beside_hash = cost("sign-in").map(|it| it - hash);
    let [discovery, jwks] = ["discovery", "JWKS"].map(|it| cost(it).map(|it| it / hello));
    let (idle, loaded) = (mb(measured.memory.idle), mb(measured.memory.after_load));
    let all = [
        goal("P1", "resolver, random sessions", "ms", (0.09, 0.045), cost("resolver, opaque")),
        goal("P2", "userinfo", "ms", (0.12, 0.06), cost("userinfo, opaque")),
        goal("P4", "refresh", "ms", (0.6, 0.4), cost("refresh")),
        goal("P4", "commits of a refresh", "", (0.25, 0.1), commits),
        goal("P5", "sign-in beside its hash", "ms", (4.0, 2.0), beside_hash),
        goal("P7", "discovery", "× hello", (2.5, 1.6), discovery),
        goal("P7", "JWKS", "× hello", (2.5, 1.6), jwks),
        goal("P8", "p99 in a storm of sign-ins", "× quiet", (5.0, 2.0), storm),
        goal("P8", "p99 of being told to come back", "ms", (50.0, 50.0), refused),
        goal("P14", "sign-in page, first start", "ms", (150.0, 30.0), page("first")),
        goal("P14", "sign-in page, everybody there", "ms", (150.0, 60.0), page("again")),
        goal("P14", "sign-in page, after kill -9", "ms", (250.0, 250.0), page("after kill -9")),
        goal("P15", "memory, idle", "MB", (40.0, 25.0), idle),
        goal("P15", "memory after the load", "MB", (96.0 + hashing, 60.0 + hashing), loaded),
        goal("P17", "disk for a signed-in person", "kB", (3.0, 1.5), disk(measured)),
    ];
    all.into_iter().flatten().collect()
}

fn goal(
    name: &'static str,
    what: &'static str,
    unit: &'static str,
    (must, wanted): (f64, f64),
    measured: Option<f64>,
) -> Option<Goal> {
    Some(Goal { name, what, unit, measured: measured?, must, wanted })
}

fn disk(measured: &Measured) -> Option<f64> {
    let kilobytes = measured.disk_bytes_per_person / 1000.0;
    // The file's own overhead says nothing about people where there are few.
    (measured.people >= 10_000 && kilobytes > 0.0).then_some(kilobytes)
}
