//! Opens resources, mounts surfaces, owns start and stop.
//!
//! The command line hands over [`Settings`]; tests hand over a [`web::Platform`] of their own
//! and take the router.

mod carriers;
mod causes;
mod chores;
mod database;
mod directory;
mod internal;
mod listen;
pub mod project;
mod routes;
mod scripts;
mod settings;
mod snapshot;
mod start;
mod theme;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use internal::{Internal, InternalError};
/// The settings of what the server calls, for whoever fills in [`Settings`].
pub use outbound;
pub use routes::main_router;
/// The child process in which scripts run.
pub use script::run_worker as run_script_worker;
pub use scripts::SCRIPT_WORKER;
pub use settings::{ConfigSource, Hashing, Settings};
pub use snapshot::{Files, SnapshotError, build as build_app};
use start::Opened;
pub use start::{Report, StartError, open_store};

/// What the server says once it can be reached.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The public origin of the project, when there is one.
    pub public_origin: Option<String>,
    pub resolver_listen: Option<std::net::SocketAddr>,
}

/// Runs until `stop`; returns when everything under way has finished.
pub async fn run(
    settings: &Settings,
    stop: CancellationToken,
    report: Report<'_>,
    ready: impl FnOnce(&Ready),
) -> Result<(), StartError> {
    let listener = bind(settings.main_listen).await?;
    let for_proxies = match settings.resolver_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let Opened { platform, projects } = start::open(settings, report).await?;
    let tasks = TaskTracker::new();
    if let Some(listener) = for_proxies {
        tasks.spawn(listen::serve(listener, routes::resolver_router(&platform), stop.clone()));
    }
    background(settings, &platform, projects, &tasks, &stop);
    report("listening");
    ready(&Ready {
        public_origin: platform.apps.only().map(|app| app.origin().to_owned()),
        resolver_listen: settings.resolver_listen,
    });
    let sessions = platform.sessions.clone();
    listen::serve(listener, main_router(&platform), stop).await;
    if let Err(error) = sessions.flush_touches().await {
        tracing::warn!(%error, "the last uses of some sessions are not written down");
    }
    tasks.close();
    tasks.wait().await;
    Ok(())
}

/// Starts what runs beside the requests: reloading, deliveries, sweeping.
fn background(
    settings: &Settings,
    platform: &web::Platform,
    projects: Option<database::Projects>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    let until_stop = |task: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>| {
        let stop = stop.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = task => (),
                () = stop.cancelled() => (),
            }
        });
    };
    if let Some(folder) = settings.project_dir() {
        let apps = platform.apps.clone();
        until_stop(Box::pin(directory::watch(folder, settings.extra_names(), apps)));
    }
    if let Some(projects) = projects {
        until_stop(Box::pin(projects.watch()));
    }
    until_stop(Box::pin(chores::keep_events(platform.clone())));
    until_stop(Box::pin(carriers::carry(platform.clone(), platform.hooks.clone())));
    until_stop(Box::pin(carriers::carry(platform.clone(), carriers::of_messages(platform))));
    let logout = oidc_provider::BackChannelLogout(platform.outbound.clone());
    until_stop(Box::pin(carriers::carry(platform.clone(), logout)));
    until_stop(Box::pin(chores::sweep(platform.clone())));
    until_stop(Box::pin(chores::clear_out(platform.clone())));
    until_stop(Box::pin(chores::delete_accounts(platform.clone())));
    until_stop(Box::pin(chores::hear_of_ended_sessions(platform.clone())));
}

async fn bind(address: std::net::SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}
