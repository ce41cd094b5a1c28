//! Signing up or in, whichever it turns out to be: only the first step, which then sends
//! on to one of the two flows.

use appconfig::AppConfig;
use appconfig::flow::{FlowBranch, FlowKind, FlowStep, Identification};

use super::{
    NAME, branches, identification, identify, requirement, requirement_of_address, stricter,
};

pub(super) fn steps(config: &AppConfig) -> Vec<FlowStep> {
    let login_id = |kind| {
        let signup_or_login = requirement(config, |it| &it.signup_or_login);
        let message = requirement_of_address(config, kind);
        FlowBranch {
            bot_protection: stricter(signup_or_login, message),
            ..either(identification(kind))
        }
    };
    let other = |identification| {
        Some(match identification {
            Identification::Passkey => only_login(identification),
            _ => either(identification),
        })
    };
    let mut one_of = vec![only_login(Identification::SelectAccount)];
    one_of.extend(branches(config, login_id, other));
    vec![identify(FlowKind::SignupLogin, one_of)]
}

fn either(identification: Identification) -> FlowBranch {
    FlowBranch { signup_flow: Some(NAME.to_owned()), ..only_login(identification) }
}

/// For what only someone with an account has.
fn only_login(identification: Identification) -> FlowBranch {
    FlowBranch { login_flow: Some(NAME.to_owned()), ..FlowBranch::identify(identification) }
}
