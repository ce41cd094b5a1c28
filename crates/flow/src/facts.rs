//! What a flow has established about the person so far.
//!
//! Facts are a record, so a later step asks for what it needs by name and nothing searches a
//! tree. They hold what `finish` will write; until then nothing of it is in the database. A
//! password is here as its hash only.

use accounts::login_id::CheckedLoginId;
use appconfig::flow::{Authentication, Identification};
use domain::{AuthenticatorKind, LoginIdType, UserId};
use serde::{Deserialize, Serialize};

use crate::FlowError;

/// Everything that is known at one point of a flow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub person: Option<Person>,
    pub identified: Vec<Identified>,
    pub authenticated: Vec<Authenticated>,
    pub new_passwords: Vec<NewPassword>,
    pub changed_passwords: Vec<ChangedPassword>,
    pub terminates_other_sessions: bool,
}

/// Whom the flow is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    pub id: String,
    /// Whether `finish` creates the account.
    pub is_new: bool,
}

/// What an `identify` step established.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identified {
    /// The step's name, for `target_step`.
    pub step: Option<String>,
    pub identification: Identification,
    pub login_id: LoginIdFact,
    /// The identity that was found, when the person is not new.
    pub identity_id: Option<String>,
}

/// A login ID that passed the rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoginIdFact {
    pub key: String,
    pub r#type: String,
    pub login_id: String,
    pub original_login_id: String,
    pub unique_key: String,
}

/// What an `authenticate` step established.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Authenticated {
    pub step: Option<String>,
    pub authentication: Authentication,
    pub authenticator_id: String,
    /// Set when the password must be replaced before the flow can finish.
    pub change_required: Option<ChangeReason>,
}

/// Why a password must be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeReason {
    /// It breaks today's policy.
    Policy,
    /// It is too old, or was set to be changed.
    Expiry,
}

/// A password that `finish` will give the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewPassword {
    pub is_primary: bool,
    pub hash: String,
}

/// A password authenticator that `finish` will change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangedPassword {
    pub authenticator_id: String,
    pub is_primary: bool,
    pub hash: String,
}

impl Facts {
    pub fn user_id(&self) -> Option<UserId> {
        self.person.as_ref().map(|person| UserId::new(person.id.clone()))
    }

    /// The person, for a step that cannot do without.
    pub fn known_user(&self, step: &str) -> Result<UserId, FlowError> {
        self.user_id().ok_or_else(|| FlowError::MissingFact { step: step.to_owned() })
    }

    /// What the step called `name` authenticated.
    pub fn authenticated_by(&self, name: &str) -> Option<&Authenticated> {
        self.authenticated.iter().find(|it| it.step.as_deref() == Some(name))
    }

    /// The methods used, sorted and each once (RFC 8176 §2, with upstream's `x_` names).
    ///
    /// Two different authenticators make it multi-factor; the same one twice does not.
    pub fn amr(&self) -> Vec<String> {
        let used =
            self.authenticated.iter().map(|it| (it.authenticator_id.as_str(), it.authentication));
        let created = self.new_passwords.iter().map(|it| (it.name(), it.authentication()));
        let all: Vec<(&str, Authentication)> = used.chain(created).collect();
        let mut amr: Vec<String> =
            all.iter().flat_map(|(_, it)| amr_of(*it)).map(|it| (*it).to_owned()).collect();
        let mut authenticators: Vec<&str> = all.iter().map(|(id, _)| *id).collect();
        authenticators.sort_unstable();
        authenticators.dedup();
        if authenticators.len() > 1 {
            amr.push("mfa".to_owned());
        }
        amr.sort_unstable();
        amr.dedup();
        amr
    }
}

impl NewPassword {
    /// Stands for the authenticator that does not exist yet.
    const fn name(&self) -> &'static str {
        if self.is_primary { "new primary" } else { "new secondary" }
    }

    const fn authentication(&self) -> Authentication {
        if self.is_primary {
            Authentication::PrimaryPassword
        } else {
            Authentication::SecondaryPassword
        }
    }
}

impl LoginIdFact {
    /// As `accounts` checked it; `None` for a state that an older build wrote otherwise.
    pub fn checked(&self) -> Option<CheckedLoginId> {
        Some(CheckedLoginId {
            key: self.key.clone(),
            r#type: LoginIdType::parse(&self.r#type)?,
            login_id: self.login_id.clone(),
            original_login_id: self.original_login_id.clone(),
            unique_key: self.unique_key.clone(),
        })
    }
}

impl From<CheckedLoginId> for LoginIdFact {
    fn from(checked: CheckedLoginId) -> Self {
        Self {
            key: checked.key,
            r#type: checked.r#type.as_str().to_owned(),
            login_id: checked.login_id,
            original_login_id: checked.original_login_id,
            unique_key: checked.unique_key,
        }
    }
}

impl ChangedPassword {
    pub const fn kind(&self) -> AuthenticatorKind {
        if self.is_primary { AuthenticatorKind::Primary } else { AuthenticatorKind::Secondary }
    }
}

/// The methods that an authentication counts as (`docs/specs/amr.md` of upstream).
pub const fn amr_of(authentication: Authentication) -> &'static [&'static str] {
    match authentication {
        Authentication::PrimaryPassword => &["pwd", "x_primary_password"],
        Authentication::SecondaryPassword => &["pwd", "x_secondary_password"],
        Authentication::PrimaryPasskey => &["x_passkey", "x_primary_passkey"],
        Authentication::PrimaryOobOtpEmail => &["otp", "x_primary_oob_otp_email"],
        Authentication::SecondaryOobOtpEmail => &["otp", "x_secondary_oob_otp_email"],
        Authentication::PrimaryOobOtpSms => &["otp", "sms", "x_primary_oob_otp_sms"],
        Authentication::SecondaryOobOtpSms => &["otp", "sms", "x_secondary_oob_otp_sms"],
        Authentication::SecondaryTotp => &["otp", "x_secondary_totp"],
        Authentication::RecoveryCode => &["x_recovery_code"],
        Authentication::DeviceToken => &["x_device_token"],
    }
}
