//! Where a step stands that takes several turns.
//!
//! Only the step on top of the to-do list has a stage. It is part of the state, so it is a value
//! like everything else in it: an older token brings an older stage back.

use accounts::otp::{Form, Otp, Purpose};
use appconfig::authenticator::OobChannel;
use appconfig::flow::{Authentication, Identification};
use domain::{AuthenticatorKind, OobTarget};
use messaging::Kind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facts::{IdentityFact, TargetFact};

/// What a step waits for, beyond its first question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Otp(OtpStage),
    /// That a fresh secret is shown to work.
    Totp {
        branch: usize,
        authentication: Authentication,
        secret: String,
    },
    /// That the person comes back from another provider.
    OAuth(OAuthStage),
    /// That the person chooses with whose account theirs is linked.
    Linking(LinkingStage),
    /// That the person says they have seen these.
    RecoveryCodes {
        codes: Vec<String>,
    },
    /// A new passkey, made for these options.
    Passkey {
        options: Value,
    },
    /// A new authenticator, because one is needed and there is none.
    Enrol,
    /// The same as before: a message was sent again.
    Resent,
}

/// A code on its way, or about to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OtpStage {
    /// The branch that was taken, where the step has branches.
    pub branch: Option<usize>,
    pub goal: OtpGoal,
    pub target: TargetFact,
    /// `None` while the person has to choose.
    pub channel: Option<OobChannel>,
    /// Where a page waits for a link to be approved.
    pub room: String,
    pub form: Form,
}

/// What a right code is good for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtpGoal {
    Verify,
    Create { authentication: Authentication },
    Authenticate { authentication: Authentication, authenticator_id: Option<String> },
}

/// A visit to another provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OAuthStage {
    pub branch: usize,
    pub alias: String,
    pub redirect_uri: String,
    pub response_mode: Option<String>,
    /// What ties the provider's answer to this visit.
    pub nonce: String,
    /// RFC 7636, where the provider takes it.
    pub code_verifier: String,
    pub authorization_url: String,
    /// Set when this visit is to link an account: it must be this one.
    pub expected_identity_id: Option<String>,
}

/// Accounts that an identity could be linked to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkingStage {
    pub branch: usize,
    pub identification: Identification,
    pub incoming: Box<IdentityFact>,
    pub conflicts: Vec<ConflictFact>,
}

/// One account that has what the new identity has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConflictFact {
    pub identity_id: String,
    pub user_id: String,
    /// The flow to sign in with; the signup flow's own name when `None`.
    pub login_flow: Option<String>,
}

impl OtpStage {
    pub fn purpose(&self) -> Purpose {
        match self.goal {
            OtpGoal::Verify => Purpose::Verification,
            OtpGoal::Create { .. } | OtpGoal::Authenticate { .. } => Purpose::OobOtp,
        }
    }

    /// The code by `channel`.
    pub fn otp(&self, channel: OobChannel) -> Otp<'_> {
        Otp { purpose: self.purpose(), form: self.form, channel, target: self.target.as_str() }
    }

    pub fn authentication(&self) -> Option<Authentication> {
        match self.goal {
            OtpGoal::Verify => None,
            OtpGoal::Create { authentication } | OtpGoal::Authenticate { authentication, .. } => {
                Some(authentication)
            }
        }
    }

    /// Which message carries the code.
    pub fn message_kind(&self) -> Kind {
        match self.goal {
            OtpGoal::Verify => Kind::Verification,
            OtpGoal::Create { authentication } if is_secondary(authentication) => {
                Kind::SetupSecondary
            }
            OtpGoal::Create { .. } => Kind::SetupPrimary,
            OtpGoal::Authenticate { authentication, .. } if is_secondary(authentication) => {
                Kind::AuthenticateSecondary
            }
            OtpGoal::Authenticate { .. } => Kind::AuthenticatePrimary,
        }
    }
}

impl TargetFact {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(value) | Self::Phone(value) => value,
        }
    }

    pub const fn claim(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Phone(_) => "phone_number",
        }
    }

    pub fn to_domain(&self) -> OobTarget {
        match self {
            Self::Email(value) => OobTarget::Email(value.clone()),
            Self::Phone(value) => OobTarget::Phone(value.clone()),
        }
    }
}

impl From<&OobTarget> for TargetFact {
    fn from(target: &OobTarget) -> Self {
        match target {
            OobTarget::Email(value) => Self::Email(value.clone()),
            OobTarget::Phone(value) => Self::Phone(value.clone()),
        }
    }
}

/// The factor that it proves.
pub(crate) const fn kind_of(authentication: Authentication) -> AuthenticatorKind {
    if is_secondary(authentication) {
        AuthenticatorKind::Secondary
    } else {
        AuthenticatorKind::Primary
    }
}

/// Whether it proves the second factor.
pub(crate) const fn is_secondary(authentication: Authentication) -> bool {
    match authentication {
        Authentication::PrimaryPassword
        | Authentication::PrimaryPasskey
        | Authentication::PrimaryOobOtpEmail
        | Authentication::PrimaryOobOtpSms => false,
        Authentication::SecondaryPassword
        | Authentication::SecondaryTotp
        | Authentication::SecondaryOobOtpEmail
        | Authentication::SecondaryOobOtpSms
        | Authentication::RecoveryCode
        | Authentication::DeviceToken => true,
    }
}
