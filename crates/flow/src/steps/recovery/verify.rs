//! `verify_account_recovery_code`: the person has the message.

use accounts::otp::{self, Asking, Generated, Proof, Verified};
use appconfig::flow::FlowStep;
use domain::{AuthenticatorKind, UserId};
use messaging::{Addressee, Kind, Message};
use serde_json::{Value, json};
use stdx::Secret;

use super::super::{Ask, Taken, Turn, otp as codes, text};
use super::{otp_of, select};
use crate::engine::Input;
use crate::facts::{DestinationFact, RecoveryFact};
use crate::refusal::Refusal;
use crate::shape::{Member, Shape, Variant};
use crate::state::FlowState;
use crate::{FlowCx, FlowError, guard, mask, record, stopped};

pub async fn turn(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
) -> Result<Turn, FlowError> {
    let (recovery, destination) = known(state)?;
    if recovery.is_verified {
        return Ok(Turn::Settled(Taken::Done));
    }
    if !recovery.is_sent {
        let destination = destination.clone();
        // A code that was sent a moment ago is still good.
        match send(cx, state, &destination).await? {
            Some(Refusal::RateLimited(it)) if codes::is_cooldown(it.scope) => {}
            Some(refusal) => return Ok(Turn::Settled(Taken::Refused(refusal))),
            None => {}
        }
        state.facts.recovery.get_or_insert_default().is_sent = true;
    }
    let (recovery, destination) = known(state)?;
    let code = otp_of(destination);
    let asking = Asking { session: Some(&state.flow_id), ..Asking::default() };
    let standing = otp::inspect(cx.ctx, cx.kv, code, asking).await;
    let standing = standing.map_err(stopped)?;
    let shown = if select::is_somewhere(&destination.target) && recovery.target.is_some() {
        mask::target(&destination.target)
    } else {
        recovery.login_id.clone()
    };
    let data = json!({
        "type": "account_recovery_verify_code_data",
        "masked_display_name": shown,
        "channel": destination.channel,
        "otp_form": destination.form,
        "code_length": code.form.length(),
        "can_resend_at": standing.can_resend_at.to_rfc3339(),
        "failed_attempt_rate_limit_exceeded": standing.too_many_attempts,
    });
    let shape = Shape::any_of(vec![
        Variant { tag: "", required: vec![Member::Text("account_recovery_code")] },
        Variant { tag: "", required: vec![Member::True("resend")] },
    ]);
    Ok(Turn::Ask(Ask::new(step.kind, data, shape)))
}

pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    input: &Input,
) -> Result<Taken, FlowError> {
    let destination = known(state)?.1.clone();
    if input.get("resend") == Some(&Value::Bool(true)) {
        return Ok(match send(cx, state, &destination).await? {
            Some(refusal) => Taken::Refused(refusal),
            // The question stands as it was, with a new time in it.
            None => Taken::Stay(crate::stage::Stage::Resent),
        });
    }
    let code = otp_of(&destination);
    let receipt = match guard::charge(cx, code.verify_limit(), None).await? {
        Ok(receipt) => receipt,
        Err(exhausted) => return Ok(Taken::Refused(exhausted)),
    };
    let typed = Secret::new(text(input, "account_recovery_code").to_owned());
    let verified = otp::verify(cx.ctx, cx.kv, code, Proof::Code(&typed)).await;
    match verified.map_err(stopped)? {
        Verified::Right => {
            guard::refund(cx, receipt).await?;
            state.facts.recovery.get_or_insert_default().is_verified = true;
            Ok(Taken::Done)
        }
        Verified::Wrong => Ok(Taken::Refused(Refusal::InvalidRecoveryCode)),
        Verified::WornOut => Ok(Taken::Refused(Refusal::TooManyAttempts)),
    }
}

fn known(state: &FlowState) -> Result<(&RecoveryFact, &DestinationFact), FlowError> {
    let missing = || FlowError::MissingFact { step: "verify_account_recovery_code".to_owned() };
    let recovery = state.facts.recovery.as_ref().ok_or_else(missing)?;
    Ok((recovery, recovery.destination.as_ref().ok_or_else(missing)?))
}

/// Sends a code, or does as if: where nobody is reached, all is done but the sending.
async fn send(
    cx: &FlowCx<'_>,
    state: &FlowState,
    destination: &DestinationFact,
) -> Result<Option<Refusal>, FlowError> {
    let user = known(state)?.0.user_id.as_deref().map(UserId::new);
    let mut back = state.clone();
    back.facts.recovery.get_or_insert_default().is_sent = true;
    let resume = serde_json::to_value(&back).ok();
    let asking = Asking {
        user: user.as_ref(),
        session: Some(&state.flow_id),
        room: None,
        resume: resume.as_ref(),
    };
    let code = match otp::generate(cx.ctx, cx.kv, otp_of(destination), asking).await {
        Ok(Generated::Code(code)) => code,
        Ok(Generated::Refused(exhausted)) => {
            record::limit_exhausted(cx, &exhausted).await?;
            return Ok(Some(Refusal::RateLimited(exhausted)));
        }
        Err(error) => return Err(stopped(error)),
    };
    // What is done for somebody is done for nobody, too, so that time tells nothing.
    let is_somebody = user.is_some() && select::is_somewhere(&destination.target);
    let is_told = known(state)?.0.is_told;
    let asked = user.unwrap_or_else(|| UserId::new(""));
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let kind = AuthenticatorKind::Primary;
    let has_password = tx.authenticators().find_password(&asked, kind).await?.is_some();
    drop(tx);
    let otp = otp_of(destination);
    let message = Message {
        kind: Kind::ForgotPassword,
        channel: otp.channel,
        addressee: match (is_somebody, is_told) {
            (true, true) => Addressee::Known,
            (true, false) => Addressee::Hidden,
            (false, _) => Addressee::Nobody,
        },
        to: destination.target.as_str().to_owned(),
        content: codes::content(cx, otp.form, code, "/authflow/v2/reset_password"),
        language: codes::language(cx, state),
        has_password,
        expires_at: cx.ctx.now.plus_seconds(otp.lifetime_seconds(cx.ctx)),
    };
    codes::deliver(cx, state, &message).await
}
