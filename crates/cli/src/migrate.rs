//! `authwarden migrate`.

use anyhow::Result;

use crate::arguments::Serve;
use crate::say;

pub fn run(arguments: &Serve) -> Result<()> {
    let settings = arguments.settings();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(server::open_store(&settings, &say::progress))?;
    say::line("The tables are up to date.");
    Ok(())
}
