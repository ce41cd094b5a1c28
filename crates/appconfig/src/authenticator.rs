//! `authenticator`: passwords, time-based codes and codes that are sent.

use crate::duration::DurationString;
use crate::section::{choice, section};

section! {
    /// The authenticators by kind.
    pub struct AuthenticatorConfig {
        password: PasswordConfig = PasswordConfig::default(),
        totp: TotpConfig = TotpConfig::default(),
        oob_otp: OobOtpConfig = OobOtpConfig::default(),
    }

    /// Passwords.
    pub struct PasswordConfig {
        policy: PasswordPolicy = PasswordPolicy::default(),
        expiry: PasswordExpiry = PasswordExpiry::default(),
        /// A password that no longer meets the policy must be changed at login.
        force_change: bool = true,
        ..
        /// No longer has an effect.
        ratelimit: Option<PasswordLegacyRateLimit>,
    }

    /// What a new password must be like.
    pub struct PasswordPolicy {
        #[schemars(range(min = 1))]
        min_length: i64 = 8,
        ..
        uppercase_required: bool,
        lowercase_required: bool,
        alphabet_required: bool,
        digit_required: bool,
        symbol_required: bool,
        /// zxcvbn's score must reach this level less one; 0 asks nothing.
        minimum_guessable_level: i64,
        excluded_keywords: Vec<String>,
        /// So many earlier passwords may not come back.
        history_size: i64,
        /// Passwords of so many days may not come back.
        history_days: i64,
    }

    /// What happens to old passwords.
    pub struct PasswordExpiry {
        force_change: PasswordExpiryForceChange = PasswordExpiryForceChange::default(),
    }

    /// Old passwords must be changed at login.
    #[schemars(extend(
        "if" = { "properties": { "enabled": { "const": true } }, "required": ["enabled"] },
        "then" = { "required": ["duration_since_last_update"] },
    ))]
    pub struct PasswordExpiryForceChange {
        ..
        enabled: bool,
        duration_since_last_update: Option<DurationString>,
    }

    /// No longer has an effect.
    pub struct PasswordLegacyRateLimit {
        ..
        failed_attempt: Option<PasswordLegacyFailedAttempt>,
    }

    /// No longer has an effect.
    pub struct PasswordLegacyFailedAttempt {
        ..
        #[schemars(range(min = 1))]
        size: Option<i64>,
        reset_period: Option<DurationString>,
    }

    /// Time-based one-time passwords (RFC 6238).
    pub struct TotpConfig {
        /// So many per user at most.
        maximum: i64 = 99,
    }

    /// One-time passwords that are sent.
    pub struct OobOtpConfig {
        sms: OobOtpSmsConfig = OobOtpSmsConfig::default(),
        email: OobOtpEmailConfig = OobOtpEmailConfig::default(),
    }

    /// To phone numbers.
    pub struct OobOtpSmsConfig {
        maximum: i64 = 99,
        phone_otp_mode: PhoneOtpMode = PhoneOtpMode::default(),
        valid_periods: OtpValidPeriods = OtpValidPeriods::default(),
        ..
        /// The older way to say `valid_periods.code`.
        code_valid_period: Option<DurationString>,
    }

    /// To e-mail addresses.
    pub struct OobOtpEmailConfig {
        maximum: i64 = 99,
        email_otp_mode: EmailOtpMode = EmailOtpMode::default(),
        valid_periods: OtpValidPeriods = OtpValidPeriods::default(),
        ..
        /// The older way to say the valid period of what `email_otp_mode` sends.
        code_valid_period: Option<DurationString>,
    }

    /// How long what was sent can be used. Both are present in a resolved configuration.
    pub struct OtpValidPeriods {
        ..
        link: Option<DurationString>,
        code: Option<DurationString>,
    }
}

choice! {
    /// By which channel a code reaches a phone.
    pub enum PhoneOtpMode {
        WhatsappSms = "whatsapp_sms",
        Sms = "sms",
        Whatsapp = "whatsapp",
    }

    /// What is sent by mail.
    pub enum EmailOtpMode {
        Code = "code",
        LoginLink = "login_link",
    }

    /// A way to send a one-time password.
    pub enum OobChannel {
        Email = "email",
        Sms = "sms",
        Whatsapp = "whatsapp",
    }
}

impl PhoneOtpMode {
    /// The channels in the order they are offered; the first is the default.
    pub fn channels(self) -> &'static [OobChannel] {
        match self {
            Self::WhatsappSms => &[OobChannel::Whatsapp, OobChannel::Sms],
            Self::Sms => &[OobChannel::Sms],
            Self::Whatsapp => &[OobChannel::Whatsapp],
        }
    }
}

impl PasswordPolicy {
    pub fn keeps_history(&self) -> bool {
        self.history_size > 0 || self.history_days > 0
    }
}

impl PasswordExpiryForceChange {
    /// The age at which a password must be changed, if any.
    pub fn age_max(&self) -> Option<std::time::Duration> {
        let age = self.duration_since_last_update.as_ref().filter(|_| self.enabled)?;
        Some(age.as_duration()).filter(|age| !age.is_zero())
    }
}

impl OtpValidPeriods {
    pub fn link_seconds(&self) -> i64 {
        self.link.as_ref().map_or(LINK_SECONDS, DurationString::as_seconds)
    }

    pub fn code_seconds(&self) -> i64 {
        self.code.as_ref().map_or(CODE_SECONDS, DurationString::as_seconds)
    }
}

const LINK_SECONDS: i64 = 20 * 60;
const CODE_SECONDS: i64 = 300;

impl AuthenticatorConfig {
    pub(crate) fn resolve(&mut self) {
        self.password.ratelimit = None;
        let sms = &mut self.oob_otp.sms;
        let older = sms.code_valid_period.take();
        sms.valid_periods.fill(None, older);
        let email = &mut self.oob_otp.email;
        let older = email.code_valid_period.take();
        match email.email_otp_mode {
            EmailOtpMode::Code => email.valid_periods.fill(None, older),
            EmailOtpMode::LoginLink => email.valid_periods.fill(older, None),
        }
    }
}

impl OtpValidPeriods {
    fn fill(&mut self, link: Option<DurationString>, code: Option<DurationString>) {
        self.link.get_or_insert(link.unwrap_or_else(|| "20m".into()));
        self.code.get_or_insert(code.unwrap_or_else(|| "300s".into()));
    }
}
