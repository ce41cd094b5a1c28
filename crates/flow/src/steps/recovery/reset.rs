//! `reset_password`: the new password.

use accounts::password::{self, Prepared};
use appconfig::flow::FlowStep;
use domain::UserId;
use serde_json::json;
use stdx::Secret;

use super::super::{Ask, Taken, Turn, password_policy, text};
use crate::engine::Input;
use crate::refusal::Refusal;
use crate::shape::{Member, Shape};
use crate::state::FlowState;
use crate::{FlowCx, FlowError, answer_or_error};

pub fn turn(cx: &FlowCx<'_>, step: &FlowStep) -> Turn {
    let policy = password_policy::describe(cx.ctx);
    let data = json!({ "type": "new_password_data", "password_policy": policy });
    Turn::Ask(Ask::new(step.kind, data, Shape::single(vec![Member::Text("new_password")])))
}

pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    input: &Input,
) -> Result<Taken, FlowError> {
    let recovery = state.facts.recovery.get_or_insert_default();
    let user = recovery.user_id.as_deref().filter(|_| recovery.is_verified).map(UserId::new);
    let Some(user) = user else {
        return Ok(Taken::Refused(Refusal::InvalidRecoveryCode));
    };
    let password = Secret::new(text(input, "new_password").to_owned());
    match password::prepare(cx.ctx, cx.store, cx.hasher, Some(&user), &password).await {
        Ok(Prepared::Ready(password)) => {
            recovery.hash = Some(password.into_kept());
            Ok(Taken::Done)
        }
        Ok(Prepared::Refused(rules)) => Ok(Taken::Refused(Refusal::PasswordPolicyViolated(rules))),
        Err(error) => answer_or_error(error).map(Taken::Refused),
    }
}
