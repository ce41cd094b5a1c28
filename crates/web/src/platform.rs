//! What every surface is given: the resources, and the world outside.

use std::sync::Arc;

use accounts::Hasher;
use events::Hooks;
use kv::Kv;
use outbound::Outbound;
use sessions::Sessions;
use stdx::{Rng, Timestamp};
use store::Store;

use crate::apps::Apps;
use crate::proxy::TrustedProxies;

/// The state of every router. Cheap to clone.
#[derive(Clone)]
pub struct Platform {
    pub apps: Apps,
    pub store: Store,
    pub kv: Kv,
    /// Shared by every surface, so that what ends anywhere is forgotten everywhere.
    pub sessions: Sessions,
    pub hasher: Hasher,
    /// Everything that we call. Never while a transaction is open.
    pub outbound: Outbound,
    /// A project's own handlers. Never while a transaction is open.
    pub hooks: Hooks,
    pub clock: Clock,
    pub rng: Rng,
    pub proxies: Arc<TrustedProxies>,
    /// Whether pages for developers (demo, inbox) are served.
    pub dev_mode: bool,
}

/// Where `ctx.now` comes from: the machine's clock, or a test's.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    pub fn system() -> Self {
        Self::of(Timestamp::from_clock)
    }

    pub fn of(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}
