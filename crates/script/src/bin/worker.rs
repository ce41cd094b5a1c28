//! The worker as a program of its own, which the tests of this crate start.

fn main() -> std::process::ExitCode {
    script::run_worker()
}
