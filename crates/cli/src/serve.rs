//! `authwarden serve`.

use std::io::IsTerminal as _;

use anyhow::{Context as _, Result};
use server::{Ready, Settings};
use tokio_util::sync::CancellationToken;

use crate::arguments::Serve;
use crate::say;

pub fn run(arguments: &Serve) -> Result<()> {
    start_logging(&arguments.log_level)?;
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let settings = arguments.settings();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start worker threads")?;
    runtime.block_on(async {
        let stop = CancellationToken::new();
        let stopping = stop.clone();
        let signals = async move {
            stop_signal().await;
            say::progress("finishing what is under way");
            stopping.cancel();
        };
        let serving = server::run(&settings, stop, &say::progress, |ready| {
            welcome(&settings, ready);
        });
        tokio::pin!(serving);
        tokio::select! {
            outcome = &mut serving => outcome,
            () = signals => serving.await,
        }
    })?;
    Ok(())
}

fn start_logging(filter: &str) -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(filter)
        .context("LOG_LEVEL is not a list of levels, such as warn,flow=debug")?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    Ok(())
}

/// Waits for SIGTERM or Ctrl-C.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => (),
                _ = tokio::signal::ctrl_c() => (),
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// What to open first. The same lines are kept in the data directory, for scripts.
fn welcome(settings: &Settings, ready: &Ready) {
    let Some(origin) = &ready.public_origin else {
        say::line(&format!("Authwarden serves its projects on {}", settings.main_listen));
        return;
    };
    let mut lines = vec![("LOGIN_URL", format!("{origin}/login"))];
    lines.push(("SETTINGS_URL", format!("{origin}/settings")));
    lines.push(("ISSUER", origin.clone()));
    if settings.dev_mode {
        lines.push(("DEMO_URL", format!("{origin}/demo")));
        lines.push(("INBOX_URL", format!("{origin}/inbox")));
    }
    if let Some(folder) = settings.project_dir() {
        lines.push(("PROJECT_DIR", folder.display().to_string()));
    }
    say::line("Authwarden is ready.");
    let lines: Vec<_> = lines.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let summary = lines.join("\n") + "\n";
    say::line(&summary);
    if settings.config_source == server::ConfigSource::FirstProject {
        // A convenience: a read-only data directory is not worth a failure here.
        let _ = std::fs::write(settings.data_dir.join("summary.env"), summary);
        let port = settings.main_listen.port().to_string();
        if !origin.ends_with(&format!(":{port}")) {
            say::progress(&format!(
                "the project says that it is at {origin}; change http.public_origin in its \
                 authgear.yaml to serve it on port {port}"
            ));
        }
    }
}
