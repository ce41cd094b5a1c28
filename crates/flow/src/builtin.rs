//! The flows that exist without being declared, generated from the rest of the
//! configuration: which identities and authenticators a project has, and where it asks
//! for bot protection.
//!
//! Each kind has one, called `default`. A declared flow of that name takes its place;
//! that choice belongs to the caller.

mod account_recovery;
mod enforced;
mod login;
mod promote;
mod reauth;
mod signup;
mod signup_login;

use appconfig::AppConfig;
use appconfig::authentication::{IdentityType, PrimaryAuthenticatorType};
use appconfig::bot_protection::{
    BotProtectionMode, BotProtectionRequirement, BotProtectionRequirements,
};
use appconfig::flow::{
    Authentication, Flow, FlowBranch, FlowKind, FlowStep, Identification, StepType,
};
use appconfig::identity::LoginIdKeyType;

pub(crate) use enforced::enforced;

/// The name of every generated flow.
pub const NAME: &str = "default";

/// Generates the flow of a kind.
pub fn generate(config: &AppConfig, kind: FlowKind) -> Flow {
    let steps = match kind {
        FlowKind::Signup => signup::steps(config),
        FlowKind::Promote => promote::steps(config),
        FlowKind::Login => login::steps(config),
        FlowKind::SignupLogin => signup_login::steps(config),
        FlowKind::Reauth => reauth::steps(config),
        FlowKind::AccountRecovery => account_recovery::steps(config),
    };
    Flow { name: NAME.to_owned(), steps }
}

/// The first step. Its name differs from kind to kind: account linking walks a login flow
/// inside a signup flow, and a reference must not find the wrong one of the two.
fn identify(kind: FlowKind, one_of: Vec<FlowBranch>) -> FlowStep {
    FlowStep {
        name: Some(identify_name(kind)),
        kind: StepType::Identify,
        one_of,
        ..FlowStep::default()
    }
}

fn identify_name(kind: FlowKind) -> String {
    format!("{kind}_identify")
}

/// A step of which nothing more needs to be said.
fn plain(kind: StepType) -> FlowStep {
    FlowStep { kind, ..FlowStep::default() }
}

/// One branch for each way in that the project has, in its order. `login_id` says what a
/// branch looks like for each type of login ID, `other` for everything else.
fn branches(
    config: &AppConfig,
    login_id: impl Fn(LoginIdKeyType) -> FlowBranch,
    other: impl Fn(Identification) -> Option<FlowBranch>,
) -> Vec<FlowBranch> {
    let mut branches = Vec::new();
    for identity in &config.authentication.identities {
        match identity {
            IdentityType::LoginId => branches.extend(login_id_types(config).map(&login_id)),
            IdentityType::OAuth if !config.identity.oauth.providers.is_empty() => {
                branches.extend(other(Identification::OAuth));
            }
            IdentityType::Ldap if !config.identity.ldap.servers.is_empty() => {
                branches.extend(other(Identification::Ldap));
            }
            IdentityType::Passkey => branches.extend(other(Identification::Passkey)),
            // Nobody can be found in these, or they have endpoints of their own.
            IdentityType::OAuth
            | IdentityType::Ldap
            | IdentityType::Anonymous
            | IdentityType::Biometric
            | IdentityType::Siwe => {}
        }
    }
    branches
}

/// The types of login ID in the order of their keys, each once.
fn login_id_types(config: &AppConfig) -> impl Iterator<Item = LoginIdKeyType> {
    let keys = &config.identity.login_id.keys;
    let first = |(index, kind): (usize, LoginIdKeyType)| {
        keys[..index].iter().all(|key| key.kind != kind).then_some(kind)
    };
    keys.iter().map(|key| key.kind).enumerate().filter_map(first)
}

fn identification(login_id: LoginIdKeyType) -> Identification {
    match login_id {
        LoginIdKeyType::Email => Identification::Email,
        LoginIdKeyType::Phone => Identification::Phone,
        LoginIdKeyType::Username => Identification::Username,
    }
}

/// The primary authentications that go with a login ID, in the project's order. A code can
/// only be sent to the address that was given.
fn primary(config: &AppConfig, login_id: LoginIdKeyType) -> impl Iterator<Item = Authentication> {
    let kinds = config.authentication.primary_authenticators.iter();
    kinds.copied().map(primary_authentication).filter(move |authentication| match authentication {
        Authentication::PrimaryOobOtpEmail => login_id == LoginIdKeyType::Email,
        Authentication::PrimaryOobOtpSms => login_id == LoginIdKeyType::Phone,
        _ => true,
    })
}

fn primary_authentication(kind: PrimaryAuthenticatorType) -> Authentication {
    match kind {
        PrimaryAuthenticatorType::Password => Authentication::PrimaryPassword,
        PrimaryAuthenticatorType::Passkey => Authentication::PrimaryPasskey,
        PrimaryAuthenticatorType::OobOtpEmail => Authentication::PrimaryOobOtpEmail,
        PrimaryAuthenticatorType::OobOtpSms => Authentication::PrimaryOobOtpSms,
    }
}

/// The secondary authentications, in the project's order.
fn secondary(config: &AppConfig) -> impl Iterator<Item = Authentication> {
    use appconfig::authentication::SecondaryAuthenticatorType as Kind;
    config.authentication.secondary_authenticators.iter().map(|kind| match kind {
        Kind::Password => Authentication::SecondaryPassword,
        Kind::OobOtpEmail => Authentication::SecondaryOobOtpEmail,
        Kind::OobOtpSms => Authentication::SecondaryOobOtpSms,
        Kind::Totp => Authentication::SecondaryTotp,
    })
}

/// Passkeys are offered at the end where they can be used.
fn prompt_create_passkey(config: &AppConfig) -> Option<FlowStep> {
    config
        .authentication
        .has_primary(PrimaryAuthenticatorType::Passkey)
        .then(|| plain(StepType::PromptCreatePasskey))
}

/// What the project asks of one place, while bot protection is on.
fn requirement(
    config: &AppConfig,
    place: fn(&BotProtectionRequirements) -> &Option<BotProtectionRequirement>,
) -> Option<BotProtectionRequirement> {
    config.bot_protection.active_provider()?;
    place(config.bot_protection.requirements.as_ref()?).clone()
}

/// What the project asks before an authentication by code or password.
fn requirement_of(
    config: &AppConfig,
    authentication: Authentication,
) -> Option<BotProtectionRequirement> {
    match authentication {
        Authentication::PrimaryPassword | Authentication::SecondaryPassword => {
            requirement(config, |it| &it.password)
        }
        Authentication::PrimaryOobOtpEmail | Authentication::SecondaryOobOtpEmail => {
            requirement(config, |it| &it.oob_otp_email)
        }
        Authentication::PrimaryOobOtpSms | Authentication::SecondaryOobOtpSms => {
            requirement(config, |it| &it.oob_otp_sms)
        }
        Authentication::PrimaryPasskey
        | Authentication::SecondaryTotp
        | Authentication::RecoveryCode
        | Authentication::DeviceToken => None,
    }
}

/// What is asked before a code is sent to a login ID.
fn requirement_of_address(
    config: &AppConfig,
    login_id: LoginIdKeyType,
) -> Option<BotProtectionRequirement> {
    match login_id {
        LoginIdKeyType::Email => requirement(config, |it| &it.oob_otp_email),
        LoginIdKeyType::Phone => requirement(config, |it| &it.oob_otp_sms),
        LoginIdKeyType::Username => None,
    }
}

/// The stricter of two requirements for the same place.
fn stricter(
    one: Option<BotProtectionRequirement>,
    other: Option<BotProtectionRequirement>,
) -> Option<BotProtectionRequirement> {
    match (one, other) {
        (Some(one), Some(other)) => {
            Some(if other.mode == BotProtectionMode::Always { other } else { one })
        }
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests;
