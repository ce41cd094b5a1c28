//! `session`: how long a browser stays signed in.

use crate::section::section;

/// A hundred years. Longer spans are mistakes, and would reach beyond what an instant can be.
pub(crate) const SECONDS_MAX: i64 = 100 * 365 * 86_400;
/// 52 weeks.
pub(crate) const LIFETIME_SECONDS: i64 = 52 * 7 * 86_400;
/// 30 days.
pub(crate) const IDLE_TIMEOUT_SECONDS: i64 = 30 * 86_400;

section! {
    /// Lifetimes of browser sessions.
    pub struct Session {
        #[schemars(range(min = 0, max = SECONDS_MAX))]
        lifetime_seconds: i64 = LIFETIME_SECONDS,
        idle_timeout_enabled: bool = true,
        #[schemars(range(min = 0, max = SECONDS_MAX))]
        idle_timeout_seconds: i64 = IDLE_TIMEOUT_SECONDS,
        ..
        /// No longer has an effect.
        cookie_non_persistent: bool,
        /// The cookie ends with the browser instead of with the session.
        use_session_cookie: bool,
    }
}

impl Session {
    pub(crate) fn resolve(&mut self) {
        crate::resolve::or(&mut self.lifetime_seconds, LIFETIME_SECONDS);
        crate::resolve::or(&mut self.idle_timeout_seconds, IDLE_TIMEOUT_SECONDS);
    }
}
