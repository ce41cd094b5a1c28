//! A passkey names its owner and proves them at once.

use appconfig::flow::{Authentication, FlowKind, FlowStep};
use limits::Limit;
use serde_json::Value;

use super::super::{Taken, kind_of_step};
use super::{Chosen, known};
use crate::engine::Input;
use crate::facts::{Authenticated, IdentityFact};
use crate::refusal::Refusal;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, guard, passkey};

pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    at: Chosen,
    input: &Input,
) -> Result<Taken, FlowError> {
    let receipt = match guard::charge(cx, Limit::VerifyPasskey, None).await? {
        Ok(receipt) => receipt,
        Err(exhausted) => return Ok(Taken::Refused(exhausted)),
    };
    let response = input.get("assertion_response").unwrap_or(&Value::Null);
    let Some(used) = passkey::verify(cx, state, response).await? else {
        return Ok(Taken::Refused(Refusal::InvalidPasskey));
    };
    guard::refund(cx, receipt).await?;
    if kind_of_step(state) == FlowKind::SignupLogin {
        return Ok(at.switch(step, true));
    }
    let identity = IdentityFact::Known { display: used.display.clone() };
    let identified = at.identified(step, identity, used.identity_id.as_deref());
    let taken = known::found(state, identified, &used.user_id, at.branch);
    if let Taken::Branch(_) = taken {
        state.facts.authenticated.push(Authenticated {
            step: step.name.clone(),
            authentication: Authentication::PrimaryPasskey,
            authenticator_id: used.authenticator_id.as_str().to_owned(),
            change_required: None,
        });
    }
    Ok(taken)
}
