//! What a flow has established about the person so far.
//!
//! Facts are a record, so a later step asks for what it needs by name and nothing searches a
//! tree. They hold what `finish` will write; until then nothing of it is in the database. A
//! password is here as its hash only.

mod amr;
mod identity;

use appconfig::flow::Authentication;
use domain::{Attributes, AuthenticatorKind, UserId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::FlowError;

pub use amr::amr_of;
pub use identity::{Identified, IdentityFact, LdapFact, LoginIdFact, OAuthFact};

/// Everything that is known at one point of a flow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    pub person: Option<Person>,
    pub identified: Vec<Identified>,
    pub authenticated: Vec<Authenticated>,
    /// Authenticators that `finish` will give the person.
    pub enrolled: Vec<Enrolled>,
    pub changed_passwords: Vec<ChangedPassword>,
    /// Claims that were proved on the way.
    pub verified: Vec<VerifiedFact>,
    /// Codes that the person was shown, for `finish` to keep.
    pub recovery_codes: Option<Vec<String>>,
    /// Attributes that the person filled in.
    pub standard_attributes: Attributes,
    /// Keyed by attribute id.
    pub custom_attributes: Attributes,
    pub recovery: Option<RecoveryFact>,
    /// The browser asked to be spared the second factor from now on.
    pub wants_device_token: bool,
    pub terminates_other_sessions: bool,
    /// The session that the flow goes on with instead of making one.
    pub continued_session: Option<ContinuedFact>,
    /// Passkeys that the person made after signing in, and what they were made for.
    pub new_passkeys: Vec<PasskeyFact>,
    /// The person does not want to be offered a passkey again.
    pub declines_passkeys: bool,
    /// By what the person is anonymous who is about to be promoted.
    pub anonymous_identity_id: Option<String>,
    /// The account with which the person is about to link a new identity.
    pub linking: Option<LinkingFact>,
}

/// Whom the flow is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    pub id: String,
    /// Whether `finish` creates the account.
    pub is_new: bool,
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

/// An authenticator that `finish` will give the person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Enrolled {
    pub authentication: Authentication,
    pub what: EnrolledFact,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrolledFact {
    Password {
        hash: String,
    },
    Totp {
        secret: String,
        /// What the person calls it.
        #[serde(default)]
        display_name: String,
        /// The time step of the code that was seen.
        #[serde(default)]
        used_step: Option<i64>,
    },
    OobOtp {
        target: TargetFact,
        channel: Option<String>,
    },
}

/// Where codes go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetFact {
    Email(String),
    Phone(String),
}

/// A credential that proved to be one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PasskeyFact {
    pub credential_id: String,
    pub creation_options: Value,
    pub attestation_response: Value,
    pub sign_count: i64,
}

/// A password authenticator that `finish` will change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangedPassword {
    pub authenticator_id: String,
    pub is_primary: bool,
    pub hash: String,
}

/// A claim whose owner proved it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedFact {
    pub name: String,
    pub value: String,
    pub channel: Option<String>,
}

/// A lost password on its way to be replaced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecoveryFact {
    /// What was typed, normalised; an address or a number when a message can go there.
    pub login_id: String,
    pub target: Option<TargetFact>,
    /// Nobody, when whoever asks must not learn that there is nobody.
    pub user_id: Option<String>,
    /// Whether the flow tells who has an account: then it is no secret that a gateway refused.
    #[serde(default)]
    pub is_told: bool,
    pub destination: Option<DestinationFact>,
    /// Set once a code is on its way, or seems to be.
    #[serde(default)]
    pub is_sent: bool,
    /// Set once the code was right.
    pub is_verified: bool,
    /// The new password's hash.
    pub hash: Option<String>,
}

/// Where the message about a lost password goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DestinationFact {
    pub target: TargetFact,
    pub channel: String,
    pub form: String,
}

/// An account that was chosen to link an identity to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkingFact {
    pub identity_id: String,
    pub user_id: String,
    /// For an account at a provider: where to come back to.
    pub redirect_uri: Option<String>,
    pub response_mode: Option<String>,
}

/// A browser session that the person goes on with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContinuedFact {
    pub session_id: String,
    pub amr: Vec<String>,
    /// RFC 3339.
    pub authenticated_at: i64,
}

impl Facts {
    pub fn user_id(&self) -> Option<UserId> {
        self.person.as_ref().map(|person| UserId::new(person.id.clone()))
    }

    /// The person, for a step that cannot do without.
    pub fn known_user(&self, step: &str) -> Result<UserId, FlowError> {
        self.user_id().ok_or_else(|| FlowError::MissingFact { step: step.to_owned() })
    }

    /// The person, if they have an account already.
    pub fn existing_user(&self) -> Option<UserId> {
        self.person.as_ref().filter(|it| !it.is_new).and_then(|_| self.user_id())
    }

    /// What the step called `name` authenticated.
    pub fn authenticated_by(&self, name: &str) -> Option<&Authenticated> {
        self.authenticated.iter().find(|it| it.step.as_deref() == Some(name))
    }

    /// What the step called `name` identified.
    pub fn identified_by(&self, name: &str) -> Option<&Identified> {
        self.identified.iter().rev().find(|it| it.step.as_deref() == Some(name))
    }

    /// Whether the claim was proved in this flow.
    pub fn has_verified(&self, name: &str, value: &str) -> bool {
        self.verified.iter().any(|it| it.name == name && it.value == value)
    }

    /// Notes a proof; the newest channel counts.
    pub fn verify(&mut self, name: &str, value: &str, channel: Option<&str>) {
        self.verified.retain(|it| it.name != name || it.value != value);
        let channel = channel.map(str::to_owned);
        let (name, value) = (name.to_owned(), value.to_owned());
        self.verified.push(VerifiedFact { name, value, channel });
    }
}

impl ChangedPassword {
    pub const fn kind(&self) -> AuthenticatorKind {
        if self.is_primary { AuthenticatorKind::Primary } else { AuthenticatorKind::Secondary }
    }
}
