//! `authentication.rate_limits`: how often proofs may be asked for and tried.

use crate::duration::DurationString;
use crate::rate_limit::RateLimit;
use crate::section::section;

section! {
    /// Rate limits by what is being proved; `general` applies to all of them.
    pub struct AuthenticationRateLimits {
        general: GeneralRateLimits = GeneralRateLimits::default(),
        password: PerIpAndUserRateLimits = PerIpAndUserRateLimits::default(),
        oob_otp: OobOtpRateLimits = OobOtpRateLimits::default(),
        totp: PerIpAndUserRateLimits = PerIpAndUserRateLimits::default(),
        passkey: PerIpRateLimits = PerIpRateLimits::default(),
        siwe: PerIpRateLimits = PerIpRateLimits::default(),
        recovery_code: PerIpAndUserRateLimits = PerIpAndUserRateLimits::default(),
        device_token: PerIpAndUserRateLimits = PerIpAndUserRateLimits::default(),
        signup: PerIpRateLimits = PerIpRateLimits::default(),
        signup_anonymous: PerIpRateLimits = PerIpRateLimits::default(),
        account_enumeration: PerIpRateLimits = PerIpRateLimits::default(),
    }

    /// What applies where a method says nothing of its own.
    pub struct GeneralRateLimits {
        per_ip: RateLimit = RateLimit::default(),
        per_user_per_ip: RateLimit = RateLimit::default(),
    }

    /// Limits by address, and by user and address.
    pub struct PerIpAndUserRateLimits {
        per_ip: RateLimit = RateLimit::default(),
        per_user_per_ip: RateLimit = RateLimit::default(),
    }

    /// Limits by address only.
    pub struct PerIpRateLimits {
        per_ip: RateLimit = RateLimit::default(),
    }

    /// One-time passwords by channel.
    pub struct OobOtpRateLimits {
        email: OobOtpChannelRateLimits = OobOtpChannelRateLimits::default(),
        sms: OobOtpChannelRateLimits = OobOtpChannelRateLimits::default(),
    }

    /// How often a one-time password may be sent and tried.
    pub struct OobOtpChannelRateLimits {
        trigger_per_ip: RateLimit = RateLimit::default(),
        trigger_per_user: RateLimit = RateLimit::default(),
        trigger_cooldown: DurationString = "1m".into(),
        validate_per_ip: RateLimit = RateLimit::default(),
        validate_per_user_per_ip: RateLimit = RateLimit::default(),
        ..
        /// A code dies after so many wrong tries; absent means never.
        #[schemars(range(min = 1))]
        max_failed_attempts_revoke_otp: Option<i64>,
    }
}

impl AuthenticationRateLimits {
    pub(crate) fn resolve(&mut self) {
        self.general.per_ip.or(RateLimit::of(60, "1m"));
        self.general.per_user_per_ip.or(RateLimit::of(10, "1m"));
        self.signup.per_ip.or(RateLimit::of(10, "1m"));
        self.signup_anonymous.per_ip.or(RateLimit::of(60, "1m"));
        self.account_enumeration.per_ip.or(RateLimit::of(10, "1m"));
        for limits in
            [&mut self.password, &mut self.totp, &mut self.recovery_code, &mut self.device_token]
        {
            limits.per_ip.fill_burst();
            limits.per_user_per_ip.fill_burst();
        }
        self.passkey.per_ip.fill_burst();
        self.siwe.per_ip.fill_burst();
        for channel in [&mut self.oob_otp.email, &mut self.oob_otp.sms] {
            channel.trigger_per_ip.fill_burst();
            channel.trigger_per_user.fill_burst();
            channel.validate_per_ip.fill_burst();
            channel.validate_per_user_per_ip.fill_burst();
        }
    }
}
