//! `authentication`: by what people are known and how they prove it.

mod lockout;
mod rate_limits;

pub use lockout::{Lockout, LockoutMethod, LockoutType};
pub use rate_limits::{
    AuthenticationRateLimits, GeneralRateLimits, OobOtpChannelRateLimits, OobOtpRateLimits,
    PerIpAndUserRateLimits, PerIpRateLimits,
};

use stdx::Timestamp;

use crate::section::{choice, section};
use crate::text;

section! {
    /// Identities, authenticators and what protects them.
    #[schemars(extend("allOf" = [
        rule("identities", "passkey", "primary_authenticators", "passkey"),
        rule("primary_authenticators", "passkey", "identities", "passkey"),
        rule("identities", "passkey", "identities", "login_id"),
        {
            "if": contains("identities", "siwe"),
            "then": {
                "properties": { "identities": { "const": ["siwe"] } },
                "required": ["identities"],
            },
        },
    ]))]
    pub struct AuthenticationConfig {
        #[schemars(extend("uniqueItems" = true))]
        identities: Vec<IdentityType> = vec![IdentityType::OAuth, IdentityType::LoginId],
        #[schemars(extend("uniqueItems" = true))]
        primary_authenticators: Vec<PrimaryAuthenticatorType> =
            vec![PrimaryAuthenticatorType::Password],
        #[schemars(extend("uniqueItems" = true))]
        secondary_authenticators: Vec<SecondaryAuthenticatorType> =
            vec![SecondaryAuthenticatorType::Totp],
        secondary_authentication_mode: SecondaryAuthenticationMode =
            SecondaryAuthenticationMode::default(),
        secondary_authentication_grace_period: GracePeriod = GracePeriod::default(),
        device_token: DeviceTokenConfig = DeviceTokenConfig::default(),
        recovery_code: RecoveryCodeConfig = RecoveryCodeConfig::default(),
        rate_limits: AuthenticationRateLimits = AuthenticationRateLimits::default(),
        lockout: Lockout = Lockout::default(),
        ..
        /// Only administrators create users.
        public_signup_disabled: bool,
    }

    /// Lets users without a second factor in for a while after it became required.
    pub struct GracePeriod {
        ..
        enabled: bool,
        /// RFC 3339. Without it the period does not end.
        #[schemars(with = "text::DateTime")]
        end_at: Option<String>,
    }

    /// "Do not ask again on this device."
    pub struct DeviceTokenConfig {
        #[schemars(range(min = 0, max = 36_500))]
        expire_in_days: i64 = 30,
        ..
        disabled: bool,
    }

    /// Codes that stand in for a lost second factor.
    pub struct RecoveryCodeConfig {
        disabled: bool = false,
        #[schemars(range(min = 10, max = 50))]
        count: i64 = 16,
        ..
        /// Users may look at the codes again later.
        list_enabled: bool,
    }
}

impl GracePeriod {
    /// Whether people without a second factor are still let in to set one up.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let end = self.end_at.as_deref().and_then(Timestamp::parse_rfc3339);
        self.enabled && end.is_none_or(|end| now < end)
    }
}

choice! {
    /// The kinds of identity.
    pub enum IdentityType {
        LoginId = "login_id",
        OAuth = "oauth",
        Anonymous = "anonymous",
        Biometric = "biometric",
        Passkey = "passkey",
        Siwe = "siwe",
        Ldap = "ldap",
    }

    /// What can be the first proof.
    pub enum PrimaryAuthenticatorType {
        Password = "password",
        Passkey = "passkey",
        OobOtpEmail = "oob_otp_email",
        OobOtpSms = "oob_otp_sms",
    }

    /// What can be the second proof.
    pub enum SecondaryAuthenticatorType {
        Password = "password",
        OobOtpEmail = "oob_otp_email",
        OobOtpSms = "oob_otp_sms",
        Totp = "totp",
    }

    /// Who needs a second factor.
    pub enum SecondaryAuthenticationMode {
        IfExists = "if_exists",
        Disabled = "disabled",
        Required = "required",
    }
}

/// That the list `key` names `word`.
fn contains(key: &str, word: &str) -> serde_json::Value {
    serde_json::json!({
        "properties": { key: { "contains": { "const": word } } },
        "required": [key],
    })
}

/// That a list that names one word obliges another list to name another.
fn rule(key: &str, word: &str, other_key: &str, other_word: &str) -> serde_json::Value {
    serde_json::json!({ "if": contains(key, word), "then": contains(other_key, other_word) })
}

impl IdentityType {
    /// The primary authenticators that go with the kind; empty when it needs none.
    pub fn primary_authenticators(self) -> &'static [PrimaryAuthenticatorType] {
        match self {
            Self::Passkey => &[PrimaryAuthenticatorType::Passkey],
            Self::LoginId
            | Self::OAuth
            | Self::Anonymous
            | Self::Biometric
            | Self::Siwe
            | Self::Ldap => &[],
        }
    }
}

impl AuthenticationConfig {
    pub fn has_identity(&self, kind: IdentityType) -> bool {
        self.identities.contains(&kind)
    }

    pub fn has_primary(&self, kind: PrimaryAuthenticatorType) -> bool {
        self.primary_authenticators.contains(&kind)
    }

    pub fn has_secondary(&self, kind: SecondaryAuthenticatorType) -> bool {
        self.secondary_authenticators.contains(&kind)
    }

    pub(crate) fn resolve(&mut self) {
        crate::resolve::or(&mut self.device_token.expire_in_days, 30);
        self.rate_limits.resolve();
        self.lockout.resolve();
    }
}
