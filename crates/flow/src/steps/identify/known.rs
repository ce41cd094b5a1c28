//! People who are known: by what they said, or before they say anything.

use appconfig::flow::{FlowKind, FlowStep};
use domain::UserId;

use super::super::{Taken, kind_of_step};
use super::identification_of;
use crate::facts::{Identified, Person};
use crate::refusal::Refusal;
use crate::state::FlowState;
use crate::{FlowCx, FlowError};

/// Notes whom the flow is about, and by what they were found.
///
/// Where the flow is about somebody already, it must be the same person.
pub fn found(state: &mut FlowState, identified: Identified, user: &UserId, branch: usize) -> Taken {
    let hint = state.setting.user_id_hint.as_deref();
    if hint.is_some_and(|hint| hint != user.as_str()) {
        return Taken::Refused(Refusal::DifferentUser);
    }
    if let Some(person) = state.facts.person.as_ref().filter(|it| !it.is_new)
        && person.id != user.as_str()
    {
        return Taken::Refused(Refusal::DifferentUser);
    }
    state.facts.person = Some(Person { id: user.as_str().to_owned(), is_new: false });
    state.facts.identified.push(identified);
    Taken::Branch(branch)
}

/// Somebody has come back from a provider already; or, in a login flow that is walked to link an
/// account, the account was chosen.
pub async fn settle(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
) -> Result<Option<Taken>, FlowError> {
    if state.arrived.is_some() {
        return super::oauth::settle(cx, state, step).await;
    }
    if matches!(kind_of_step(state), FlowKind::Signup | FlowKind::Promote) {
        return identified_before(cx, state, step).await;
    }
    let Some(linking) = state.facts.linking.clone() else { return Ok(None) };
    let is_inside = state.todo.last().is_some_and(|todo| todo.flow.is_some());
    if !is_inside || kind_of_step(state) != FlowKind::Login {
        return Ok(None);
    }
    super::linking::answer_for(cx, state, step, &linking).await.map(Some)
}

/// Whoever signed up into an account that was there need not give what it has already.
async fn identified_before(
    cx: &FlowCx<'_>,
    state: &FlowState,
    step: &FlowStep,
) -> Result<Option<Taken>, FlowError> {
    let Some(user) = state.facts.existing_user() else { return Ok(None) };
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let own = tx.identities().list(&user).await?;
    let has = |identification| own.iter().any(|it| identification_of(it) == Some(identification));
    let branch = step.one_of.iter().position(|it| it.identification.is_some_and(has));
    Ok(branch.map(Taken::Branch))
}
