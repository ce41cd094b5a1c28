//! A closed loop over some connections for some seconds, and what it cost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::client::Connection;
use crate::server::Server;

/// What one round of one workload came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Round {
    pub requests: u64,
    pub errors: u64,
    pub seconds: f64,
    /// Of the server and of its database.
    pub processor_seconds: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
}

impl Round {
    /// Processor time of one request.
    pub fn processor_ms(&self) -> f64 {
        self.processor_seconds * 1e3 / self.requests.max(1) as f64
    }

    pub fn per_second(&self) -> f64 {
        self.requests as f64 / self.seconds
    }
}

/// One connection's work: makes the `n`th request of worker `w`, and says whether it went well.
pub trait Worker: Send + Sync + 'static {
    fn turn(
        &self,
        connection: &mut Connection,
        worker: usize,
        turn: u64,
    ) -> impl Future<Output = Result<bool>> + Send;
}

/// Runs `workers` loops for `seconds`.
pub async fn run<W: Worker>(
    server: &Server,
    work: Arc<W>,
    workers: usize,
    seconds: u64,
) -> Result<Round> {
    let before = server.processor_seconds()?;
    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..workers {
        let (work, port) = (work.clone(), server.port);
        tasks.spawn(async move {
            let mut connection = Connection::open(port).await?;
            let (mut latencies, mut errors) = (Vec::new(), 0);
            let mut turn = 0;
            while Instant::now() < end {
                let began = Instant::now();
                if !work.turn(&mut connection, worker, turn).await? {
                    errors += 1;
                }
                latencies.push(began.elapsed());
                turn += 1;
            }
            anyhow::Ok((latencies, errors))
        });
    }
    let (mut latencies, mut errors) = (Vec::new(), 0);
    while let Some(task) = tasks.join_next().await {
        let (own, failed) = task??;
        latencies.extend(own);
        errors += failed;
    }
    latencies.sort_unstable();
    Ok(Round {
        requests: latencies.len() as u64,
        errors,
        seconds: start.elapsed().as_secs_f64(),
        processor_seconds: server.processor_seconds()? - before,
        p50_ms: percentile_ms(&latencies, 0.5),
        p99_ms: percentile_ms(&latencies, 0.99),
    })
}

/// The latency that a share of all requests stays below, of sorted ones.
pub fn percentile_ms(sorted: &[Duration], share: f64) -> f64 {
    let index = (sorted.len() as f64 * share) as usize;
    let at = sorted.get(index.min(sorted.len().saturating_sub(1)));
    at.map_or(0.0, |it| it.as_secs_f64() * 1e3)
}
