//! The `authwarden` binary.

fn main() {}
