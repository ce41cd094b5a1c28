//! `usage`: quotas that a project sets itself.

use crate::section::{choice, section};
use crate::text;

section! {
    /// Quotas, and whom to tell when one is reached.
    pub struct UsageConfig {
        ..
        alerts: Vec<UsageAlert>,
        limits: Option<UsageLimits>,
    }

    /// Whom to tell about what.
    #[schemars(extend(
        "required" = ["type", "match"],
        "if" = { "properties": { "type": { "const": "email" } }, "required": ["type"] },
        "then" = { "required": ["email"] },
    ))]
    pub struct UsageAlert {
        #[serde(rename = "type")]
        kind: UsageAlertType = UsageAlertType::default(),
        #[serde(rename = "match")]
        what: UsageMatch = UsageMatch::default(),
        ..
        #[schemars(with = "text::Email")]
        email: Option<String>,
    }

    /// Quotas by what is counted.
    pub struct UsageLimits {
        ..
        user_export: Vec<UsageLimit>,
        user_import: Vec<UsageLimit>,
        email: Vec<UsageLimit>,
        whatsapp: Vec<UsageLimit>,
        sms: Vec<UsageLimit>,
    }

    /// One quota.
    #[schemars(extend("required" = ["quota", "period", "action"]))]
    pub struct UsageLimit {
        #[schemars(range(min = 0))]
        quota: i64 = 0,
        period: UsagePeriod = UsagePeriod::default(),
        action: UsageAction = UsageAction::default(),
    }
}

choice! {
    /// How someone is told.
    pub enum UsageAlertType {
        Email = "email",
    }

    /// What an alert is about.
    pub enum UsageMatch {
        Any = "*",
        UserExport = "user_export",
        UserImport = "user_import",
        Email = "email",
        Whatsapp = "whatsapp",
        Sms = "sms",
    }

    /// When counting starts anew.
    pub enum UsagePeriod {
        Day = "day",
        Month = "month",
    }

    /// What happens beyond the quota.
    pub enum UsageAction {
        Alert = "alert",
        Block = "block",
    }
}

impl UsageLimits {
    /// The quotas of one thing that is counted.
    pub fn of(&self, what: UsageMatch) -> &[UsageLimit] {
        match what {
            UsageMatch::Any => &[],
            UsageMatch::UserExport => &self.user_export,
            UsageMatch::UserImport => &self.user_import,
            UsageMatch::Email => &self.email,
            UsageMatch::Whatsapp => &self.whatsapp,
            UsageMatch::Sms => &self.sms,
        }
    }
}
