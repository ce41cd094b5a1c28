//! `authgear.features.yaml`: what a project's plan includes.
//!
//! Features come in layers (installation, plan, project); a later layer wins, see
//! `features/merge.rs`.

mod merge;

use crate::identity::ProviderType;
use crate::rate_limit::RateLimit;
use crate::section::section;
use crate::text;
use crate::ui::Alpha2;
use crate::usage::{UsageAction, UsageLimit, UsageLimits, UsageMatch, UsagePeriod};

section! {
    /// Everything that can be included or not.
    pub struct FeatureConfig {
        identity: IdentityFeatures = IdentityFeatures::default(),
        authentication: AuthenticationFeatures = AuthenticationFeatures::default(),
        authenticator: AuthenticatorFeatures = AuthenticatorFeatures::default(),
        custom_domain: Switch = Switch::default(),
        ui: UiFeatures = UiFeatures::default(),
        oauth: OAuthFeatures = OAuthFeatures::default(),
        hook: HookFeatures = HookFeatures::default(),
        audit_log: AuditLogFeatures = AuditLogFeatures::default(),
        google_tag_manager: Switch = Switch::default(),
        rate_limits: Switch = Switch::default(),
        messaging: MessagingFeatures = MessagingFeatures::default(),
        collaborator: CollaboratorFeatures = CollaboratorFeatures::default(),
        web3: Web3Features = Web3Features::default(),
        admin_api: AdminApiFeatures = AdminApiFeatures::default(),
        test_mode: TestModeFeatures = TestModeFeatures::default(),
        fraud_protection: FraudProtectionFeatures = FraudProtectionFeatures::default(),
        ..
        usage: Option<UsageFeatures>,
    }

    /// Something that is included unless it is disabled.
    pub struct Switch {
        disabled: bool = false,
    }

    /// Kinds of identity.
    pub struct IdentityFeatures {
        login_id: LoginIdFeatures = LoginIdFeatures::default(),
        oauth: OAuthSsoFeatures = OAuthSsoFeatures::default(),
        biometric: Switch = Switch::default(),
    }

    /// Login IDs.
    pub struct LoginIdFeatures {
        types: LoginIdTypeFeatures = LoginIdTypeFeatures::default(),
    }

    /// Types of login ID.
    pub struct LoginIdTypeFeatures {
        phone: Switch = Switch::default(),
    }

    /// Identity providers.
    pub struct OAuthSsoFeatures {
        maximum_providers: i64 = 99,
        providers: OAuthProviderFeatures = OAuthProviderFeatures::default(),
    }

    /// Identity providers by type.
    pub struct OAuthProviderFeatures {
        google: Switch = Switch::default(),
        facebook: Switch = Switch::default(),
        github: Switch = Switch::default(),
        linkedin: Switch = Switch::default(),
        azureadv2: Switch = Switch::default(),
        azureadb2c: Switch = Switch::default(),
        adfs: Switch = Switch::default(),
        apple: Switch = Switch::default(),
        wechat: Switch = Switch::default(),
    }

    /// Second factors.
    pub struct AuthenticationFeatures {
        secondary_authenticators: SecondaryAuthenticatorFeatures =
            SecondaryAuthenticatorFeatures::default(),
    }

    /// Second factors by kind.
    pub struct SecondaryAuthenticatorFeatures {
        oob_otp_sms: Switch = Switch::default(),
    }

    /// Authenticators.
    pub struct AuthenticatorFeatures {
        password: PasswordFeatures = PasswordFeatures::default(),
    }

    /// Passwords.
    pub struct PasswordFeatures {
        policy: PasswordPolicyFeatures = PasswordPolicyFeatures::default(),
    }

    /// Rules for passwords.
    pub struct PasswordPolicyFeatures {
        minimum_guessable_level: Switch = Switch::default(),
        excluded_keywords: Switch = Switch::default(),
        history: Switch = Switch::default(),
    }

    /// The hosted pages.
    pub struct UiFeatures {
        white_labeling: Switch = Switch::default(),
        phone_input: PhoneInputFeatures = PhoneInputFeatures::default(),
    }

    /// Countries that can be served; absent or empty means all.
    pub struct PhoneInputFeatures {
        ..
        #[schemars(with = "Vec<Alpha2>")]
        allowlist: Option<Vec<String>>,
    }

    /// OAuth.
    pub struct OAuthFeatures {
        client: OAuthClientFeatures = OAuthClientFeatures::default(),
    }

    /// OAuth clients.
    pub struct OAuthClientFeatures {
        maximum: i64 = 99,
        soft_maximum: i64 = 99,
        custom_ui_enabled: bool = false,
        app2app_enabled: bool = false,
    }

    /// Hooks.
    pub struct HookFeatures {
        blocking_handler: HandlerFeatures = HandlerFeatures::default(),
        non_blocking_handler: HandlerFeatures = HandlerFeatures::default(),
    }

    /// Handlers of one sort.
    pub struct HandlerFeatures {
        maximum: i64 = 99,
    }

    /// The audit log.
    pub struct AuditLogFeatures {
        /// So far back it can be read; -1 means without end.
        retrieval_days: i64 = -1,
    }

    /// Messages.
    pub struct MessagingFeatures {
        rate_limits: MessagingRateLimitFeatures = MessagingRateLimitFeatures::default(),
        sms_usage: LegacyUsageLimit = LegacyUsageLimit::default(),
        email_usage: LegacyUsageLimit = LegacyUsageLimit::default(),
        whatsapp_usage: LegacyUsageLimit = LegacyUsageLimit::default(),
        sms_usage_count_disabled: bool = false,
        whatsapp_usage_count_disabled: bool = false,
        template_customization_disabled: bool = false,
        custom_smtp_disabled: bool = false,
        custom_sms_provider_disabled: bool = false,
    }

    /// How many messages may leave at most, whatever the project says.
    pub struct MessagingRateLimitFeatures {
        sms: RateLimit = RateLimit::default(),
        sms_per_ip: RateLimit = RateLimit::default(),
        sms_per_target: RateLimit = RateLimit::default(),
        email: RateLimit = RateLimit::default(),
        email_per_ip: RateLimit = RateLimit::default(),
        email_per_target: RateLimit = RateLimit::default(),
    }

    /// The older way to say one of `usage.limits`.
    #[schemars(extend(
        "if" = { "properties": { "enabled": { "const": true } }, "required": ["enabled"] },
        "then" = { "required": ["period", "quota"] },
    ))]
    pub struct LegacyUsageLimit {
        enabled: bool = false,
        ..
        period: Option<UsagePeriod>,
        #[schemars(range(min = 0))]
        quota: Option<i64>,
    }

    /// Quotas, and hooks that are told when one is reached.
    pub struct UsageFeatures {
        ..
        hooks: Vec<UsageHook>,
        limits: Option<UsageLimits>,
    }

    /// Whom to tell about what.
    #[schemars(extend("required" = ["url", "match"]))]
    pub struct UsageHook {
        #[schemars(with = "text::HookUri")]
        url: String = String::new(),
        #[serde(rename = "match")]
        what: UsageMatch = UsageMatch::default(),
    }

    /// Administrators. Absent means as many as wanted.
    pub struct CollaboratorFeatures {
        ..
        maximum: Option<i64>,
        soft_maximum: Option<i64>,
    }

    /// No longer has an effect.
    pub struct Web3Features {
        nft: Web3NftFeatures = Web3NftFeatures::default(),
    }

    /// No longer has an effect.
    pub struct Web3NftFeatures {
        maximum: i64 = 3,
    }

    /// The Admin API.
    pub struct AdminApiFeatures {
        create_session_enabled: bool = false,
        user_import_usage: LegacyUsageLimit = LegacyUsageLimit::default(),
        user_export_usage: LegacyUsageLimit = LegacyUsageLimit::default(),
    }

    /// What an installation for tests does.
    pub struct TestModeFeatures {
        fixed_oob_otp: FixedOobOtp = FixedOobOtp::default(),
        deterministic_link_otp: DeterministicLinkOtp = DeterministicLinkOtp::default(),
        sms: Suppression = Suppression::default(),
        whatsapp: Suppression = Suppression::default(),
        email: Suppression = Suppression::default(),
    }

    /// Every code is the same.
    #[schemars(extend("required" = ["enabled", "code"]))]
    pub struct FixedOobOtp {
        enabled: bool = false,
        code: String = String::new(),
    }

    /// Links can be foreseen.
    #[schemars(extend("required" = ["enabled"]))]
    pub struct DeterministicLinkOtp {
        enabled: bool = false,
    }

    /// Messages are not sent.
    pub struct Suppression {
        suppressed: bool = false,
    }

    /// Fraud protection.
    pub struct FraudProtectionFeatures {
        /// The project's own settings count.
        is_modifiable: bool = false,
    }
}

impl OAuthProviderFeatures {
    pub fn is_disabled(&self, kind: ProviderType) -> bool {
        let provider = match kind {
            ProviderType::Google => &self.google,
            ProviderType::Facebook => &self.facebook,
            ProviderType::Github => &self.github,
            ProviderType::Linkedin => &self.linkedin,
            ProviderType::AzureAdV2 => &self.azureadv2,
            ProviderType::AzureAdB2c => &self.azureadb2c,
            ProviderType::Adfs => &self.adfs,
            ProviderType::Apple => &self.apple,
            ProviderType::WeChat => &self.wechat,
            // Upstream's features know nothing of them.
            ProviderType::AnyOpenId | ProviderType::AnyOAuth2 => return false,
        };
        provider.disabled
    }
}

impl LegacyUsageLimit {
    fn migrate(&self, limits: &mut Vec<UsageLimit>) {
        if self.enabled && limits.is_empty() {
            limits.push(UsageLimit {
                quota: self.quota.unwrap_or_default(),
                period: self.period.unwrap_or_default(),
                action: UsageAction::Block,
            });
        }
    }
}

impl FeatureConfig {
    pub(crate) fn resolve(&mut self) {
        let limits = &mut self.messaging.rate_limits;
        limits.sms.fill_burst();
        limits.sms_per_ip.or(RateLimit::of(60, "1m"));
        limits.sms_per_target.or(RateLimit::of(10, "1h"));
        limits.email.fill_burst();
        limits.email_per_ip.or(RateLimit::of(200, "1m"));
        limits.email_per_target.or(RateLimit::of(50, "24h"));
        self.migrate_usage();
    }

    fn migrate_usage(&mut self) {
        let (messaging, admin_api) = (&self.messaging, &self.admin_api);
        let mut usage = self.usage.clone().unwrap_or_default();
        let mut limits = usage.limits.clone().unwrap_or_default();
        messaging.sms_usage.migrate(&mut limits.sms);
        messaging.email_usage.migrate(&mut limits.email);
        messaging.whatsapp_usage.migrate(&mut limits.whatsapp);
        admin_api.user_import_usage.migrate(&mut limits.user_import);
        admin_api.user_export_usage.migrate(&mut limits.user_export);
        if limits != UsageLimits::default() {
            usage.limits = Some(limits);
            self.usage = Some(usage);
        }
    }
}

#[cfg(test)]
mod tests;
