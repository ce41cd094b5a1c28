//! `authenticate`: the person proves it.
//!
//! A primary password is offered even to somebody who has none, so that the page where a lost
//! password is recovered can be reached, and nobody learns which accounts have passwords.

mod device;
mod options;
mod prove;

use appconfig::flow::{Authentication, FlowStep};

use serde_json::{Value, json};

use super::{Ask, Taken, Turn, create_authenticator, index, otp, text};
use crate::bot;
use crate::engine::Input;
use crate::facts::Authenticated;
use crate::refusal::Refusal;
use crate::shape::Shape;
use crate::stage::{OtpGoal, Stage};
use crate::state::FlowState;
use crate::{FlowCx, FlowError};
use options::Offer;

pub async fn turn(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
) -> Result<Turn, FlowError> {
    if matches!(state.stage, Some(Stage::Enrol | Stage::Totp { .. })) {
        return create_authenticator::turn(cx, state, step).await;
    }
    let user = state.facts.known_user("authenticate")?;
    let known = options::Known::load(cx, &user).await?;
    let spares = device::branch(step).filter(|_| known.has_second_factor());
    if let Some(branch) = spares
        && device::is_spared(cx, &user).await?
    {
        state.facts.authenticated.push(Authenticated {
            step: step.name.clone(),
            authentication: Authentication::DeviceToken,
            authenticator_id: String::new(),
            change_required: None,
        });
        return Ok(Turn::Settled(Taken::Branch(branch)));
    }
    let offers = options::offers(cx, state, step, &known, spares.is_some()).await?;
    if offers.is_empty() {
        return nothing_to_offer(cx, state, step).await;
    }
    let options: Vec<&Value> = offers.iter().map(|it| &it.option).collect();
    let data = json!({
        "type": "authentication_data",
        "options": options,
        "device_token_enabled": spares.is_some(),
    });
    let variants = offers.iter().map(|it| it.variant.clone()).collect();
    Ok(Turn::Ask(Ask::new(step.kind, data, Shape::one_of("authentication", variants))))
}

/// Nothing of what is asked belongs to the person: they go on, set something up, or are stuck.
async fn nothing_to_offer(
    cx: &FlowCx<'_>,
    state: &FlowState,
    step: &FlowStep,
) -> Result<Turn, FlowError> {
    if step.is_optional() {
        return Ok(Turn::Settled(Taken::Done));
    }
    Ok(Turn::Settled(if may_enrol(cx, state).await? {
        Taken::Stay(Stage::Enrol)
    } else {
        Taken::Refused(Refusal::NoAuthenticator)
    }))
}

/// Whether somebody without a second factor may set one up now, having proved the first
/// (`docs/specs/2fa-grace-period.md` of upstream).
async fn may_enrol(cx: &FlowCx<'_>, state: &FlowState) -> Result<bool, FlowError> {
    if state.facts.authenticated.is_empty() && state.facts.enrolled.is_empty() {
        return Ok(false);
    }
    let grace = &cx.ctx.app.config.authentication.secondary_authentication_grace_period;
    if grace.is_open(cx.ctx.now) {
        return Ok(true);
    }
    let Some(user) = state.facts.existing_user() else { return Ok(false) };
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let found = tx.users().find(&user).await?;
    Ok(found.and_then(|it| it.mfa_grace_period_end_at).is_some_and(|end| cx.ctx.now < end))
}

pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    input: &Input,
) -> Result<Taken, FlowError> {
    let user = state.facts.known_user("authenticate")?;
    let known = options::Known::load(cx, &user).await?;
    let spares = device::branch(step).is_some() && known.has_second_factor();
    let mut offers = options::offers(cx, state, step, &known, spares).await?;
    let wanted = text(input, "authentication");
    // An address is named by its place among the options.
    let at = match offers.get(index(input, "index")) {
        Some(it) if it.authentication.as_str() == wanted && input.contains_key("index") => {
            Some(index(input, "index"))
        }
        _ => offers.iter().position(|it| it.authentication.as_str() == wanted),
    };
    let Some(at) = at else { return Ok(Taken::Refused(Refusal::NoAuthenticator)) };
    let offer = offers.swap_remove(at);
    if let Some(refusal) = bot::pass(cx, state, &step.one_of[offer.branch], input).await? {
        return Ok(Taken::Refused(refusal));
    }
    if spares && input.get("request_device_token") == Some(&Value::Bool(true)) {
        state.facts.wants_device_token = true;
    }
    let proof = prove::Proof { cx, user: &user, step, offer: &offer };
    match offer.authentication {
        Authentication::PrimaryPassword | Authentication::SecondaryPassword => {
            proof.password(state, input).await
        }
        Authentication::SecondaryTotp => proof.totp(state, &known, input).await,
        Authentication::RecoveryCode => proof.recovery_code(state, input).await,
        Authentication::PrimaryPasskey => proof.passkey(state, input).await,
        Authentication::PrimaryOobOtpEmail
        | Authentication::PrimaryOobOtpSms
        | Authentication::SecondaryOobOtpEmail
        | Authentication::SecondaryOobOtpSms => begin_oob(cx, state, offer, input).await,
        Authentication::DeviceToken => Ok(Taken::Refused(Refusal::NoAuthenticator)),
    }
}

async fn begin_oob(
    cx: &FlowCx<'_>,
    state: &FlowState,
    offer: Offer,
    input: &Input,
) -> Result<Taken, FlowError> {
    let Some(target) = offer.target else {
        return Ok(Taken::Refused(Refusal::NoAuthenticator));
    };
    let Offer { branch, authentication, authenticator_id, .. } = offer;
    let goal = OtpGoal::Authenticate { authentication, authenticator_id };
    otp::begin(cx, state, Some(branch), goal, target, text(input, "channel")).await
}
