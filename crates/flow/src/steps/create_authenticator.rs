//! `create_authenticator`: the person chooses how they will prove it from now on.
//!
//! Somebody who has one of what is offered already is not asked for another. The step also
//! serves people who sign in and must have a second factor from now on.

use accounts::password::{self, Prepared};
use appconfig::flow::{Authentication, FlowBranch, FlowStep};
use domain::Authenticator;
use serde_json::{Value, json};
use stdx::Secret;

use super::otp::{channels_of, form_of};
use super::{Ask, Taken, Turn, otp, password_policy, text, totp, verify};
use crate::bot;
use crate::engine::Input;
use crate::facts::{Enrolled, EnrolledFact, TargetFact};
use crate::refusal::Refusal;
use crate::shape::{Member, Shape, Variant};
use crate::stage::{OtpGoal, Stage, is_secondary, kind_of};
use crate::state::FlowState;
use crate::{FlowCx, FlowError, answer_or_error, enforce, mask};

/// A branch that can be taken.
struct Offer {
    branch: usize,
    authentication: Authentication,
    /// The address that an earlier step supplies.
    target: Option<TargetFact>,
    option: Value,
    variant: Variant,
}

pub async fn turn(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
) -> Result<Turn, FlowError> {
    if let Some(Stage::Totp { secret, .. }) = &state.stage {
        return Ok(totp::ask(cx, state, step, secret));
    }
    if let Some(branch) = existing(cx, state, step).await? {
        return Ok(Turn::Settled(Taken::Branch(branch)));
    }
    let offers = offers(cx, state, step).await?;
    if offers.is_empty() {
        let is_stuck = enforce::is_step(state);
        return Ok(Turn::Settled(if is_stuck {
            Taken::Refused(Refusal::NoAuthenticator)
        } else {
            Taken::Done
        }));
    }
    let options: Vec<&Value> = offers.iter().map(|it| &it.option).collect();
    let data = json!({ "type": "create_authenticator_data", "options": options });
    let variants = offers.iter().map(|it| it.variant.clone()).collect();
    let shape = Shape::one_of("authentication", variants);
    Ok(Turn::Ask(Ask::new(step.kind, data, shape)))
}

pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    input: &Input,
) -> Result<Taken, FlowError> {
    let wanted = text(input, "authentication");
    let offers = offers(cx, state, step).await?;
    let Some(offer) = offers.into_iter().find(|it| it.authentication.as_str() == wanted) else {
        return Ok(Taken::Refused(Refusal::NoAuthenticator));
    };
    let declared = &step.one_of[offer.branch];
    if let Some(refusal) = bot::pass(cx, state, declared, input).await? {
        return Ok(Taken::Refused(refusal));
    }
    match offer.authentication {
        Authentication::PrimaryPassword | Authentication::SecondaryPassword => {
            create_password(cx, state, &offer, input).await
        }
        Authentication::SecondaryTotp => Ok(totp::begin(cx, offer.branch, offer.authentication)),
        Authentication::PrimaryOobOtpEmail
        | Authentication::PrimaryOobOtpSms
        | Authentication::SecondaryOobOtpEmail
        | Authentication::SecondaryOobOtpSms => create_oob(cx, state, declared, offer, input).await,
        Authentication::PrimaryPasskey
        | Authentication::RecoveryCode
        | Authentication::DeviceToken => Ok(Taken::Refused(Refusal::NoAuthenticator)),
    }
}

async fn create_password(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    offer: &Offer,
    input: &Input,
) -> Result<Taken, FlowError> {
    // A new person has no history; somebody who is known must not repeat theirs.
    let user = state.facts.existing_user();
    let password = Secret::new(text(input, "new_password").to_owned());
    match password::prepare(cx.ctx, cx.store, cx.hasher, user.as_ref(), &password).await {
        Ok(Prepared::Ready(password)) => {
            let what = EnrolledFact::Password { hash: password.into_kept() };
            let authentication = offer.authentication;
            state.facts.enrolled.push(Enrolled { authentication, what });
            Ok(Taken::Branch(offer.branch))
        }
        Ok(Prepared::Refused(rules)) => Ok(Taken::Refused(Refusal::PasswordPolicyViolated(rules))),
        Err(error) => answer_or_error(error).map(Taken::Refused),
    }
}

/// An address is proved before codes go to it, unless it was proved already.
async fn create_oob(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    declared: &FlowBranch,
    offer: Offer,
    input: &Input,
) -> Result<Taken, FlowError> {
    let target = match offer.target {
        Some(target) => target,
        None => match read_target(cx, offer.authentication, text(input, "target")) {
            Ok(target) => target,
            Err(refusal) => return Ok(Taken::Refused(refusal)),
        },
    };
    let is_needless = declared.verification_required == Some(false);
    if is_needless || verify::is_verified(cx, state, &target).await? {
        let what = EnrolledFact::OobOtp { target, channel: None };
        state.facts.enrolled.push(Enrolled { authentication: offer.authentication, what });
        return Ok(Taken::Branch(offer.branch));
    }
    let goal = OtpGoal::Create { authentication: offer.authentication };
    otp::begin(cx, state, Some(offer.branch), goal, target, text(input, "channel")).await
}

/// An address or a number that was typed for codes to go to.
fn read_target(
    cx: &FlowCx<'_>,
    authentication: Authentication,
    typed: &str,
) -> Result<TargetFact, Refusal> {
    let config = &cx.ctx.app.config;
    if is_phone(authentication) {
        let phone = accounts::login_id::check_phone(config, typed);
        phone.map(TargetFact::Phone).map_err(|invalid| bad_target(&invalid))
    } else {
        let email = accounts::login_id::check_email(config, typed);
        email.map(TargetFact::Email).map_err(|invalid| bad_target(&invalid))
    }
}

fn bad_target(invalid: &accounts::login_id::InvalidLoginId) -> Refusal {
    let (kind, details) = invalid.cause();
    let location = "/target".to_owned();
    Refusal::ValidationFailed(vec![crate::shape::Cause { location, kind, details }])
}

/// The branch whose authenticator the person has already: there is nothing to create.
async fn existing(
    cx: &FlowCx<'_>,
    state: &FlowState,
    step: &FlowStep,
) -> Result<Option<usize>, FlowError> {
    let Some(user) = state.facts.existing_user() else { return Ok(None) };
    if state.stage == Some(Stage::Enrol) || enforce::is_step(state) {
        return Ok(None);
    }
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let all = tx.authenticators().list(&user).await?;
    let has = |authentication| all.iter().any(|it| is(it, authentication));
    Ok(step.one_of.iter().position(|branch| branch.authentication.is_some_and(has)))
}

/// Whether an authenticator is of the kind that `authentication` creates.
fn is(authenticator: &Authenticator, authentication: Authentication) -> bool {
    let is_of_kind = authenticator.kind() == kind_of(authentication);
    let is_of_type = match authentication {
        Authentication::PrimaryPassword | Authentication::SecondaryPassword => {
            matches!(authenticator, Authenticator::Password(_))
        }
        Authentication::SecondaryTotp => matches!(authenticator, Authenticator::Totp(_)),
        Authentication::PrimaryOobOtpEmail | Authentication::SecondaryOobOtpEmail => {
            authenticator.r#type() == domain::AuthenticatorType::OobOtpEmail
        }
        Authentication::PrimaryOobOtpSms | Authentication::SecondaryOobOtpSms => {
            authenticator.r#type() == domain::AuthenticatorType::OobOtpSms
        }
        Authentication::PrimaryPasskey
        | Authentication::RecoveryCode
        | Authentication::DeviceToken => false,
    };
    is_of_kind && is_of_type
}

async fn offers(
    cx: &FlowCx<'_>,
    state: &FlowState,
    step: &FlowStep,
) -> Result<Vec<Offer>, FlowError> {
    let mut offers = Vec::new();
    for (branch, declared) in step.one_of.iter().enumerate() {
        let Some(authentication) = declared.authentication else { continue };
        // Whoever signs in has a first factor: what they set up on the way is a second one.
        let is_wrong_factor = state.stage == Some(Stage::Enrol) && !is_secondary(authentication);
        if is_wrong_factor || !enforce::allows(state, authentication) {
            continue;
        }
        let challenge = bot::challenge(cx, state, declared).await?;
        let mut option = json!({ "authentication": authentication });
        let mut required = Vec::new();
        let mut target = None;
        match authentication {
            Authentication::PrimaryPassword | Authentication::SecondaryPassword => {
                option["password_policy"] = password_policy::describe(cx.ctx);
                required.push(Member::Text("new_password"));
            }
            Authentication::SecondaryTotp => {}
            Authentication::PrimaryOobOtpEmail
            | Authentication::PrimaryOobOtpSms
            | Authentication::SecondaryOobOtpEmail
            | Authentication::SecondaryOobOtpSms => {
                let is_phone = is_phone(authentication);
                let channels = channels_of(cx, is_phone).iter().map(|it| it.as_str());
                option["otp_form"] = json!(form_of(cx, is_phone).as_str());
                option["channels"] = json!(channels.collect::<Vec<_>>());
                match &declared.target_step {
                    None => required.push(Member::Text("target")),
                    Some(name) => {
                        let Some(supplied) = supplied(state, name, is_phone) else { continue };
                        let is_verified = verify::is_verified(cx, state, &supplied).await?;
                        option["target"] = json!({
                            "masked_display_name": mask::target(&supplied),
                            "verification_required":
                                !is_verified && declared.verification_required != Some(false),
                        });
                        target = Some(supplied);
                    }
                }
                required.push(Member::MayBeText("channel"));
            }
            // These are not created here.
            Authentication::PrimaryPasskey
            | Authentication::RecoveryCode
            | Authentication::DeviceToken => continue,
        }
        challenge.describe(&mut option);
        required.extend(challenge.member());
        let variant = Variant { tag: authentication.as_str(), required };
        offers.push(Offer { branch, authentication, target, option, variant });
    }
    Ok(offers)
}

/// The address that the step called `name` identified the person by.
fn supplied(state: &FlowState, name: &str, is_phone: bool) -> Option<TargetFact> {
    let identity = &state.facts.identified_by(name)?.identity;
    if is_phone {
        identity.claim("phone_number").map(TargetFact::Phone)
    } else {
        identity.claim("email").map(TargetFact::Email)
    }
}

pub(super) const fn is_phone(authentication: Authentication) -> bool {
    matches!(authentication, Authentication::PrimaryOobOtpSms | Authentication::SecondaryOobOtpSms)
}
