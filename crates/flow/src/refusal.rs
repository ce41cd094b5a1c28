//! What a flow can say instead of moving on.
//!
//! Reasons are API: programs decide by them, `docs/errors.md` lists them, texts for people are
//! looked up by them. A refusal leaves the state as it was; what it had to write (counters,
//! audit events) is already committed.

mod identities;

use accounts::policy::Rule;
use domain::AuthenticatorType;
use events::hooks::HookRefusal;
use limits::Exhausted;
use serde_json::{Map, Value, json};
use stdx::Timestamp;

use crate::shape::Cause;

pub use identities::{IdentityDetails, IdentityShape};

/// Why an input did not move the flow.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// No such state: never was, finished, or expired.
    FlowNotFound,
    /// The flow's name is not configured.
    UnknownFlow,
    /// The client may not use this flow.
    FlowNotAllowed,
    /// The input does not have the shape that was asked for.
    ValidationFailed(Vec<Cause>),
    /// A login ID that can never be one: malformed, reserved, blocked.
    InvalidLoginId(Vec<Cause>),
    UserNotFound(IdentityDetails),
    /// Somebody has this login ID already.
    DuplicatedIdentity(IdentityDetails),
    /// The application asked for one person, and another came.
    DifferentUser,
    InvalidCredentials,
    /// A wrong code, and what it was for.
    WrongCode(AuthenticatorType),
    /// A wrong code for proving an address.
    InvalidVerificationCode,
    /// A wrong code for a lost password.
    InvalidRecoveryCode,
    /// The code was guessed at too often.
    TooManyAttempts,
    BotProtectionFailed,
    BotProtectionUnavailable,
    /// A gateway refused to carry a message: its word for why, if it has one.
    MessageRefused(Option<&'static str>),
    /// The session changed under the question.
    SelectAccountSessionChanged,
    /// The other provider's no.
    OAuth {
        reason: &'static str,
        error: String,
        description: String,
    },
    MissingOAuthCredentials,
    /// A token that is none of ours, or no longer good.
    InvalidIdToken,
    /// A token of somebody else's that we cannot believe.
    InvalidExternalJwt,
    /// An attribute that cannot be what was filled in.
    InvalidAttributes(Vec<Cause>),
    /// A passkey that is not what was asked for.
    InvalidPasskey,
    /// Nothing that this step accepts belongs to the person.
    NoAuthenticator,
    PasswordPolicyViolated(Vec<Rule>),
    /// The new password is the old one.
    PasswordReused,
    NoPublicSignup,
    DisabledUser {
        reason: Option<String>,
    },
    DeactivatedUser,
    AnonymizedUser,
    ScheduledDeletion {
        at: Timestamp,
        by_the_person: bool,
    },
    ScheduledAnonymization {
        at: Timestamp,
    },
    OutsideValidPeriod,
    RateLimited(Exhausted),
    AccountLockout {
        until: Timestamp,
    },
    /// The project's own no, or the silence of whoever has a say.
    Hook(HookRefusal),
    /// The password hashers are busy: try again in a moment.
    Busy,
    /// The flow has no step of the name that `target_step` is.
    InvalidTargetStep {
        target_step: String,
    },
}

/// The kind of refusal, which decides the HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    BadRequest,
    Invalid,
    Unauthorized,
    Forbidden,
    NotFound,
    TooManyRequest,
    ServiceUnavailable,
    Internal,
}

impl Refusal {
    pub fn kind(&self) -> Kind {
        match self {
            Self::FlowNotFound | Self::UserNotFound(_) => Kind::NotFound,
            Self::UnknownFlow
            | Self::DifferentUser
            | Self::OAuth { .. }
            | Self::MessageRefused(Some(_))
            | Self::InvalidIdToken
            | Self::InvalidExternalJwt => Kind::BadRequest,
            Self::Hook(refusal) => kind_of_hook(refusal),
            Self::ValidationFailed(_)
            | Self::InvalidLoginId(_)
            | Self::InvalidAttributes(_)
            | Self::DuplicatedIdentity(_)
            | Self::NoAuthenticator
            | Self::PasswordPolicyViolated(_)
            | Self::PasswordReused => Kind::Invalid,
            Self::InvalidCredentials
            | Self::WrongCode(_)
            | Self::InvalidPasskey
            | Self::SelectAccountSessionChanged => Kind::Unauthorized,
            Self::InvalidVerificationCode
            | Self::InvalidRecoveryCode
            | Self::BotProtectionFailed
            | Self::FlowNotAllowed
            | Self::NoPublicSignup
            | Self::DisabledUser { .. }
            | Self::DeactivatedUser
            | Self::AnonymizedUser
            | Self::ScheduledDeletion { .. }
            | Self::ScheduledAnonymization { .. }
            | Self::OutsideValidPeriod => Kind::Forbidden,
            Self::RateLimited(_) | Self::AccountLockout { .. } | Self::TooManyAttempts => {
                Kind::TooManyRequest
            }
            Self::Busy | Self::BotProtectionUnavailable => Kind::ServiceUnavailable,
            Self::MissingOAuthCredentials
            | Self::MessageRefused(None)
            | Self::InvalidTargetStep { .. } => Kind::Internal,
        }
    }

    /// The stable name that programs decide by.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::FlowNotFound => "AuthenticationFlowNotFound",
            Self::UnknownFlow => "AuthenticationFlowUnknownFlow",
            Self::FlowNotAllowed => "AuthenticationFlowNotAllowed",
            Self::ValidationFailed(_) | Self::InvalidLoginId(_) | Self::InvalidAttributes(_) => {
                "ValidationFailed"
            }
            Self::UserNotFound(_) => "UserNotFound",
            Self::DuplicatedIdentity(_) | Self::NoAuthenticator => "InvariantViolated",
            Self::DifferentUser => "AuthenticationFlowDifferentUserID",
            Self::InvalidCredentials | Self::WrongCode(_) | Self::InvalidPasskey => {
                "InvalidCredentials"
            }
            Self::InvalidVerificationCode => "InvalidVerificationCode",
            Self::InvalidRecoveryCode => "PasswordResetFailed",
            Self::BotProtectionFailed => "BotProtectionVerificationFailed",
            Self::BotProtectionUnavailable => "BotProtectionVerificationServiceUnavailable",
            Self::MessageRefused(None) => "OTPDeliveryUnexpectedError",
            Self::SelectAccountSessionChanged => "SelectAccountSessionChanged",
            Self::MessageRefused(Some(reason)) | Self::OAuth { reason, .. } => reason,
            Self::MissingOAuthCredentials => "OAuthProviderMissingCredentials",
            Self::InvalidIdToken => "InvalidIDToken",
            Self::InvalidExternalJwt => "InvalidExternalJWT",
            Self::PasswordPolicyViolated(_) => "PasswordPolicyViolated",
            Self::PasswordReused => "ChangePasswordFailed",
            Self::NoPublicSignup => "AuthenticationFlowNoPublicSignup",
            Self::DisabledUser { .. } => "DisabledUser",
            Self::DeactivatedUser => "DeactivatedUser",
            Self::AnonymizedUser => "AnonymizedUser",
            Self::ScheduledDeletion { by_the_person: true, .. } => "ScheduledDeletionByEndUser",
            Self::ScheduledDeletion { by_the_person: false, .. } => "ScheduledDeletionByAdmin",
            Self::ScheduledAnonymization { .. } => "ScheduledAnonymizationByAdmin",
            Self::OutsideValidPeriod => "UserOutsideValidPeriod",
            Self::RateLimited(_) | Self::TooManyAttempts => "RateLimited",
            Self::AccountLockout { .. } => "AccountLockout",
            Self::Hook(refusal) => refusal.reason(),
            Self::Busy => "ServiceUnavailable",
            Self::InvalidTargetStep { .. } => "AuthenticationFlowInvalidTargetStep",
        }
    }

    /// For developers, in English. People see the text of the reason in their language.
    pub const fn message(&self) -> &'static str {
        match self {
            Self::FlowNotFound => "flow not found",
            Self::UnknownFlow => "unknown flow",
            Self::FlowNotAllowed => "flow not allowed",
            Self::ValidationFailed(_) | Self::InvalidAttributes(_) => "invalid value",
            Self::InvalidLoginId(_) => "invalid login ID",
            Self::UserNotFound(_) => "user not found",
            Self::DuplicatedIdentity(_) => "identity already exists",
            Self::NoAuthenticator => "no authenticator",
            Self::DifferentUser => "different user ID",
            Self::InvalidCredentials | Self::WrongCode(_) | Self::InvalidPasskey => {
                "invalid credentials"
            }
            Self::InvalidVerificationCode => "invalid verification code",
            Self::InvalidRecoveryCode => "invalid code",
            Self::TooManyAttempts => "too many verify OTP attempts",
            Self::BotProtectionFailed => "bot protection verification failed",
            Self::BotProtectionUnavailable => "bot protection service unavailable",
            Self::MessageRefused(_) => "the message could not be sent",
            Self::SelectAccountSessionChanged => "session no longer matches the selected account",
            Self::OAuth { .. } => "the provider refused",
            Self::MissingOAuthCredentials => "the provider has no credentials",
            Self::InvalidIdToken => "invalid ID token",
            Self::InvalidExternalJwt => "invalid external JWT",
            Self::PasswordPolicyViolated(_) => "password policy violated",
            Self::PasswordReused => "password reused",
            Self::NoPublicSignup => "public signup is disabled",
            Self::DisabledUser { .. } => "user is disabled",
            Self::DeactivatedUser => "user is deactivated",
            Self::AnonymizedUser => "user is anonymized",
            Self::ScheduledDeletion { .. } => "user was scheduled for deletion",
            Self::ScheduledAnonymization { .. } => "user was scheduled for anonymization",
            Self::OutsideValidPeriod => "user is outside its valid period",
            Self::RateLimited(_) => "request rate limited",
            Self::AccountLockout { .. } => "locked due to too many failed attempts",
            Self::Hook(refusal) => refusal.message(),
            Self::Busy => "too many sign-ins at once, try again in a moment",
            Self::InvalidTargetStep { .. } => "invalid target_step",
        }
    }

    /// What a program needs besides the reason.
    pub fn info(&self) -> Map<String, Value> {
        let info = match self {
            Self::ValidationFailed(causes)
            | Self::InvalidLoginId(causes)
            | Self::InvalidAttributes(causes) => {
                json!({ "causes": causes.iter().map(Cause::to_json).collect::<Vec<_>>() })
            }
            Self::UserNotFound(details) => details.to_json(),
            Self::DuplicatedIdentity(details) => {
                let mut info = details.to_json();
                info["cause"] = json!({ "kind": "DuplicatedIdentity" });
                info
            }
            Self::WrongCode(kind) => json!({ "AuthenticationType": kind.as_str() }),
            Self::InvalidVerificationCode => {
                json!({ "cause": { "kind": "InvalidVerificationCode" } })
            }
            Self::InvalidRecoveryCode => json!({ "cause": { "kind": "InvalidCode" } }),
            Self::TooManyAttempts => json!({ "bucket_name": "TrackFailedOTPAttemptBucket" }),
            Self::OAuth { error, description, .. } => {
                json!({ "error": error, "error_description": description })
            }
            Self::NoAuthenticator => json!({ "cause": { "kind": "NoAuthenticator" } }),
            Self::PasswordReused => json!({ "cause": { "kind": "PasswordReused" } }),
            Self::PasswordPolicyViolated(violations) => {
                let causes: Vec<Value> = violations.iter().map(Rule::to_json).collect();
                json!({ "causes": causes })
            }
            Self::DisabledUser { reason } => json!({ "reason": reason }),
            Self::ScheduledDeletion { at, .. } => json!({ "delete_at": at.to_rfc3339() }),
            Self::ScheduledAnonymization { at } => json!({ "anonymize_at": at.to_rfc3339() }),
            Self::RateLimited(exhausted) => exhausted.details(),
            Self::AccountLockout { until } => json!({ "until": until.to_rfc3339() }),
            Self::Hook(refusal) => refusal.info(),
            Self::InvalidTargetStep { target_step } => json!({ "target_step": target_step }),
            Self::FlowNotFound
            | Self::UnknownFlow
            | Self::FlowNotAllowed
            | Self::DifferentUser
            | Self::InvalidCredentials
            | Self::InvalidPasskey
            | Self::BotProtectionFailed
            | Self::BotProtectionUnavailable
            | Self::MessageRefused(_)
            | Self::SelectAccountSessionChanged
            | Self::MissingOAuthCredentials
            | Self::InvalidIdToken
            | Self::InvalidExternalJwt
            | Self::NoPublicSignup
            | Self::DeactivatedUser
            | Self::AnonymizedUser
            | Self::OutsideValidPeriod
            | Self::Busy => json!({}),
        };
        match info {
            Value::Object(info) => info,
            _ => Map::new(),
        }
    }
}

fn kind_of_hook(refusal: &HookRefusal) -> Kind {
    match refusal {
        HookRefusal::Disallowed(_) => Kind::Forbidden,
        // Upstream's kind for a script that fails.
        HookRefusal::Failed { reason: "DenoRunError", .. } => Kind::BadRequest,
        HookRefusal::Failed { .. } => Kind::Internal,
    }
}
