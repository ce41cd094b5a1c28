//! App2App from beginning to end, with every message on the wire.
//!
//! `cargo run -p server --example app2app` starts a whole server in this process, plays the
//! person, App A with its device key and App B, and prints what they say to each other.

#![expect(clippy::print_stdout, reason = "printing is what an example is for")]

#[path = "../tests/it/app2app.rs"]
mod app2app;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let who = app2app::play(&mut |line: &str| println!("{line}")).await?;
    println!("App B knows who it is: {who}");
    Ok(())
}
