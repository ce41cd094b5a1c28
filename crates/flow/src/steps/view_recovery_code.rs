//! `view_recovery_code`: the person sees the codes that stand in for a lost second factor.
//!
//! Only somebody with a second factor gets any, and only once: what they have already is not
//! shown again. The codes are theirs once they say that they have kept them.

use accounts::recovery_code;
use appconfig::flow::FlowStep;
use serde_json::json;

use super::{Ask, Taken, Turn};
use crate::shape::{Member, Shape};
use crate::stage::{Stage, is_secondary};
use crate::state::FlowState;
use crate::{FlowCx, FlowError};

pub async fn turn(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
) -> Result<Turn, FlowError> {
    if let Some(Stage::RecoveryCodes { codes }) = &state.stage {
        let shown: Vec<String> = codes.iter().map(|it| recovery_code::format(it)).collect();
        let data = json!({ "type": "view_recovery_code_data", "recovery_codes": shown });
        let shape = Shape::single(vec![Member::True("confirm_recovery_code")]);
        return Ok(Turn::Ask(Ask::new(step.kind, data, shape)));
    }
    let has_second = state.facts.enrolled.iter().any(|it| is_secondary(it.authentication));
    if !has_second || cx.ctx.app.config.authentication.recovery_code.disabled {
        return Ok(Turn::Settled(Taken::Done));
    }
    if let Some(user) = state.facts.existing_user() {
        let mut tx = cx.store.read(&cx.ctx.app.id).await?;
        if !tx.authenticators().list_recovery_codes(&user).await?.is_empty() {
            return Ok(Turn::Settled(Taken::Done));
        }
    }
    let codes = recovery_code::generate(cx.ctx);
    Ok(Turn::Settled(Taken::Stay(Stage::RecoveryCodes { codes })))
}
