//! What a code is for, how it travels, and the numbers that follow from that.

use appconfig::authenticator::OobChannel;
use ctx::Ctx;
use limits::Limit;
use serde::{Deserialize, Serialize};

use super::{CODE_LENGTH, LINK_LENGTH};

/// What a code proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Who somebody is.
    OobOtp,
    /// That an address is theirs.
    Verification,
    /// That they may choose another password.
    ForgotPassword,
}

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    Code,
    Link,
}

/// The code for one purpose to one address.
#[derive(Clone, Copy, Debug)]
pub struct Otp<'a> {
    pub purpose: Purpose,
    pub form: Form,
    pub channel: OobChannel,
    /// An address, or a number in E.164.
    pub target: &'a str,
}

impl Form {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Link => "link",
        }
    }

    /// How many symbols are sent.
    pub const fn length(self) -> usize {
        match self {
            Self::Code => CODE_LENGTH,
            Self::Link => LINK_LENGTH,
        }
    }
}

impl Purpose {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::OobOtp => "oob-otp",
            Self::Verification => "verification",
            Self::ForgotPassword => "forgot-password",
        }
    }
}

impl Otp<'_> {
    /// What sending one is charged to.
    pub const fn send_limit(&self) -> Limit {
        match (self.purpose, self.channel) {
            (Purpose::OobOtp, OobChannel::Email) => Limit::SendOobOtpEmail,
            (Purpose::OobOtp, OobChannel::Sms) => Limit::SendOobOtpSms,
            (Purpose::OobOtp, OobChannel::Whatsapp) => Limit::SendOobOtpWhatsapp,
            (Purpose::Verification, OobChannel::Email) => Limit::SendVerificationEmail,
            (Purpose::Verification, OobChannel::Sms) => Limit::SendVerificationSms,
            (Purpose::Verification, OobChannel::Whatsapp) => Limit::SendVerificationWhatsapp,
            (Purpose::ForgotPassword, OobChannel::Email) => Limit::SendForgotPasswordEmail,
            (Purpose::ForgotPassword, OobChannel::Sms) => Limit::SendForgotPasswordSms,
            (Purpose::ForgotPassword, OobChannel::Whatsapp) => Limit::SendForgotPasswordWhatsapp,
        }
    }

    /// What trying one is charged to.
    pub const fn verify_limit(&self) -> Limit {
        match (self.purpose, self.channel) {
            (Purpose::OobOtp, OobChannel::Email) => Limit::VerifyOobOtpEmail,
            (Purpose::OobOtp, _) => Limit::VerifyOobOtpSms,
            (Purpose::Verification, OobChannel::Email) => Limit::VerifyVerificationEmail,
            (Purpose::Verification, _) => Limit::VerifyVerificationSms,
            (Purpose::ForgotPassword, OobChannel::Email) => Limit::VerifyForgotPasswordEmail,
            (Purpose::ForgotPassword, _) => Limit::VerifyForgotPasswordSms,
        }
    }

    /// Seconds for which what is sent can be used.
    pub fn lifetime_seconds(&self, ctx: &Ctx) -> i64 {
        let config = &ctx.app.config;
        let by_form = |periods: &appconfig::authenticator::OtpValidPeriods| match self.form {
            Form::Code => periods.code.clone(),
            Form::Link => periods.link.clone(),
        };
        let lifetime = match (self.purpose, self.channel) {
            (Purpose::Verification, _) => config.verification.code_valid_period.clone(),
            (Purpose::ForgotPassword, _) => by_form(&config.forgot_password.valid_periods),
            (Purpose::OobOtp, OobChannel::Email) => {
                by_form(&config.authenticator.oob_otp.email.valid_periods)
            }
            (Purpose::OobOtp, _) => by_form(&config.authenticator.oob_otp.sms.valid_periods),
        };
        // Both are present in a resolved configuration.
        let seconds = lifetime.map_or(300, |it| it.as_duration().as_secs());
        i64::try_from(seconds).unwrap_or(i64::MAX)
    }

    /// Whether `failed` wrong guesses are too many.
    pub(super) fn is_worn_out(&self, ctx: &Ctx, failed: i64) -> bool {
        let config = &ctx.app.config;
        let oob_otp = &config.authentication.rate_limits.oob_otp;
        let verification = &config.verification.rate_limits;
        let most = match (self.purpose, self.channel) {
            (Purpose::OobOtp, OobChannel::Email) => oob_otp.email.max_failed_attempts_revoke_otp,
            (Purpose::OobOtp, _) => oob_otp.sms.max_failed_attempts_revoke_otp,
            (Purpose::Verification, OobChannel::Email) => {
                verification.email.max_failed_attempts_revoke_otp
            }
            (Purpose::Verification, _) => verification.sms.max_failed_attempts_revoke_otp,
            (Purpose::ForgotPassword, _) => None,
        };
        most.is_some_and(|most| most > 0 && failed >= most)
    }
}
