//! Proving once more who one is: the ID token says who, any authenticator will do.

use appconfig::AppConfig;
use appconfig::authentication::SecondaryAuthenticationMode;
use appconfig::flow::{FlowBranch, FlowKind, FlowStep, Identification, StepType};

use super::{identify, plain, primary_authentication, secondary};

pub(super) fn steps(config: &AppConfig) -> Vec<FlowStep> {
    let authentication = &config.authentication;
    let has_secondary =
        authentication.secondary_authentication_mode != SecondaryAuthenticationMode::Disabled;
    let authentications = authentication
        .primary_authenticators
        .iter()
        .copied()
        .map(primary_authentication)
        .chain(secondary(config).filter(|_| has_secondary));
    vec![
        identify(FlowKind::Reauth, vec![FlowBranch::identify(Identification::IdToken)]),
        FlowStep {
            name: Some("reauthenticate".to_owned()),
            one_of: authentications.map(FlowBranch::authenticate).collect(),
            ..plain(StepType::Authenticate)
        },
    ]
}
