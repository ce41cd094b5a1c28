//! How many waits for the disk a durable write costs, with sixty-four writers at a time.
//!
//! A server is started that tells of every commit; what it costs to tell is in no other figure.

use std::io::{BufRead as _, BufReader, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::load;
use crate::plan::Plan;
use crate::results::Durability;
use crate::server::{Server, Site};
use crate::workloads::{Prepared, Workload};

pub async fn measure(site: &Site, prepared: &Prepared, plan: &Plan) -> Result<Durability> {
    let probe_syncs_per_second = probe(site)?;
    let (server, told) = Server::start_telling(site).await?;
    let commits = Arc::new(AtomicU64::new(0));
    let counter = commits.clone();
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(told).lines().map_while(Result::ok) {
            counter.fetch_add(u64::from(line.contains("committed")), Ordering::Relaxed);
        }
    });
    let work = Workload::Refresh.work(&Arc::new(prepared.clone()));
    let before = commits.load(Ordering::Relaxed);
    let round = load::run(&server, work, Workload::Refresh.connections(), plan.seconds).await?;
    let during = commits.load(Ordering::Relaxed) - before;
    server.stop().await?;
    let _ = reader.join();
    Ok(Durability { refreshes: round.requests, commits: during, probe_syncs_per_second })
}

/// Appends and syncs for half a second, as a log does.
fn probe(site: &Site) -> Result<f64> {
    let path = site.data().join("probe");
    let mut file = std::fs::File::create(&path)?;
    let (start, mut syncs) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_millis(500) {
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        syncs += 1;
    }
    let per_second = f64::from(syncs) / start.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(per_second)
}
