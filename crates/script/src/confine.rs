//! What the child gives up before it reads its first job.
//!
//! The engine is C. Should somebody get out of it, they are in a process that cannot open a file
//! or a connection, since it may have no more descriptors than it has.

use std::io;

/// Address space, beside what the child begins with: the largest script's syntax tree, and the
/// memory of a run. An allocator may reserve as much as this before anybody asks for memory.
const MORE_ADDRESS_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// How far below everybody else the child stands in line for the processor.
#[cfg(unix)]
const NICENESS: i32 = 10;

#[cfg(target_os = "linux")]
pub(crate) fn confine() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let address_bytes_max = address_bytes()?.saturating_add(MORE_ADDRESS_BYTES_MAX);
    let at_most = |limit| Rlimit { current: Some(limit), maximum: Some(limit) };
    for (resource, limit) in [
        (Resource::As, address_bytes_max),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nproc, 0),
        (Resource::Nofile, 0),
    ] {
        setrlimit(resource, at_most(limit))?;
    }
    rustix::thread::set_no_new_privs(true)?;
    // A child that does not stand back is no less confined.
    let _ = rustix::process::nice(NICENESS);
    Ok(())
}

/// The address space that this process has now (proc_pid_status(5)).
#[cfg(target_os = "linux")]
fn address_bytes() -> io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let kib = size.and_then(|it| it.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    let kib = kib.ok_or_else(|| io::Error::other("/proc/self/status has no size"))?;
    Ok(kib.saturating_mul(1024))
}

/// Elsewhere the engine's own limits have to do.
#[cfg(not(target_os = "linux"))]
pub(crate) fn confine() -> io::Result<()> {
    Ok(())
}
