//! How often something may happen: so many times at once, refilled over a period.

use crate::duration::DurationString;
use crate::section::section;

section! {
    /// A rate limit that may be absent, switched off or on.
    #[schemars(extend(
        "if" = { "properties": { "enabled": { "const": true } }, "required": ["enabled"] },
        "then" = { "required": ["period"] },
    ))]
    pub struct RateLimit {
        ..
        enabled: Option<bool>,
        period: Option<DurationString>,
        #[schemars(range(min = 1))]
        burst: Option<i64>,
    }
}

impl RateLimit {
    /// An enabled limit of `burst` times per `period`.
    pub fn of(burst: i64, period: &str) -> Self {
        Self { enabled: Some(true), period: Some(period.into()), burst: Some(burst) }
    }

    pub fn is_enabled(&self) -> bool {
        self.enabled == Some(true)
    }

    /// `(burst, period)` of an enabled limit.
    pub fn quota(&self) -> Option<(i64, std::time::Duration)> {
        let period = self.period.as_ref().filter(|_| self.is_enabled())?;
        Some((self.burst.unwrap_or(1), period.as_duration()))
    }

    /// Becomes `default` unless it says itself whether it is enabled.
    pub(crate) fn or(&mut self, default: Self) {
        if self.enabled.is_none() {
            *self = default;
        }
        self.fill_burst();
    }

    /// An enabled limit without a burst lets one through at a time.
    pub(crate) fn fill_burst(&mut self) {
        if self.is_enabled() {
            self.burst.get_or_insert(1);
        }
    }
}
