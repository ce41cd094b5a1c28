//! Replacing a lost password: an address of the account, a message to it, a new password.

use appconfig::AppConfig;
use appconfig::flow::{FlowBranch, FlowStep, Identification, OnFailure, RecoveryChannel, StepType};
use appconfig::identity::LoginIdKeyType;

use super::{plain, requirement};

pub(super) fn steps(config: &AppConfig) -> Vec<FlowStep> {
    let channels = &config.ui.forgot_password;
    let by_address = [
        (LoginIdKeyType::Email, Identification::Email, &channels.email),
        (LoginIdKeyType::Phone, Identification::Phone, &channels.phone),
    ];
    let one_of = by_address
        .into_iter()
        .filter(|(kind, ..)| config.identity.login_id.find_type(*kind).is_some())
        .map(|(_, identification, channels)| branch(config, identification, channels));
    vec![
        FlowStep { one_of: one_of.collect(), ..plain(StepType::Identify) },
        plain(StepType::VerifyAccountRecoveryCode),
        plain(StepType::ResetPassword),
    ]
}

fn branch(
    config: &AppConfig,
    identification: Identification,
    channels: &[RecoveryChannel],
) -> FlowBranch {
    FlowBranch {
        bot_protection: requirement(config, |it| &it.account_recovery),
        // Whether an address has an account is nobody's business.
        on_failure: Some(OnFailure::Ignore),
        steps: vec![FlowStep {
            allowed_channels: channels.to_vec(),
            ..plain(StepType::SelectDestination)
        }],
        ..FlowBranch::identify(identification)
    }
}
