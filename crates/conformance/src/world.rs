//! What all cases of a run share.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jose::SigningKeys;
use stdx::{Rng, Timestamp};

use crate::client::{Addresses, TIMEOUT};
use crate::config::Base;
use crate::database::Database;
use crate::fakes::{Hooks, Mails};
use crate::helper::Helper;

/// The installation under test and what stands around it.
#[derive(Clone)]
pub struct World {
    pub addresses: Addresses,
    pub database: Database,
    pub helper: Helper,
    pub base: Base,
    /// The keys of every project, which the runner made.
    pub keys: SigningKeys,
    pub rng: Rng,
    pub patience: Patience,
    /// The proxy that browsers go to identity providers through.
    pub proxy: SocketAddr,
    pub hooks: Hooks,
    pub mails: Mails,
    /// The certificate of the authority that intercepts TLS, in PEM.
    pub proxy_ca: Option<PathBuf>,
    /// Whether what the original does not notice is let pass.
    pub is_lenient: bool,
}

/// How long the runner waits for what a server does in its own time.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// An expectation of rows is tried again until then.
    pub rows: Duration,
    /// How long nothing must have come before nothing is believed.
    pub settle: Duration,
    /// Until when a project must be served after it was written.
    pub project: Duration,
    /// A request that is not answered by then has failed.
    pub request: Duration,
    /// No case takes longer.
    pub case: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            rows: Duration::from_secs(3),
            settle: Duration::from_secs(1),
            project: Duration::from_secs(10),
            request: TIMEOUT,
            case: Duration::from_mins(2),
        }
    }
}

impl World {
    /// The clock of this machine, which is the server's too.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_clock()
    }
}
