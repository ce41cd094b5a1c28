//! `verify`: the person proves that the address or number they signed up with is theirs.

use appconfig::flow::FlowStep;

use super::{Taken, Turn, otp};
use crate::facts::TargetFact;
use crate::plan;
use crate::refusal::Refusal;
use crate::stage::OtpGoal;
use crate::state::FlowState;
use crate::{FlowCx, FlowError};

pub async fn turn(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
) -> Result<Turn, FlowError> {
    let name = step.target_step.as_deref().unwrap_or_default();
    let Some(identified) = state.facts.identified_by(name) else {
        // A step that was not taken leaves nothing to prove. One that is not there is a mistake:
        // somebody thinks that addresses are proved.
        return Ok(Turn::Settled(if is_declared(cx, state, name) {
            Taken::Done
        } else {
            let target_step = name.to_owned();
            Taken::Refused(Refusal::InvalidTargetStep { target_step })
        }));
    };
    let claim = |name| identified.identity.claim(name);
    let target = claim("email")
        .map(TargetFact::Email)
        .or_else(|| claim("phone_number").map(TargetFact::Phone));
    let Some(target) = target else {
        return Ok(Turn::Settled(Taken::Done));
    };
    if is_verified(cx, state, &target).await? {
        return Ok(Turn::Settled(Taken::Done));
    }
    let begun = otp::begin(cx, state, None, OtpGoal::Verify, target, "").await?;
    Ok(Turn::Settled(begun))
}

/// Whether the flow has a step of this name at all.
fn is_declared(cx: &FlowCx<'_>, state: &FlowState, name: &str) -> bool {
    let todo = state.todo.last();
    let flow = todo.and_then(|todo| plan::flow_of(&cx.ctx.app, state, todo).ok());
    flow.is_some_and(|flow| plan::has_step(&flow.steps, name))
}

/// Whether the person proved it, in this flow or before.
pub async fn is_verified(
    cx: &FlowCx<'_>,
    state: &FlowState,
    target: &TargetFact,
) -> Result<bool, FlowError> {
    let (name, value) = (target.claim(), target.as_str());
    if state.facts.has_verified(name, value) {
        return Ok(true);
    }
    let Some(user) = state.facts.existing_user() else { return Ok(false) };
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let proved = tx.verified_claims().list(&user).await?;
    Ok(proved.iter().any(|it| it.name == name && it.value == value))
}
