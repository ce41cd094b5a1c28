//! Uses of a session, and the ends that follow from its lifetime and from idleness.

use appconfig::{ClientConfig, Session as SessionConfig};
use ctx::Ctx;
use domain::Access;
use stdx::Timestamp;

/// This request, as a use of a session.
pub(crate) fn access(ctx: &Ctx) -> Access {
    Access {
        at: Some(ctx.now),
        ip: ctx.caller.ip.clone(),
        user_agent: ctx.caller.user_agent.clone(),
    }
}

/// How long sessions of one kind last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetimes {
    pub lifetime_seconds: i64,
    /// `None` when idleness does not end them.
    pub idle_seconds: Option<i64>,
}

impl Lifetimes {
    pub(crate) fn of_browser(config: &SessionConfig) -> Self {
        Self {
            lifetime_seconds: config.lifetime_seconds,
            idle_seconds: config.idle_timeout_enabled.then_some(config.idle_timeout_seconds),
        }
    }

    pub(crate) fn of_client(client: &ClientConfig) -> Self {
        let idle = client.refresh_token_idle_timeout_seconds;
        Self {
            lifetime_seconds: client.refresh_token_lifetime_seconds,
            idle_seconds: client.refresh_token_idle_timeout_enabled.then_some(idle),
        }
    }

    pub(crate) fn expires_at(self, created_at: Timestamp) -> Timestamp {
        created_at.plus_seconds(self.lifetime_seconds)
    }

    pub(crate) fn idle_expires_at(self, used_at: Timestamp) -> Option<Timestamp> {
        self.idle_seconds.map(|seconds| used_at.plus_seconds(seconds))
    }

    /// Whether a session lives by the configuration of today. What is stored with it says what
    /// it was promised; a shorter promise made later counts at once.
    pub(crate) fn allow(
        self,
        created_at: Timestamp,
        used_at: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        let idle = self.idle_expires_at(used_at.unwrap_or(created_at));
        now < self.expires_at(created_at) && idle.is_none_or(|idle| now < idle)
    }
}
