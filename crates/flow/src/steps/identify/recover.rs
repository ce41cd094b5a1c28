//! In an account recovery flow: whose password is lost.

use appconfig::flow::{FlowStep, OnFailure};
use limits::Limit;

use super::super::{Taken, text};
use super::{Chosen, login_id};
use crate::engine::Input;
use crate::facts::{IdentityFact, LoginIdFact, RecoveryFact, TargetFact};
use crate::refusal::{IdentityDetails, IdentityShape, Refusal};
use crate::state::FlowState;
use crate::{FlowCx, FlowError, guard};

pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    at: Chosen,
    input: &Input,
) -> Result<Taken, FlowError> {
    let login_id = match login_id::check(cx, at.identification, text(input, "login_id"), false) {
        Ok(login_id) => login_id,
        Err(refusal) => return Ok(Taken::Refused(refusal)),
    };
    let tells = step.one_of[at.branch].on_failure != Some(OnFailure::Ignore);
    // A flow that tells who is known is charged for being asked.
    let receipt = if tells {
        match guard::charge(cx, Limit::EnumerateAccounts, None).await? {
            Ok(receipt) => Some(receipt),
            Err(exhausted) => return Ok(Taken::Refused(exhausted)),
        }
    } else {
        None
    };
    let found = login_id::look_up(cx, &login_id).await?;
    if found.is_none() && tells {
        let incoming = IdentityShape::LoginId(login_id.r#type);
        let details = IdentityDetails::new(Some(incoming), None);
        return Ok(Taken::Refused(Refusal::UserNotFound(details)));
    }
    if let Some(receipt) = receipt {
        guard::refund(cx, receipt).await?;
    }
    let target = match login_id.r#type {
        domain::LoginIdType::Email => Some(TargetFact::Email(login_id.login_id.clone())),
        domain::LoginIdType::Phone => Some(TargetFact::Phone(login_id.login_id.clone())),
        domain::LoginIdType::Username => None,
    };
    state.facts.recovery = Some(RecoveryFact {
        login_id: login_id.login_id.clone(),
        target,
        is_told: tells,
        user_id: found.as_ref().map(|it| it.user_id().as_str().to_owned()),
        ..RecoveryFact::default()
    });
    let identity_id = found.as_ref().map(|it| it.id().as_str());
    let fact = IdentityFact::LoginId(LoginIdFact::from(login_id));
    state.facts.identified.push(at.identified(step, fact, identity_id));
    Ok(Taken::Branch(at.branch))
}
