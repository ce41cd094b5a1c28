//! `fraud_protection`: budgets for messages that nobody ever answers.

use crate::section::{choice, section};
use crate::text;

section! {
    /// What is watched and what follows.
    pub struct FraudProtection {
        enabled: bool = true,
        sms: FraudProtectionSms = FraudProtectionSms::default(),
        warnings: Vec<FraudProtectionWarning> = FraudProtectionWarningType::ALL
            .iter()
            .map(|kind| FraudProtectionWarning { kind: *kind })
            .collect(),
        decision: FraudProtectionDecision = FraudProtectionDecision::default(),
    }

    /// Text messages.
    pub struct FraudProtectionSms {
        unverified_otp_budget: UnverifiedOtpBudget = UnverifiedOtpBudget::default(),
    }

    /// Which share of the sent codes may stay unanswered.
    pub struct UnverifiedOtpBudget {
        #[schemars(range(min = 0, max = 1))]
        daily_ratio: f64 = 0.3,
        #[schemars(range(min = 0, max = 1))]
        hourly_ratio: f64 = 0.2,
        ..
        /// The first entry that names a country replaces the ratios for it.
        by_phone_country: Vec<UnverifiedOtpBudgetByCountry>,
    }

    /// Ratios of some countries.
    #[schemars(extend("required" = ["geo_location_codes"]))]
    pub struct UnverifiedOtpBudgetByCountry {
        #[schemars(with = "Vec<text::GeoCode>")]
        geo_location_codes: Vec<String> = Vec::new(),
        ..
        #[schemars(range(min = 0, max = 1))]
        daily_ratio: Option<f64>,
        #[schemars(range(min = 0, max = 1))]
        hourly_ratio: Option<f64>,
    }

    /// One warning that is looked for.
    #[schemars(extend("required" = ["type"]))]
    pub struct FraudProtectionWarning {
        #[serde(rename = "type")]
        kind: FraudProtectionWarningType = FraudProtectionWarningType::default(),
    }

    /// What a warning leads to.
    pub struct FraudProtectionDecision {
        action: FraudProtectionAction = FraudProtectionAction::default(),
        ..
        always_allow: Option<FraudProtectionAlwaysAllow>,
    }

    /// Who is never refused.
    pub struct FraudProtectionAlwaysAllow {
        ..
        ip_address: Option<AlwaysAllowIpAddress>,
        phone_number: Option<AlwaysAllowPhoneNumber>,
    }

    /// By address.
    pub struct AlwaysAllowIpAddress {
        ..
        #[schemars(with = "Vec<text::Cidr>")]
        cidrs: Vec<String>,
        #[schemars(with = "Vec<text::GeoCode>")]
        geo_location_codes: Vec<String>,
    }

    /// By number.
    pub struct AlwaysAllowPhoneNumber {
        ..
        #[schemars(with = "Vec<text::GeoCode>")]
        geo_location_codes: Vec<String>,
        #[schemars(with = "Vec<text::Regex>")]
        regex: Vec<String>,
    }
}

choice! {
    /// What can be warned about.
    pub enum FraudProtectionWarningType {
        PhoneCountriesByIpDaily = "SMS__PHONE_COUNTRIES__BY_IP__DAILY_THRESHOLD_EXCEEDED",
        UnverifiedByCountryDaily =
            "SMS__UNVERIFIED_OTPS__BY_PHONE_COUNTRY__DAILY_THRESHOLD_EXCEEDED",
        UnverifiedByCountryHourly =
            "SMS__UNVERIFIED_OTPS__BY_PHONE_COUNTRY__HOURLY_THRESHOLD_EXCEEDED",
        UnverifiedByIpDaily = "SMS__UNVERIFIED_OTPS__BY_IP__DAILY_THRESHOLD_EXCEEDED",
        UnverifiedByIpHourly = "SMS__UNVERIFIED_OTPS__BY_IP__HOURLY_THRESHOLD_EXCEEDED",
    }

    /// What follows from a warning.
    pub enum FraudProtectionAction {
        RecordOnly = "record_only",
        DenyIfAnyWarning = "deny_if_any_warning",
    }
}
