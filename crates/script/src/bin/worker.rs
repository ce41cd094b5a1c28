//! The worker as a program of its own, which the tests of this crate start.

/// What the allocator of the server reserves before it is asked for anything.
const RESERVED_BYTES: usize = 1024 * 1024 * 1024;

fn main() -> std::process::ExitCode {
    let is_reserving = std::env::args().any(|it| it == "reserving");
    let reserved: Vec<u8> = Vec::with_capacity(if is_reserving { RESERVED_BYTES } else { 0 });
    let code = script::run_worker();
    drop(std::hint::black_box(reserved));
    code
}
