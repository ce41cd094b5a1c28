//! `authwarden init`: asks for what is missing when there is somebody to ask.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use server::project::NewProject;
use stdx::{Rng, Timestamp};

use crate::arguments::Init;
use crate::say;

pub fn run(arguments: Init) -> Result<()> {
    let folder = arguments.output_folder.map(|it| it.display().to_string());
    let folder = PathBuf::from(answer(folder, "--output-folder", "Output folder", ".")?);
    let app_id = answer(arguments.app_id, "--app-id", "Project id", "main")?;
    let origin = "http://localhost:3000";
    let public_origin =
        answer(arguments.public_origin, "--public-origin", "Public origin", origin)?;
    ensure!(is_app_id(&app_id), "a project id has lower-case letters, digits and hyphens only");
    ensure!(is_origin(&public_origin), "{public_origin} is not an origin like https://example.com");
    let project = NewProject { app_id, public_origin, with_demo: false };
    project.write(&folder, &Rng::system(), Timestamp::from_clock())?;
    say::line(&format!("Wrote {}", folder.join("authgear.yaml").display()));
    say::line(&format!(
        "Wrote {} (keep it secret)",
        folder.join("authgear.secrets.yaml").display()
    ));
    Ok(())
}

/// The flag's value, or what the person at the terminal says.
fn answer(given: Option<String>, flag: &str, question: &str, usual: &str) -> Result<String> {
    if let Some(given) = given {
        return Ok(given);
    }
    if !std::io::stdin().is_terminal() {
        bail!("{flag} is missing");
    }
    let mut stderr = std::io::stderr();
    write!(stderr, "{question} [{usual}]: ").context("cannot ask")?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).context("cannot read the answer")?;
    let line = line.trim();
    Ok(if line.is_empty() { usual.to_owned() } else { line.to_owned() })
}

fn is_app_id(text: &str) -> bool {
    let fits = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
    !text.is_empty() && text.len() <= 63 && text.chars().all(fits)
}

fn is_origin(text: &str) -> bool {
    let parsed = url::Url::parse(text);
    parsed.is_ok_and(|it| {
        matches!(it.scheme(), "http" | "https") && it.origin().ascii_serialization() == text
    })
}
