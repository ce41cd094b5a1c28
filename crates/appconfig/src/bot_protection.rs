//! `bot_protection`: challenges that people pass and programs do not.

use crate::section::{choice, section};

section! {
    /// Which challenge, and where it must be passed.
    pub struct BotProtection {
        ..
        enabled: bool,
        provider: Option<BotProtectionProvider>,
        requirements: Option<BotProtectionRequirements>,
    }

    /// Who sets the challenge.
    #[schemars(extend(
        "required" = ["type"],
        "if" = {
            "properties": { "type": { "enum": BotProtectionProviderType::ALL } },
            "required": ["type"],
        },
        "then" = { "required": ["site_key"] },
    ))]
    pub struct BotProtectionProvider {
        #[serde(rename = "type")]
        kind: BotProtectionProviderType = BotProtectionProviderType::default(),
        #[schemars(length(min = 1))]
        site_key: String = String::new(),
    }

    /// Where the generated flows ask for it.
    pub struct BotProtectionRequirements {
        ..
        signup_or_login: Option<BotProtectionRequirement>,
        account_recovery: Option<BotProtectionRequirement>,
        password: Option<BotProtectionRequirement>,
        oob_otp_email: Option<BotProtectionRequirement>,
        oob_otp_sms: Option<BotProtectionRequirement>,
    }

    /// Whether it is asked for.
    #[schemars(extend("required" = ["mode"]))]
    pub struct BotProtectionRequirement {
        mode: BotProtectionMode = BotProtectionMode::default(),
    }
}

choice! {
    /// The providers we know.
    pub enum BotProtectionProviderType {
        Cloudflare = "cloudflare",
        RecaptchaV2 = "recaptchav2",
    }

    /// When a challenge must be passed.
    pub enum BotProtectionMode {
        Never = "never",
        Always = "always",
    }
}

impl BotProtection {
    /// The provider, when bot protection is switched on and complete.
    pub fn active_provider(&self) -> Option<&BotProtectionProvider> {
        self.provider.as_ref().filter(|_| self.enabled)
    }

    pub fn is_enabled(&self) -> bool {
        self.active_provider().is_some()
    }
}
