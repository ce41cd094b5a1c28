//! `prompt_create_passkey`: somebody who has just proved who they are is offered a passkey.
//!
//! Whoever has one already, or used one, is not asked. Skipping is always possible.

use appconfig::flow::{Authentication, FlowStep, Identification};
use domain::Authenticator;
use serde_json::{Value, json};

use super::{Ask, Taken, Turn};
use crate::engine::Input;
use crate::refusal::Refusal;
use crate::shape::{Member, Shape, Variant};
use crate::stage::Stage;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, passkey};

pub async fn turn(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
) -> Result<Turn, FlowError> {
    if let Some(Stage::Passkey { options }) = &state.stage {
        let data = json!({
            "type": "create_passkey_data",
            "creation_options": options,
            "allow_do_not_ask_again": cx.ctx.app.config.ui.passkey_upselling_opt_out_enabled,
        });
        let again = Member::MayBeTrueOrFalse("do_not_ask_again");
        let shape = Shape::any_of(vec![
            Variant { tag: "", required: vec![Member::Object("creation_response")] },
            Variant { tag: "", required: vec![Member::True("skip"), again] },
        ]);
        return Ok(Turn::Ask(Ask::new(step.kind, data, shape)));
    }
    if has_passkey(cx, state).await? {
        return Ok(Turn::Settled(Taken::Done));
    }
    let options = passkey::creation_options(cx, state).await?;
    Ok(Turn::Settled(Taken::Stay(Stage::Passkey { options })))
}

async fn has_passkey(cx: &FlowCx<'_>, state: &FlowState) -> Result<bool, FlowError> {
    let facts = &state.facts;
    let used =
        facts.authenticated.iter().any(|it| it.authentication == Authentication::PrimaryPasskey)
            || facts.identified.iter().any(|it| it.identification == Identification::Passkey);
    if used {
        return Ok(true);
    }
    let Some(user) = facts.existing_user() else { return Ok(false) };
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    if tx.users().declines_passkeys(&user).await? {
        return Ok(true);
    }
    let all = tx.authenticators().list(&user).await?;
    Ok(all.iter().any(|it| matches!(it, Authenticator::Passkey(_))))
}

pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    options: &Value,
    input: &Input,
) -> Result<Taken, FlowError> {
    if input.get("skip") == Some(&Value::Bool(true)) {
        let may_decline = cx.ctx.app.config.ui.passkey_upselling_opt_out_enabled;
        let declines = input.get("do_not_ask_again") == Some(&Value::Bool(true));
        state.facts.declines_passkeys = may_decline && declines;
        return Ok(Taken::Done);
    }
    let response = input.get("creation_response").unwrap_or(&Value::Null);
    Ok(match passkey::create(cx, state, options, response).await? {
        Some(made) => {
            state.facts.new_passkeys.push(made);
            Taken::Done
        }
        None => Taken::Refused(Refusal::InvalidPasskey),
    })
}
