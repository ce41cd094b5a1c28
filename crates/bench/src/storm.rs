//! Whether sign-ins keep others waiting: a steady stream of session checks, alone and beside
//! five hundred people who sign in without a pause. Then more of them than may wait for their
//! turn: how soon the others are told to come back, which they do after a second or so.
//!
//! The stream is open: a check that is late because the one before it took long is late all the
//! same, and counts from when it should have been made.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;

use crate::client::Connection;
use crate::load::percentile_ms;
use crate::people::People;
use crate::plan::Plan;
use crate::results::Storm;
use crate::server::Server;
use crate::sign_in::{self, Tried};
use crate::workloads::{Prepared, pick};

const CHECKS_PER_SECOND: u64 = 2_000;
const CONNECTIONS: u64 = 32;
const SIGN_INS_AT_ONCE: usize = 500;

/// More than the server lets wait by default.
const SIGN_INS_TOO_MANY: usize = 900;

/// Until everybody is in the queue: all of them come in the same moment, which is nobody's storm.
const ARRIVAL: Duration = Duration::from_secs(1);

/// How long somebody waits at least who was told to come back, and at most twice that: people do
/// not come back all in the same moment.
const COME_BACK: Duration = Duration::from_millis(700);

pub async fn measure(server: &Server, prepared: &Prepared, plan: &Plan) -> Result<Storm> {
    let mut storm = Storm {
        checks_per_second: CHECKS_PER_SECOND,
        sign_ins_at_once: SIGN_INS_AT_ONCE,
        ..Storm::default()
    };
    let people = &prepared.people;
    for _ in 1..plan.rounds {
        let quiet = checks(server.port, people, plan.seconds, &mut storm.errors).await?;
        storm.quiet_p99_ms.push(quiet);
        let rain = Rain::start(server.port, people, SIGN_INS_AT_ONCE);
        tokio::time::sleep(ARRIVAL).await;
        let p99 = checks(server.port, people, plan.seconds, &mut storm.errors).await?;
        storm.beside_p99_ms.push(p99);
        storm.count(&rain.stop().await?);
    }
    let rain = Rain::start(server.port, people, SIGN_INS_TOO_MANY);
    tokio::time::sleep(ARRIVAL + Duration::from_secs(plan.seconds)).await;
    let tried = rain.stop().await?;
    storm.count(&tried);
    let refused = tried.iter().filter(|(outcome, _)| *outcome == Tried::Refused);
    let mut refused: Vec<Duration> = refused.map(|(_, latency)| *latency).collect();
    refused.sort_unstable();
    storm.sign_ins_too_many = SIGN_INS_TOO_MANY;
    storm.refused_p99_ms = percentile_ms(&refused, 0.99);
    Ok(storm)
}

impl Storm {
    fn count(&mut self, tried: &[(Tried, Duration)]) {
        let count = |which| tried.iter().filter(|it| it.0 == which).count() as u64;
        self.signed_in += count(Tried::SignedIn);
        self.refused += count(Tried::Refused);
        self.failed += count(Tried::Failed);
    }
}

/// People who sign in, on a thread of its own so that they do not delay the stream on our side.
struct Rain {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Result<Vec<(Tried, Duration)>>>,
}

impl Rain {
    fn start(port: u16, people: &People, count: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (people, stop_there) = (people.clone(), stop.clone());
        let thread = std::thread::spawn(move || rain(port, &people, &stop_there, count));
        Self { stop, thread }
    }

    /// What everybody met, once the last of them has an answer.
    async fn stop(self) -> Result<Vec<(Tried, Duration)>> {
        self.stop.store(true, Ordering::Relaxed);
        let tried = tokio::task::spawn_blocking(move || self.thread.join()).await?;
        tried.ok().context("the storm panicked")?
    }
}

/// The stream; the 99th percentile of how long an answer took.
async fn checks(port: u16, people: &People, seconds: u64, errors: &mut u64) -> Result<f64> {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for lane in 0..CONNECTIONS {
        let people = people.clone();
        tasks.spawn(async move {
            let mut connection = Connection::open(port).await?;
            let (mut latencies, mut errors, mut free_since) = (Vec::new(), 0, start);
            for number in (lane..seconds * CHECKS_PER_SECOND).step_by(CONNECTIONS as usize) {
                let due = start + Duration::from_secs(1) * number as u32 / CHECKS_PER_SECOND as u32;
                tokio::time::sleep_until(due.into()).await;
                // A timer that rang late is our own lateness, not the server's.
                let from = if free_since > due { due } else { Instant::now() };
                let cookie = people.person(pick(number, people.count())).cookie;
                let answer = connection.get("/_resolver/resolve", &[("cookie", &cookie)]).await?;
                errors += u64::from(!answer.headers.contains_key("x-authgear-user-id"));
                free_since = Instant::now();
                latencies.push(from.elapsed());
            }
            anyhow::Ok((latencies, errors))
        });
    }
    let mut latencies = Vec::new();
    while let Some(lane) = tasks.join_next().await {
        let (own, failed) = lane??;
        latencies.extend(own);
        *errors += failed;
    }
    latencies.sort_unstable();
    Ok(percentile_ms(&latencies, 0.99))
}

fn rain(
    port: u16,
    people: &People,
    stop: &Arc<AtomicBool>,
    count: usize,
) -> Result<Vec<(Tried, Duration)>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let everybody_is_there = Instant::now() + ARRIVAL;
        let mut tasks = JoinSet::new();
        for worker in 0..count {
            let (people, stop) = (people.clone(), stop.clone());
            tasks.spawn(async move {
                let mut connection = Connection::open(port).await?;
                let (mut tried, mut turn) = (Vec::new(), 0);
                while !stop.load(Ordering::Relaxed) {
                    let number = (worker * 1_000_003 + turn) as u64;
                    let name = people.person(pick(number, people.count())).name;
                    let (outcome, latency) = sign_in::try_password(&mut connection, &name).await?;
                    if Instant::now() > everybody_is_there {
                        tried.push((outcome, latency));
                    }
                    turn += 1;
                    if outcome == Tried::Refused {
                        let later = pick(number, 100) as u32;
                        tokio::time::sleep(COME_BACK + COME_BACK * later / 100).await;
                    }
                }
                anyhow::Ok(tried)
            });
        }
        let mut tried = Vec::new();
        while let Some(worker) = tasks.join_next().await {
            tried.extend(worker??);
        }
        Ok(tried)
    })
}
