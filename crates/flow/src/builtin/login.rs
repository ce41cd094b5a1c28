//! Signing in: who one is, the proof, perhaps a second one, and what must be put right
//! before the door opens.

use appconfig::AppConfig;
use appconfig::authentication::SecondaryAuthenticationMode;
use appconfig::flow::{Authentication, FlowBranch, FlowKind, FlowStep, Identification, StepType};
use appconfig::identity::LoginIdKeyType;

use super::{
    branches, identification, identify, identify_name, plain, primary, prompt_create_passkey,
    requirement, requirement_of, secondary,
};

pub(super) fn steps(config: &AppConfig) -> Vec<FlowStep> {
    let login_id = |kind| by_login_id(config, kind);
    let other = |identification| {
        let mut branch = FlowBranch::identify(identification);
        if identification == Identification::Ldap {
            branch.steps.extend(authenticate_secondary(config, identification));
        }
        Some(branch)
    };
    let mut one_of = vec![FlowBranch::identify(Identification::SelectAccount)];
    one_of.extend(branches(config, login_id, other));
    let mut steps = vec![
        identify(FlowKind::Login, one_of),
        plain(StepType::CheckAccountStatus),
        plain(StepType::TerminateOtherSessions),
    ];
    steps.extend(prompt_create_passkey(config));
    steps
}

fn by_login_id(config: &AppConfig, login_id: LoginIdKeyType) -> FlowBranch {
    FlowBranch {
        bot_protection: requirement(config, |it| &it.signup_or_login),
        steps: vec![authenticate_primary(config, login_id)],
        ..FlowBranch::identify(identification(login_id))
    }
}

fn authenticate_primary(config: &AppConfig, login_id: LoginIdKeyType) -> FlowStep {
    let identification = identification(login_id);
    let name = format!("authenticate_primary_{identification}");
    let one_of = primary(config, login_id).map(|authentication| {
        let mut branch = FlowBranch::authenticate(authentication);
        branch.bot_protection = requirement_of(config, authentication);
        // A passkey is two factors in one.
        if authentication != Authentication::PrimaryPasskey {
            branch.steps.extend(authenticate_secondary(config, identification));
        }
        match authentication {
            Authentication::PrimaryPassword => branch.steps.push(FlowStep {
                target_step: Some(name.clone()),
                ..plain(StepType::ChangePassword)
            }),
            Authentication::PrimaryOobOtpEmail | Authentication::PrimaryOobOtpSms => {
                branch.target_step = Some(identify_name(FlowKind::Login));
            }
            _ => {}
        }
        branch
    });
    FlowStep { one_of: one_of.collect(), name: Some(name.clone()), ..plain(StepType::Authenticate) }
}

fn authenticate_secondary(config: &AppConfig, identification: Identification) -> Option<FlowStep> {
    let authentication = &config.authentication;
    let mode = authentication.secondary_authentication_mode;
    if mode == SecondaryAuthenticationMode::Disabled {
        return None;
    }
    let mut one_of: Vec<_> = secondary(config)
        .map(|authentication| FlowBranch {
            bot_protection: requirement_of(config, authentication),
            ..FlowBranch::authenticate(authentication)
        })
        .collect();
    if !authentication.recovery_code.disabled {
        one_of.push(FlowBranch::authenticate(Authentication::RecoveryCode));
    }
    if !authentication.device_token.disabled {
        one_of.push(FlowBranch::authenticate(Authentication::DeviceToken));
    }
    Some(FlowStep {
        name: Some(format!("authenticate_secondary_{identification}")),
        optional: (mode == SecondaryAuthenticationMode::IfExists).then_some(true),
        one_of,
        ..plain(StepType::Authenticate)
    })
}
