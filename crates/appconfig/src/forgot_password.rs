//! `forgot_password`: how a lost password is replaced.

use crate::authenticator::OtpValidPeriods;
use crate::duration::DurationString;
use crate::rate_limit::RateLimit;
use crate::section::section;
use crate::session::SECONDS_MAX;

section! {
    /// Account recovery by message.
    pub struct ForgotPasswordConfig {
        enabled: bool = true,
        valid_periods: OtpValidPeriods = OtpValidPeriods::default(),
        rate_limits: ForgotPasswordRateLimits = ForgotPasswordRateLimits::default(),
        ..
        /// The older way to say `valid_periods.link`.
        code_valid_period: Option<DurationString>,
        /// The oldest way to say `valid_periods.link`.
        #[schemars(range(min = 0, max = SECONDS_MAX))]
        reset_code_expiry_seconds: Option<i64>,
    }

    /// Rate limits by channel.
    pub struct ForgotPasswordRateLimits {
        email: ForgotPasswordChannelRateLimits = ForgotPasswordChannelRateLimits::default(),
        sms: ForgotPasswordChannelRateLimits = ForgotPasswordChannelRateLimits::default(),
    }

    /// How often a recovery message may be sent and its code tried.
    pub struct ForgotPasswordChannelRateLimits {
        trigger_per_ip: RateLimit = RateLimit::default(),
        trigger_cooldown: DurationString = "1m".into(),
        validate_per_ip: RateLimit = RateLimit::default(),
    }
}

impl ForgotPasswordConfig {
    pub(crate) fn resolve(&mut self) {
        let oldest = self.reset_code_expiry_seconds.take().filter(|seconds| *seconds != 0);
        let older = self.code_valid_period.take();
        self.valid_periods.link.get_or_insert_with(|| {
            older.unwrap_or_else(|| DurationString::from_seconds(oldest.unwrap_or(1200)))
        });
        self.valid_periods.code.get_or_insert_with(|| "300s".into());
        for channel in [&mut self.rate_limits.email, &mut self.rate_limits.sms] {
            channel.trigger_per_ip.fill_burst();
            channel.validate_per_ip.or(RateLimit::of(60, "1m"));
        }
    }
}
