//! Authentication flows as they are declared: a tree of steps and branches.
//!
//! One set of types serves all six kinds of flow; what each kind allows is in the schema
//! (`flow/schema.rs`). Keys that a step or branch does not know are ignored.

mod schema;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::account::AccountLinkingAction;
use crate::bot_protection::BotProtectionRequirement;
use crate::rate_limit::RateLimit;
use crate::section::{choice, is_empty, section};

pub(crate) use schema::definitions;

choice! {
    /// What a flow is for.
    pub enum FlowKind {
        Signup = "signup",
        Promote = "promote",
        Login = "login",
        SignupLogin = "signup_login",
        Reauth = "reauth",
        AccountRecovery = "account_recovery",
    }

    /// What a step does.
    pub enum StepType {
        Identify = "identify",
        Authenticate = "authenticate",
        CreateAuthenticator = "create_authenticator",
        Verify = "verify",
        FillInUserProfile = "fill_in_user_profile",
        ViewRecoveryCode = "view_recovery_code",
        PromptCreatePasskey = "prompt_create_passkey",
        TerminateOtherSessions = "terminate_other_sessions",
        CheckAccountStatus = "check_account_status",
        ChangePassword = "change_password",
        SelectDestination = "select_destination",
        VerifyAccountRecoveryCode = "verify_account_recovery_code",
        ResetPassword = "reset_password",
    }

    /// How a user says who they are.
    pub enum Identification {
        Email = "email",
        Phone = "phone",
        Username = "username",
        OAuth = "oauth",
        Passkey = "passkey",
        IdToken = "id_token",
        Ldap = "ldap",
        SelectAccount = "select_account",
    }

    /// How a user proves it.
    pub enum Authentication {
        PrimaryPassword = "primary_password",
        PrimaryPasskey = "primary_passkey",
        PrimaryOobOtpEmail = "primary_oob_otp_email",
        PrimaryOobOtpSms = "primary_oob_otp_sms",
        SecondaryPassword = "secondary_password",
        SecondaryTotp = "secondary_totp",
        SecondaryOobOtpEmail = "secondary_oob_otp_email",
        SecondaryOobOtpSms = "secondary_oob_otp_sms",
        RecoveryCode = "recovery_code",
        DeviceToken = "device_token",
    }

    /// What happens when account recovery finds nobody.
    pub enum OnFailure {
        Ignore = "ignore",
        Error = "error",
    }

    /// By which channel a recovery message travels.
    pub enum RecoveryCodeChannel {
        Sms = "sms",
        Email = "email",
        Whatsapp = "whatsapp",
    }

    /// What a recovery message carries.
    pub enum RecoveryCodeForm {
        Code = "code",
        Link = "link",
    }
}

/// A flow: steps taken one after the other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Flow {
    pub name: String,
    pub steps: Vec<FlowStep>,
}

/// A step, with the branches it offers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FlowStep {
    /// What other steps refer to it by.
    #[serde(skip_serializing_if = "is_empty")]
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: StepType,
    #[serde(skip_serializing_if = "is_empty")]
    pub optional: Option<bool>,
    #[serde(skip_serializing_if = "is_empty")]
    pub one_of: Vec<FlowBranch>,
    /// The step whose identity is verified, or whose password is changed.
    #[serde(skip_serializing_if = "is_empty")]
    pub target_step: Option<String>,
    #[serde(skip_serializing_if = "is_empty")]
    pub user_profile: Vec<FlowUserProfile>,
    #[serde(skip_serializing_if = "is_empty")]
    pub enumerate_destinations: bool,
    #[serde(skip_serializing_if = "is_empty")]
    pub allowed_channels: Vec<RecoveryChannel>,
}

/// One choice of a step, with the steps that follow from it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FlowBranch {
    #[serde(skip_serializing_if = "is_empty")]
    pub identification: Option<Identification>,
    #[serde(skip_serializing_if = "is_empty")]
    pub authentication: Option<Authentication>,
    /// The step whose identity supplies the address.
    #[serde(skip_serializing_if = "is_empty")]
    pub target_step: Option<String>,
    #[serde(skip_serializing_if = "is_empty")]
    pub verification_required: Option<bool>,
    #[serde(skip_serializing_if = "is_empty")]
    pub bot_protection: Option<BotProtectionRequirement>,
    #[serde(skip_serializing_if = "is_empty")]
    pub on_failure: Option<OnFailure>,
    #[serde(skip_serializing_if = "is_empty")]
    pub signup_flow: Option<String>,
    #[serde(skip_serializing_if = "is_empty")]
    pub login_flow: Option<String>,
    #[serde(skip_serializing_if = "is_empty")]
    pub account_linking: Option<FlowAccountLinking>,
    #[serde(skip_serializing_if = "is_empty")]
    pub steps: Vec<FlowStep>,
}

/// An attribute that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FlowUserProfile {
    pub pointer: String,
    pub required: bool,
}

/// How a branch departs from the project's `account_linking`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FlowAccountLinking {
    #[serde(skip_serializing_if = "is_empty")]
    pub oauth: Vec<FlowAccountLinkingItem>,
    #[serde(skip_serializing_if = "is_empty")]
    pub login_id: Vec<FlowAccountLinkingItem>,
}

/// The departure from one named item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FlowAccountLinkingItem {
    pub name: String,
    #[serde(skip_serializing_if = "is_empty")]
    pub action: Option<AccountLinkingAction>,
    #[serde(skip_serializing_if = "is_empty")]
    pub login_flow: Option<String>,
}

/// A channel by which a lost password can be replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryChannel {
    pub channel: RecoveryCodeChannel,
    pub otp_form: RecoveryCodeForm,
}

section! {
    /// `authentication_flow`: flows besides the generated ones.
    pub struct AuthenticationFlowConfig {
        rate_limits: AuthenticationFlowRateLimits = AuthenticationFlowRateLimits::default(),
        ..
        #[schemars(with = "Vec<SignupFlow>", length(min = 1))]
        signup_flows: Vec<Flow>,
        #[schemars(with = "Vec<SignupFlow>", length(min = 1))]
        promote_flows: Vec<Flow>,
        #[schemars(with = "Vec<LoginFlow>", length(min = 1))]
        login_flows: Vec<Flow>,
        #[schemars(with = "Vec<SignupLoginFlow>", length(min = 1))]
        signup_login_flows: Vec<Flow>,
        #[schemars(with = "Vec<ReauthFlow>", length(min = 1))]
        reauth_flows: Vec<Flow>,
        #[schemars(with = "Vec<AccountRecoveryFlow>", length(min = 1))]
        account_recovery_flows: Vec<Flow>,
    }

    /// How fast flows may be walked.
    pub struct AuthenticationFlowRateLimits {
        per_ip: RateLimit = RateLimit::default(),
    }
}

/// Markers that point the schema at the definitions of `flow/schema.rs`.
macro_rules! references {
    ($( $name:ident = $definition:literal ),*) => { $(
        pub(crate) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed(concat!("ReferenceTo", stringify!($name)))
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "$ref": concat!("#/$defs/", $definition) })
            }
        }
    )* };
}

references! {
    SignupFlow = "AuthenticationFlowSignupFlow",
    LoginFlow = "AuthenticationFlowLoginFlow",
    SignupLoginFlow = "AuthenticationFlowSignupLoginFlow",
    ReauthFlow = "AuthenticationFlowReauthFlow",
    AccountRecoveryFlow = "AuthenticationFlowAccountRecoveryFlow"
}

impl JsonSchema for RecoveryChannel {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("AccountRecoveryChannel")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schema::recovery_channel()
    }
}

impl RecoveryChannel {
    pub const EMAIL_LINK: Self =
        Self { channel: RecoveryCodeChannel::Email, otp_form: RecoveryCodeForm::Link };
    pub const EMAIL_CODE: Self =
        Self { channel: RecoveryCodeChannel::Email, otp_form: RecoveryCodeForm::Code };
    pub const SMS_CODE: Self =
        Self { channel: RecoveryCodeChannel::Sms, otp_form: RecoveryCodeForm::Code };
    pub const SMS_LINK: Self =
        Self { channel: RecoveryCodeChannel::Sms, otp_form: RecoveryCodeForm::Link };
    pub const WHATSAPP_CODE: Self =
        Self { channel: RecoveryCodeChannel::Whatsapp, otp_form: RecoveryCodeForm::Code };
}

impl FlowStep {
    pub fn is_optional(&self) -> bool {
        self.optional == Some(true)
    }
}

impl FlowBranch {
    pub fn identify(identification: Identification) -> Self {
        Self { identification: Some(identification), ..Self::default() }
    }

    pub fn authenticate(authentication: Authentication) -> Self {
        Self { authentication: Some(authentication), ..Self::default() }
    }
}

impl AuthenticationFlowConfig {
    /// The declared flows of a kind.
    pub fn flows(&self, kind: FlowKind) -> &[Flow] {
        match kind {
            FlowKind::Signup => &self.signup_flows,
            FlowKind::Promote => &self.promote_flows,
            FlowKind::Login => &self.login_flows,
            FlowKind::SignupLogin => &self.signup_login_flows,
            FlowKind::Reauth => &self.reauth_flows,
            FlowKind::AccountRecovery => &self.account_recovery_flows,
        }
    }

    pub fn find_flow(&self, kind: FlowKind, name: &str) -> Option<&Flow> {
        self.flows(kind).iter().find(|flow| flow.name == name)
    }
}
