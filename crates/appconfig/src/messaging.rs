//! `messaging`: by whom messages are sent and how many.

use crate::duration::DurationString;
use crate::rate_limit::RateLimit;
use crate::section::{choice, section};

section! {
    /// Mail, text messages and WhatsApp.
    pub struct MessagingConfig {
        whatsapp: WhatsappConfig = WhatsappConfig::default(),
        rate_limits: MessagingRateLimits = MessagingRateLimits::default(),
        ..
        /// The older way to say `sms_gateway`.
        sms_provider: Option<SmsProvider>,
        sms_gateway: Option<SmsGateway>,
        /// No longer has an effect.
        sms: Option<LegacySms>,
        /// No longer has an effect.
        email: Option<LegacyEmail>,
    }

    /// Where the credentials of the gateway are.
    #[schemars(extend(
        "required" = ["use_config_from"],
        "if" = {
            "properties": { "use_config_from": { "const": SmsGatewaySource::Secrets } },
            "required": ["use_config_from"],
        },
        "then" = { "required": ["provider"] },
    ))]
    pub struct SmsGateway {
        use_config_from: SmsGatewaySource = SmsGatewaySource::default(),
        ..
        provider: Option<SmsProvider>,
    }

    /// WhatsApp.
    pub struct WhatsappConfig {
        message_sent_callback_timeout: DurationString = "5s".into(),
        ..
        /// Absent: what the installation uses.
        api_type: Option<WhatsappApiType>,
    }

    /// How many messages leave, by channel.
    pub struct MessagingRateLimits {
        sms: RateLimit = RateLimit::default(),
        sms_per_ip: RateLimit = RateLimit::default(),
        sms_per_target: RateLimit = RateLimit::default(),
        email: RateLimit = RateLimit::default(),
        email_per_ip: RateLimit = RateLimit::default(),
        email_per_target: RateLimit = RateLimit::default(),
    }

    /// No longer has an effect.
    pub struct LegacySms {
        ..
        ratelimit: Option<LegacySmsRateLimit>,
    }

    /// No longer has an effect.
    pub struct LegacySmsRateLimit {
        ..
        per_phone: Option<LegacySmsPerPhone>,
        per_ip: Option<LegacySmsPerIp>,
        #[schemars(extend("enum" = [60, 120]))]
        resend_cooldown_seconds: Option<i64>,
    }

    /// No longer has an effect.
    pub struct LegacySmsPerPhone {
        ..
        enabled: bool,
        #[schemars(range(min = 1, max = 100))]
        size: Option<i64>,
        reset_period: Option<DurationString>,
    }

    /// No longer has an effect.
    pub struct LegacySmsPerIp {
        ..
        enabled: bool,
        #[schemars(range(min = 1))]
        size: Option<i64>,
        reset_period: Option<DurationString>,
    }

    /// No longer has an effect.
    pub struct LegacyEmail {
        ..
        ratelimit: Option<LegacyEmailRateLimit>,
    }

    /// No longer has an effect.
    pub struct LegacyEmailRateLimit {
        ..
        #[schemars(extend("enum" = [60, 120]))]
        resend_cooldown_seconds: Option<i64>,
    }
}

choice! {
    /// Who sends text messages.
    pub enum SmsProvider {
        Nexmo = "nexmo",
        Twilio = "twilio",
        Custom = "custom",
    }

    /// Where the credentials of the gateway are.
    pub enum SmsGatewaySource {
        EnvironmentVariable = "environment_variable",
        Secrets = "authgear.secrets.yaml",
    }

    /// Which of WhatsApp's interfaces is used.
    pub enum WhatsappApiType {
        OnPremises = "on-premises",
        CloudApi = "cloud-api",
    }
}

impl MessagingRateLimits {
    pub(crate) fn resolve(&mut self) {
        self.sms.fill_burst();
        self.sms_per_ip.or(RateLimit::of(60, "1m"));
        self.sms_per_target.or(RateLimit::of(10, "1h"));
        self.email.fill_burst();
        self.email_per_ip.or(RateLimit::of(200, "1m"));
        self.email_per_target.or(RateLimit::of(50, "24h"));
    }
}

impl MessagingConfig {
    pub(crate) fn resolve(&mut self) {
        self.sms = None;
        self.email = None;
        self.rate_limits.resolve();
    }
}
