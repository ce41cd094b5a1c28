//! Where the numbers of each limit come from: the project, its plan, or here.

use appconfig::{AppConfig, FeatureConfig, RateLimit};

use crate::Limit;
use crate::catalogue::Scope::{
    self, Cooldown, CooldownPerSession, PerClient, PerIp, PerProject, PerTarget, PerUser,
    PerUserPerIp,
};

/// The limit in force for one bucket; disabled when there is none.
pub(crate) fn resolve(
    config: &AppConfig,
    features: &FeatureConfig,
    limit: Limit,
    scope: Scope,
) -> RateLimit {
    if let Some(cooldown) = cooldown(config, limit, scope) {
        return RateLimit::of(1, cooldown);
    }
    let limit = limit.counted_as();
    if let Some((own, general)) = authentication(config, limit, scope) {
        let is_silent = own.enabled.is_none();
        return if is_silent { general.cloned().unwrap_or_default() } else { own.clone() };
    }
    if let Some((own, ceiling)) = messaging(config, features, limit, scope) {
        return stricter(own, ceiling).clone();
    }
    fixed(limit, scope).or_else(|| feature(config, limit, scope).cloned()).unwrap_or_default()
}

/// A limit under `authentication`, and what it falls back to when it says nothing.
fn authentication(
    config: &AppConfig,
    limit: Limit,
    scope: Scope,
) -> Option<(&RateLimit, Option<&RateLimit>)> {
    let limits = &config.authentication.rate_limits;
    let general = match scope {
        PerIp => Some(&limits.general.per_ip),
        PerUserPerIp => Some(&limits.general.per_user_per_ip),
        _ => None,
    };
    let own = match (limit, scope) {
        (Limit::VerifyPassword, PerIp) => &limits.password.per_ip,
        (Limit::VerifyPassword, PerUserPerIp) => &limits.password.per_user_per_ip,
        (Limit::VerifyTotp, PerIp) => &limits.totp.per_ip,
        (Limit::VerifyTotp, PerUserPerIp) => &limits.totp.per_user_per_ip,
        (Limit::VerifyRecoveryCode, PerIp) => &limits.recovery_code.per_ip,
        (Limit::VerifyRecoveryCode, PerUserPerIp) => &limits.recovery_code.per_user_per_ip,
        (Limit::VerifyDeviceToken, PerIp) => &limits.device_token.per_ip,
        (Limit::VerifyDeviceToken, PerUserPerIp) => &limits.device_token.per_user_per_ip,
        (Limit::VerifyPasskey, PerIp) => &limits.passkey.per_ip,
        (Limit::VerifySiwe, PerIp) => &limits.siwe.per_ip,
        (Limit::VerifyOobOtpEmail, PerIp) => &limits.oob_otp.email.validate_per_ip,
        (Limit::VerifyOobOtpEmail, PerUserPerIp) => &limits.oob_otp.email.validate_per_user_per_ip,
        (Limit::VerifyOobOtpSms, PerIp) => &limits.oob_otp.sms.validate_per_ip,
        (Limit::VerifyOobOtpSms, PerUserPerIp) => &limits.oob_otp.sms.validate_per_user_per_ip,
        _ => return None,
    };
    Some((own, general))
}

/// A limit under `messaging`, and the most that the project's plan allows.
fn messaging<'a>(
    config: &'a AppConfig,
    features: &'a FeatureConfig,
    limit: Limit,
    scope: Scope,
) -> Option<(&'a RateLimit, &'a RateLimit)> {
    let (own, ceiling) = (&config.messaging.rate_limits, &features.messaging.rate_limits);
    Some(match (limit, scope) {
        (Limit::SendSms, PerProject) => (&own.sms, &ceiling.sms),
        (Limit::SendSms, PerIp) => (&own.sms_per_ip, &ceiling.sms_per_ip),
        (Limit::SendSms, PerTarget) => (&own.sms_per_target, &ceiling.sms_per_target),
        (Limit::SendEmail, PerProject) => (&own.email, &ceiling.email),
        (Limit::SendEmail, PerIp) => (&own.email_per_ip, &ceiling.email_per_ip),
        (Limit::SendEmail, PerTarget) => (&own.email_per_target, &ceiling.email_per_target),
        _ => return None,
    })
}

fn cooldown(config: &AppConfig, limit: Limit, scope: Scope) -> Option<&str> {
    if !matches!(scope, Cooldown | CooldownPerSession) {
        return None;
    }
    let oob_otp = &config.authentication.rate_limits.oob_otp;
    let verification = &config.verification.rate_limits;
    let forgot_password = &config.forgot_password.rate_limits;
    let cooldown = match limit.counted_as() {
        Limit::SendOobOtpEmail => &oob_otp.email.trigger_cooldown,
        Limit::SendOobOtpSms => &oob_otp.sms.trigger_cooldown,
        Limit::SendVerificationEmail => &verification.email.trigger_cooldown,
        Limit::SendVerificationSms => &verification.sms.trigger_cooldown,
        Limit::SendForgotPasswordEmail => &forgot_password.email.trigger_cooldown,
        Limit::SendForgotPasswordSms => &forgot_password.sms.trigger_cooldown,
        _ => return None,
    };
    Some(cooldown.as_str())
}

/// Limits that no configuration changes.
fn fixed(limit: Limit, scope: Scope) -> Option<RateLimit> {
    Some(match (limit, scope) {
        (Limit::RequestToken, PerIp) => RateLimit::of(120, "1m"),
        (Limit::RequestToken, PerUser) => RateLimit::of(60, "1m"),
        (Limit::RequestClientCredentialsToken, PerClient) => RateLimit::of(5, "1m"),
        (Limit::RequestClientCredentialsToken, PerProject) => RateLimit::of(20, "1m"),
        (Limit::ManageAccount, PerIp) => RateLimit::of(1200, "1m"),
        (Limit::UploadImage, PerUser) => RateLimit::of(10, "1h"),
        (Limit::EnterDeviceCode, PerIp) => RateLimit::of(10, "1m"),
        _ => return None,
    })
}

/// Everything else: a limit that has its own place and no fallback.
fn feature(config: &AppConfig, limit: Limit, scope: Scope) -> Option<&RateLimit> {
    let authentication = &config.authentication.rate_limits;
    let verification = &config.verification.rate_limits;
    let forgot_password = &config.forgot_password.rate_limits;
    Some(match (limit, scope) {
        (Limit::SendOobOtpEmail, PerIp) => &authentication.oob_otp.email.trigger_per_ip,
        (Limit::SendOobOtpEmail, PerUser) => &authentication.oob_otp.email.trigger_per_user,
        (Limit::SendOobOtpSms, PerIp) => &authentication.oob_otp.sms.trigger_per_ip,
        (Limit::SendOobOtpSms, PerUser) => &authentication.oob_otp.sms.trigger_per_user,
        (Limit::SignUp, PerIp) => &authentication.signup.per_ip,
        (Limit::SignUpAnonymous, PerIp) => &authentication.signup_anonymous.per_ip,
        (Limit::EnumerateAccounts, PerIp) => &authentication.account_enumeration.per_ip,
        (Limit::SendVerificationEmail, PerIp) => &verification.email.trigger_per_ip,
        (Limit::SendVerificationEmail, PerUser) => &verification.email.trigger_per_user,
        (Limit::VerifyVerificationEmail, PerIp) => &verification.email.validate_per_ip,
        (Limit::SendVerificationSms, PerIp) => &verification.sms.trigger_per_ip,
        (Limit::SendVerificationSms, PerUser) => &verification.sms.trigger_per_user,
        (Limit::VerifyVerificationSms, PerIp) => &verification.sms.validate_per_ip,
        (Limit::SendForgotPasswordEmail, PerIp) => &forgot_password.email.trigger_per_ip,
        (Limit::VerifyForgotPasswordEmail, PerIp) => &forgot_password.email.validate_per_ip,
        (Limit::SendForgotPasswordSms, PerIp) => &forgot_password.sms.trigger_per_ip,
        (Limit::VerifyForgotPasswordSms, PerIp) => &forgot_password.sms.validate_per_ip,
        (Limit::WalkFlow, PerIp) => &config.authentication_flow.rate_limits.per_ip,
        _ => return None,
    })
}

/// Whichever lets less through over time; a limit that is off lets everything through.
fn stricter<'a>(own: &'a RateLimit, ceiling: &'a RateLimit) -> &'a RateLimit {
    let rate = |it: &RateLimit| {
        it.quota().map(|(burst, period)| {
            f64::from(i32::try_from(burst).unwrap_or(i32::MAX)) / period.as_secs_f64()
        })
    };
    match (rate(own), rate(ceiling)) {
        (Some(own_rate), Some(ceiling_rate)) if ceiling_rate < own_rate => ceiling,
        (None, Some(_)) => ceiling,
        _ => own,
    }
}
