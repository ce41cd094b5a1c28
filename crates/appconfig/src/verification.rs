//! `verification`: which addresses must be shown to be the user's own.

use crate::duration::DurationString;
use crate::rate_limit::RateLimit;
use crate::section::{choice, section};
use crate::session::SECONDS_MAX;

section! {
    /// Verification of e-mail addresses and phone numbers.
    pub struct VerificationConfig {
        claims: VerificationClaims = VerificationClaims::default(),
        criteria: VerificationCriteria = VerificationCriteria::default(),
        rate_limits: VerificationRateLimits = VerificationRateLimits::default(),
        ..
        /// Present in a resolved configuration.
        code_valid_period: Option<DurationString>,
        /// The older way to say `code_valid_period`.
        #[schemars(range(min = 60, max = SECONDS_MAX))]
        code_expiry_seconds: Option<i64>,
    }

    /// What is verified.
    pub struct VerificationClaims {
        email: VerificationClaim = VerificationClaim::default(),
        phone_number: VerificationClaim = VerificationClaim::default(),
    }

    /// Whether something can be verified, and whether it must be.
    pub struct VerificationClaim {
        enabled: bool = true,
        required: bool = true,
    }

    /// Rate limits by channel.
    pub struct VerificationRateLimits {
        email: VerificationChannelRateLimits = VerificationChannelRateLimits::default(),
        sms: VerificationChannelRateLimits = VerificationChannelRateLimits::default(),
    }

    /// How often a verification code may be sent and tried.
    pub struct VerificationChannelRateLimits {
        trigger_per_ip: RateLimit = RateLimit::default(),
        trigger_per_user: RateLimit = RateLimit::default(),
        trigger_cooldown: DurationString = "1m".into(),
        validate_per_ip: RateLimit = RateLimit::default(),
        ..
        #[schemars(range(min = 1))]
        max_failed_attempts_revoke_otp: Option<i64>,
    }
}

choice! {
    /// When a user counts as verified.
    pub enum VerificationCriteria {
        Any = "any",
        All = "all",
    }
}

impl VerificationClaim {
    /// Whether proofs of it are taken at all.
    pub fn is_wanted(&self) -> bool {
        self.enabled || self.required
    }
}

impl VerificationConfig {
    pub fn code_valid_period_seconds(&self) -> i64 {
        self.code_valid_period.as_ref().map_or(300, DurationString::as_seconds)
    }

    pub(crate) fn resolve(&mut self) {
        let older = self.code_expiry_seconds.take().filter(|seconds| *seconds != 0);
        self.code_valid_period
            .get_or_insert_with(|| DurationString::from_seconds(older.unwrap_or(300)));
        for channel in [&mut self.rate_limits.email, &mut self.rate_limits.sms] {
            channel.trigger_per_ip.fill_burst();
            channel.trigger_per_user.fill_burst();
            channel.validate_per_ip.or(RateLimit::of(60, "1m"));
        }
    }
}
