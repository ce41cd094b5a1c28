//! What the kernel knows of processes: processor time and memory, from `/proc`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// Ticks of `/proc/<pid>/stat` in a second: fixed in Linux's interface to programs.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds of processor time that a process has used, with all its threads.
pub fn processor_seconds(pid: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("the process is gone")?;
    // The name in parentheses may hold anything; fields count from behind it.
    let (_, rest) = stat.rsplit_once(')').context("an unknown format of /proc")?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut ticks = || fields.next().and_then(|it| it.parse::<f64>().ok()).unwrap_or_default();
    Ok((ticks() + ticks()) / TICKS_PER_SECOND)
}

/// The same for every process of a service such as PostgreSQL.
pub fn processor_seconds_of(name: &str) -> f64 {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    let named = pids.filter(|pid| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|it| it.trim() == name)
    });
    named.filter_map(|pid| processor_seconds(pid).ok()).sum()
}

/// Memory that is resident now, in KiB.
pub fn memory_kib(pid: u32) -> u64 {
    status(pid, "VmRSS:")
}

/// The most that was ever resident.
pub fn memory_highest_kib(pid: u32) -> u64 {
    status(pid, "VmHWM:")
}

fn status(pid: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// How busy the machine is: the load averages of one, five and fifteen minutes.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// Bytes of all files in a folder.
pub fn disk_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|it| it.metadata().ok()).map(|it| it.len()).sum()
}
