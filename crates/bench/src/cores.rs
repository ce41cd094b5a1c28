//! Which processor works for whom: the first for the server under test, the others for everything
//! else, so that neither takes time from the other and figures can be compared.
//!
//! A thread hands its processors on to whatever it starts. Where there is one processor only, or
//! the system does not let us choose, everybody shares.

use std::sync::OnceLock;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The server's processor, and ours.
static SHARES: OnceLock<Option<(CpuSet, CpuSet)>> = OnceLock::new();

/// Leaves the first processor to the server. To be called before any thread is started.
pub fn share() {
    if let Some((_, ours)) = SHARES.get_or_init(split) {
        let _ = sched_setaffinity(None, ours);
    }
}

/// Does what starts the server, on the server's processor.
pub fn for_server<T>(start: impl FnOnce() -> T) -> T {
    let Some(Some((its, ours))) = SHARES.get() else { return start() };
    let _ = sched_setaffinity(None, its);
    let started = start();
    let _ = sched_setaffinity(None, ours);
    started
}

/// How many processors the server has.
pub fn of_server() -> usize {
    match SHARES.get() {
        Some(Some(_)) => 1,
        _ => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
    }
}

fn split() -> Option<(CpuSet, CpuSet)> {
    let mut ours = sched_getaffinity(None).ok()?;
    let first = (0..CpuSet::MAX_CPU).find(|it| ours.is_set(*it))?;
    let mut its = CpuSet::new();
    its.set(first);
    ours.unset(first);
    (ours.count() > 0).then_some((its, ours))
}
