//! The outside world of the cases: small servers on the ports that the case data fixes.
//!
//! An identity provider behind a proxy that opens TLS, a judge of bots, a directory, a mailbox, a
//! recorder of hooks. Each answers as the case format says, and nothing else.

mod bots;
mod hooks;
mod ldap;
mod mail;
mod oidc;
mod proxy;

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use hooks::Hooks;
pub use mail::{Mail, Mails};
pub use proxy::Authority;

/// Running fakes; they end with this.
pub struct Fakes {
    pub hooks: Hooks,
    pub mails: Mails,
    pub authority: Authority,
    _tasks: JoinSet<()>,
}

impl Fakes {
    pub fn proxy() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 8080))
    }

    /// Starts all of them. `public_key` is the key with which tokens in the cases were signed.
    pub async fn start(public_key: &Path) -> Result<Self> {
        let (hooks, mails) = (Hooks::default(), Mails::default());
        let authority = Authority::new()?;
        let provider = oidc::Provider::new(public_key)?;
        let mut tasks = JoinSet::new();
        let hook_port = SocketAddr::from(([0, 0, 0, 0], 2626));
        serve(&mut tasks, bind(hook_port).await?, hooks.router());
        serve(&mut tasks, local(8081).await?, provider.router());
        serve(&mut tasks, local(8082).await?, bots::router());
        let (listener, mailbox) = (local(2525).await?, mails.clone());
        tasks.spawn(async move { mail::serve(listener, mailbox).await });
        let listener = local(8389).await?;
        tasks.spawn(async move { ldap::serve(listener).await });
        let (listener, signer) = (bind(Self::proxy()).await?, authority.clone());
        tasks.spawn(async move { proxy::serve(listener, signer).await });
        Ok(Self { hooks, mails, authority, _tasks: tasks })
    }
}

fn serve(tasks: &mut JoinSet<()>, listener: TcpListener, router: axum::Router) {
    tasks.spawn(async move {
        // It ends with the run, and a broken listener shows in the cases.
        let _ = axum::serve(listener, router).await;
    });
}

async fn local(port: u16) -> Result<TcpListener> {
    bind(SocketAddr::from(([127, 0, 0, 1], port))).await
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}
