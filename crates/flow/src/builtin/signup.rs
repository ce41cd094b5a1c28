//! Signing up: an identity, shown to be one's own, and something to prove it by later.

use appconfig::AppConfig;
use appconfig::authentication::SecondaryAuthenticationMode;
use appconfig::flow::{Authentication, FlowBranch, FlowKind, FlowStep, Identification, StepType};
use appconfig::identity::LoginIdKeyType;

use super::{
    branches, identification, identify, identify_name, plain, primary, prompt_create_passkey,
    requirement, requirement_of, requirement_of_address, secondary, stricter,
};

pub(super) fn steps(config: &AppConfig) -> Vec<FlowStep> {
    let login_id = |kind| by_login_id(config, kind);
    let other = |identification| match identification {
        // Who has no account yet has no passkey either.
        Identification::Passkey => None,
        Identification::Ldap => {
            let mut branch = FlowBranch::identify(identification);
            branch.steps.extend(create_secondary(config, identification));
            Some(branch)
        }
        _ => Some(FlowBranch::identify(identification)),
    };
    let mut steps = vec![identify(FlowKind::Signup, branches(config, login_id, other))];
    steps.extend(prompt_create_passkey(config));
    steps
}

fn by_login_id(config: &AppConfig, login_id: LoginIdKeyType) -> FlowBranch {
    let mut branch = FlowBranch::identify(identification(login_id));
    if must_verify(config, login_id) {
        branch.bot_protection = requirement_of_address(config, login_id);
        branch.steps.push(FlowStep {
            target_step: Some(identify_name(FlowKind::Signup)),
            ..plain(StepType::Verify)
        });
    }
    let signup = requirement(config, |it| &it.signup_or_login);
    branch.bot_protection = stricter(signup, branch.bot_protection);
    branch.steps.push(create_primary(config, login_id));
    branch.steps.extend(create_secondary(config, identification(login_id)));
    branch
}

fn must_verify(config: &AppConfig, login_id: LoginIdKeyType) -> bool {
    let claims = &config.verification.claims;
    let claim = match login_id {
        LoginIdKeyType::Email => &claims.email,
        LoginIdKeyType::Phone => &claims.phone_number,
        LoginIdKeyType::Username => return false,
    };
    claim.enabled && claim.required
}

fn create_primary(config: &AppConfig, login_id: LoginIdKeyType) -> FlowStep {
    let one_of = primary(config, login_id).filter_map(|authentication| {
        let mut branch = FlowBranch::authenticate(authentication);
        match authentication {
            // A passkey is offered when the account exists.
            Authentication::PrimaryPasskey => return None,
            Authentication::PrimaryOobOtpEmail | Authentication::PrimaryOobOtpSms => {
                branch.target_step = Some(identify_name(FlowKind::Signup));
                branch.bot_protection = requirement_of(config, authentication);
            }
            _ => {}
        }
        Some(branch)
    });
    FlowStep {
        name: Some(format!("authenticate_primary_{}", identification(login_id))),
        one_of: one_of.collect(),
        ..plain(StepType::CreateAuthenticator)
    }
}

fn create_secondary(config: &AppConfig, identification: Identification) -> Option<FlowStep> {
    let mode = config.authentication.secondary_authentication_mode;
    if mode != SecondaryAuthenticationMode::Required {
        return None;
    }
    let one_of = secondary(config).map(|authentication| {
        let mut branch = FlowBranch::authenticate(authentication);
        // A new password costs us nothing; a message does.
        if authentication != Authentication::SecondaryPassword {
            branch.bot_protection = requirement_of(config, authentication);
        }
        if !config.authentication.recovery_code.disabled {
            branch.steps.push(plain(StepType::ViewRecoveryCode));
        }
        branch
    });
    Some(FlowStep {
        name: Some(format!("authenticate_secondary_{identification}")),
        one_of: one_of.collect(),
        ..plain(StepType::CreateAuthenticator)
    })
}
