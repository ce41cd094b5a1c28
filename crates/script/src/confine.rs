//! What the child gives up before it reads its first job.
//!
//! The engine is C. Should somebody get out of it, they are in a process that cannot open a file
//! or a connection, since it may have no more descriptors than it has.

use std::io;

/// Address space: the program itself, the largest script's syntax tree, and the memory of a run.
const ADDRESS_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// How far below everybody else the child stands in line for the processor.
#[cfg(unix)]
const NICENESS: i32 = 10;

#[cfg(target_os = "linux")]
pub(crate) fn confine() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let at_most = |limit| Rlimit { current: Some(limit), maximum: Some(limit) };
    for (resource, limit) in [
        (Resource::As, ADDRESS_BYTES_MAX),
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

/// Elsewhere the engine's own limits have to do.
#[cfg(not(target_os = "linux"))]
pub(crate) fn confine() -> io::Result<()> {
    Ok(())
}
