//! The step that hooks add to a flow when they insist on a second factor, as a flow of its own.

use appconfig::AppConfig;
use appconfig::flow::{Authentication, Flow, FlowBranch, FlowKind, FlowStep, StepType};

use super::{plain, requirement_of, secondary};

/// Proves with, or sets up, any of the project's second factors.
pub fn enforced(config: &AppConfig, kind: FlowKind) -> Flow {
    let is_new = matches!(kind, FlowKind::Signup | FlowKind::Promote);
    let has_recovery_codes = !config.authentication.recovery_code.disabled;
    let branch = |authentication| FlowBranch {
        bot_protection: (kind != FlowKind::Reauth && !(is_new && is_password(authentication)))
            .then(|| requirement_of(config, authentication))
            .flatten(),
        steps: (is_new && has_recovery_codes)
            .then(|| plain(StepType::ViewRecoveryCode))
            .into_iter()
            .collect(),
        ..FlowBranch::authenticate(authentication)
    };
    let mut one_of: Vec<FlowBranch> = secondary(config).map(branch).collect();
    if kind == FlowKind::Login && has_recovery_codes {
        one_of.push(FlowBranch::authenticate(Authentication::RecoveryCode));
    }
    let step = if is_new { StepType::CreateAuthenticator } else { StepType::Authenticate };
    Flow { name: String::new(), steps: vec![FlowStep { one_of, ..plain(step) }] }
}

/// To choose a password proves nothing that a program could guess at.
fn is_password(authentication: Authentication) -> bool {
    authentication == Authentication::SecondaryPassword
}
