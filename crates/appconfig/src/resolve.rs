//! Defaults that depend on other keys, and what features take away.

use crate::AppConfig;
use crate::features::FeatureConfig;
use crate::fraud_protection::FraudProtection;

/// Zero is how older files say "the default".
pub(crate) fn or(value: &mut i64, default: i64) {
    if *value == 0 {
        *value = default;
    }
}

impl AppConfig {
    /// Fills in what parsing alone cannot; keys that were replaced by others disappear.
    ///
    /// [`AppConfig::parse`] has done so already: this is for values made by hand.
    pub fn resolve(&mut self) {
        self.welcome_message = None;
        self.otp = None;
        self.hook.resolve();
        self.localization.resolve();
        self.messaging.resolve();
        self.authentication.resolve();
        self.session.resolve();
        for client in &mut self.oauth.clients {
            client.resolve();
        }
        self.saml.resolve();
        self.identity.resolve();
        self.authenticator.resolve();
        self.user_profile.resolve();
        or(&mut self.account_deletion.grace_period_days, 30);
        or(&mut self.account_anonymization.grace_period_days, 30);
        self.forgot_password.resolve();
        self.verification.resolve();
        self.account_migration.resolve();
        self.authentication_flow
            .rate_limits
            .per_ip
            .or(crate::rate_limit::RateLimit::of(1200, "1m"));
    }

    /// Takes away what the project's plan does not include.
    pub fn constrain(&mut self, features: &FeatureConfig) {
        let allowed = features.ui.phone_input.allowlist.as_deref().unwrap_or_default();
        if !allowed.is_empty() {
            let phone_input = &mut self.ui.phone_input;
            phone_input.allowlist.retain(|country| allowed.contains(country));
            phone_input.pinned_list.retain(|country| allowed.contains(country));
        }
        if !features.fraud_protection.is_modifiable {
            self.fraud_protection = FraudProtection::default();
        }
    }
}
