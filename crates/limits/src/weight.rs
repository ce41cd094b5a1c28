//! How much one operation counts for a limit. A project's hooks may say that it counts more, or
//! not at all (`docs/specs/hook.md` of upstream).

use std::collections::BTreeMap;

use crate::Limit;

/// A limit, and how much one operation counts for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighted {
    pub limit: Limit,
    pub weight: f64,
}

/// The group that others fall back to.
const GENERAL: &str = "authentication.general";

/// Far more than any bucket holds; what is larger could not be given back exactly.
const WEIGHT_MAX: f64 = 1_000_000.0;

impl Weighted {
    /// By the weights of groups: the limit's own, or that of the group to which it falls back.
    pub fn by(weights: &BTreeMap<String, f64>, limit: Limit) -> Self {
        let general = weights.get(GENERAL).filter(|_| falls_back(limit));
        let weight = weights.get(limit.group()).or(general).copied().unwrap_or(1.0);
        Self { limit, weight: weight.clamp(0.0, WEIGHT_MAX) }
    }
}

impl From<Limit> for Weighted {
    fn from(limit: Limit) -> Self {
        Self { limit, weight: 1.0 }
    }
}

/// Whether a limit is one on credentials in general when it says nothing itself.
const fn falls_back(limit: Limit) -> bool {
    match limit {
        Limit::VerifyPassword
        | Limit::VerifyOobOtpEmail
        | Limit::VerifyOobOtpSms
        | Limit::VerifyTotp
        | Limit::VerifyRecoveryCode
        | Limit::VerifyDeviceToken
        | Limit::VerifyPasskey
        | Limit::VerifySiwe => true,
        Limit::SendOobOtpEmail
        | Limit::SendOobOtpSms
        | Limit::SendOobOtpWhatsapp
        | Limit::SignUp
        | Limit::SignUpAnonymous
        | Limit::EnumerateAccounts
        | Limit::SendVerificationEmail
        | Limit::VerifyVerificationEmail
        | Limit::SendVerificationSms
        | Limit::VerifyVerificationSms
        | Limit::SendVerificationWhatsapp
        | Limit::SendForgotPasswordEmail
        | Limit::VerifyForgotPasswordEmail
        | Limit::SendForgotPasswordSms
        | Limit::VerifyForgotPasswordSms
        | Limit::SendForgotPasswordWhatsapp
        | Limit::SendSms
        | Limit::SendEmail
        | Limit::RequestToken
        | Limit::RequestClientCredentialsToken
        | Limit::WalkFlow
        | Limit::ManageAccount
        | Limit::UploadImage
        | Limit::EnterDeviceCode => false,
    }
}

#[cfg(test)]
mod tests;
