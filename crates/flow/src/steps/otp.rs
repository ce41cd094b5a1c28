//! Codes in the course of a step: choosing the channel, sending, trying, sending again.
//!
//! What happens at once, whatever becomes of the flow: a code is made and sent, limits are
//! charged, guesses are counted, a wrong proof of who somebody is is written down.

use accounts::otp::{self, Asking, Form, Generated, Proof, Verified};
use appconfig::authenticator::{EmailOtpMode, OobChannel};
use appconfig::flow::FlowStep;
use domain::{AuthenticatorType, UserId};
use limits::Scope;
use limits::lockout::Method;
use messaging::{Addressee, Content, Delivery, Message, Messenger, Undelivered, status};
use serde_json::{Value, json};
use stdx::Secret;

use super::{Ask, Taken, text};
use crate::engine::Input;
use crate::facts::{Authenticated, Enrolled, EnrolledFact, TargetFact};
use crate::refusal::Refusal;
use crate::shape::{Member, Shape, Variant};
use crate::stage::{OtpGoal, OtpStage, Stage, kind_of};
use crate::state::FlowState;
use crate::{FlowCx, FlowError, guard, mask, record, stopped};

/// The channels that reach a target, in the order in which they are offered.
pub fn channels(cx: &FlowCx<'_>, target: &TargetFact) -> &'static [OobChannel] {
    channels_of(cx, matches!(target, TargetFact::Phone(_)))
}

pub fn channels_of(cx: &FlowCx<'_>, is_phone: bool) -> &'static [OobChannel] {
    if is_phone {
        cx.ctx.app.config.authenticator.oob_otp.sms.phone_otp_mode.channels()
    } else {
        &[OobChannel::Email]
    }
}

/// What is sent to prove who somebody is. Proving an address always takes a code.
pub fn form_of(cx: &FlowCx<'_>, is_phone: bool) -> Form {
    match cx.ctx.app.config.authenticator.oob_otp.email.email_otp_mode {
        EmailOtpMode::LoginLink if !is_phone => Form::Link,
        EmailOtpMode::LoginLink | EmailOtpMode::Code => Form::Code,
    }
}

/// Begins: sends at once where there is one channel, or the input named one; else asks for one.
pub async fn begin(
    cx: &FlowCx<'_>,
    state: &FlowState,
    branch: Option<usize>,
    goal: OtpGoal,
    target: TargetFact,
    wanted: &str,
) -> Result<Taken, FlowError> {
    let is_phone = matches!(target, TargetFact::Phone(_));
    let form = if goal == OtpGoal::Verify { Form::Code } else { form_of(cx, is_phone) };
    let room = cx.ctx.rng.token();
    let mut stage = OtpStage { branch, goal, target, channel: None, room, form };
    let offered = channels(cx, &stage.target);
    let named = offered.iter().find(|it| it.as_str() == wanted);
    stage.channel = named.or_else(|| offered.first().filter(|_| offered.len() == 1)).copied();
    match stage.channel {
        Some(channel) => first_send(cx, state, stage, channel).await,
        None => Ok(Taken::Stay(Stage::Otp(stage))),
    }
}

/// The first code of a step. One that was sent a moment ago is still good.
async fn first_send(
    cx: &FlowCx<'_>,
    state: &FlowState,
    stage: OtpStage,
    channel: OobChannel,
) -> Result<Taken, FlowError> {
    match send(cx, state, &stage, channel).await? {
        Some(Refusal::RateLimited(exhausted)) if is_cooldown(exhausted.scope) => {}
        Some(refusal) => return Ok(Taken::Refused(refusal)),
        None => {}
    }
    Ok(Taken::Stay(Stage::Otp(OtpStage { channel: Some(channel), ..stage })))
}

/// What is asked while a code is on its way.
pub async fn ask(
    cx: &FlowCx<'_>,
    state: &FlowState,
    step: &FlowStep,
    stage: &OtpStage,
) -> Result<Ask, FlowError> {
    let masked = mask::target(&stage.target);
    let mut ask = match stage.channel {
        None => {
            let channels: Vec<&str> =
                channels(cx, &stage.target).iter().map(|it| it.as_str()).collect();
            let data = json!({
                "type": "select_oob_otp_channels_data",
                "channels": channels,
                "masked_claim_value": masked,
            });
            Ask::new(step.kind, data, Shape::single(vec![Member::Text("channel")]))
        }
        Some(channel) => {
            let asking = asking(state, stage, None);
            let standing = otp::inspect(cx.ctx, cx.kv, stage.otp(channel), asking).await;
            let standing = standing.map_err(stopped)?;
            let mut data = json!({
                "type": "verify_oob_otp_data",
                "channel": channel.as_str(),
                "otp_form": stage.form.as_str(),
                "masked_claim_value": masked,
                "code_length": stage.form.length(),
                "can_resend_at": standing.can_resend_at.to_rfc3339(),
                "can_check": standing.can_check,
                "failed_attempt_rate_limit_exceeded": standing.too_many_attempts,
            });
            let message_id = standing.message_id.as_deref();
            describe_delivery(cx, channel, message_id, &mut data).await?;
            if stage.form == Form::Link {
                data["websocket_url"] = json!(websocket_url(cx, &stage.room));
            }
            Ask::new(step.kind, data, shape(stage.form))
        }
    };
    ask.authentication = stage.authentication();
    Ok(ask)
}

/// What is known of whether the message arrived.
async fn describe_delivery(
    cx: &FlowCx<'_>,
    channel: OobChannel,
    message_id: Option<&str>,
    data: &mut Value,
) -> Result<(), FlowError> {
    let standing = status::standing(cx.ctx, cx.kv, channel, message_id).await?;
    data["delivery_status"] = json!(match standing {
        status::Standing::Sending => "sending",
        status::Standing::Sent => "sent",
        status::Standing::Failed(_) => "failed",
    });
    if let status::Standing::Failed(why) = standing {
        let (name, code, message) = match why {
            status::Undeliverable::Unreachable => ("BadRequest", 400, "whatsapp undeliverable"),
            status::Undeliverable::Unexpected => {
                ("InternalError", 500, "unexpected whatsapp status")
            }
            status::Undeliverable::Silent => {
                ("InternalError", 500, "whatsapp has not said whether the message arrived")
            }
        };
        let reason = why.reason();
        data["delivery_error"] =
            json!({ "name": name, "reason": reason, "message": message, "code": code });
    }
    Ok(())
}

fn shape(form: Form) -> Shape {
    let resend = Variant { tag: "", required: vec![Member::True("resend")] };
    let first = match form {
        Form::Code => Variant { tag: "", required: vec![Member::Text("code"), DEVICE_TOKEN] },
        Form::Link => Variant { tag: "", required: vec![Member::True("check"), DEVICE_TOKEN] },
    };
    Shape::any_of(vec![first, resend])
}

/// Says that the browser would like to be spared the second factor from now on.
pub const DEVICE_TOKEN: Member = Member::MayBeTrueOrFalse("request_device_token");

/// Takes an answer to [`ask`].
pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    stage: OtpStage,
    input: &Input,
) -> Result<Taken, FlowError> {
    let Some(channel) = stage.channel else {
        let offered = channels(cx, &stage.target);
        let wanted = text(input, "channel");
        return match offered.iter().find(|it| it.as_str() == wanted) {
            Some(channel) => first_send(cx, state, stage, *channel).await,
            None => Ok(Taken::Refused(super::not_one_of(
                "/channel",
                wanted,
                offered.iter().map(|it| it.as_str()),
            ))),
        };
    };
    if input.get("resend") == Some(&Value::Bool(true)) {
        return Ok(match send(cx, state, &stage, channel).await? {
            Some(refusal) => Taken::Refused(refusal),
            None => Taken::Stay(Stage::Otp(stage)),
        });
    }
    let code = Secret::new(text(input, "code").to_owned());
    let proof = match stage.form {
        Form::Code => Proof::Code(&code),
        Form::Link => Proof::Approval { room: &stage.room },
    };
    match try_proof(cx, state, &stage, channel, proof).await? {
        None => Ok(accept(state, step, stage, channel)),
        Some(refusal) => Ok(Taken::Refused(refusal)),
    }
}

/// Tries a code, and counts it. `None` is right.
async fn try_proof(
    cx: &FlowCx<'_>,
    state: &FlowState,
    stage: &OtpStage,
    channel: OobChannel,
    proof: Proof<'_>,
) -> Result<Option<Refusal>, FlowError> {
    let code = stage.otp(channel);
    // Only somebody who has an account can be locked out of it.
    let user = match stage.goal {
        OtpGoal::Authenticate { .. } => state.facts.existing_user(),
        OtpGoal::Verify | OtpGoal::Create { .. } => None,
    };
    let Some(user) = user else {
        let receipt = match guard::charge(cx, code.verify_limit(), None).await? {
            Ok(receipt) => receipt,
            Err(exhausted) => return Ok(Some(exhausted)),
        };
        let verified = otp::verify(cx.ctx, cx.kv, code, proof).await.map_err(stopped)?;
        if verified == Verified::Right {
            guard::refund(cx, receipt).await?;
        }
        return Ok(refusal_of(stage, verified));
    };
    let attempt = match guard::admit(cx, &user, code.verify_limit(), Method::OobOtp).await? {
        Ok(attempt) => attempt,
        Err(refusal) => return Ok(Some(refusal)),
    };
    let verified = otp::verify(cx.ctx, cx.kv, code, proof).await.map_err(stopped)?;
    if verified == Verified::Right {
        guard::give_back(cx, &user, attempt).await?;
        return Ok(None);
    }
    if let OtpGoal::Authenticate { authentication, .. } = stage.goal {
        let kind = kind_of(authentication);
        let r#type = stage.target.to_domain().r#type();
        record::wrong_proof(cx, &state.setting, &user, kind, r#type).await?;
    }
    Ok(refusal_of(stage, verified).map(|refusal| guard::wrong(&attempt, refusal)))
}

fn refusal_of(stage: &OtpStage, verified: Verified) -> Option<Refusal> {
    match (verified, &stage.goal) {
        (Verified::Right, _) => None,
        (Verified::WornOut, _) => Some(Refusal::TooManyAttempts),
        (Verified::Wrong, OtpGoal::Verify) => Some(Refusal::InvalidVerificationCode),
        (Verified::Wrong, OtpGoal::Create { .. } | OtpGoal::Authenticate { .. }) => {
            Some(Refusal::WrongCode(match stage.target {
                TargetFact::Email(_) => AuthenticatorType::OobOtpEmail,
                TargetFact::Phone(_) => AuthenticatorType::OobOtpSms,
            }))
        }
    }
}

/// What a right code establishes.
fn accept(state: &mut FlowState, step: &FlowStep, stage: OtpStage, channel: OobChannel) -> Taken {
    let facts = &mut state.facts;
    facts.verify(stage.target.claim(), stage.target.as_str(), Some(channel.as_str()));
    let OtpStage { branch, goal, target, .. } = stage;
    let enrolled = |authentication| Enrolled {
        authentication,
        what: EnrolledFact::OobOtp {
            target: target.clone(),
            channel: Some(channel.as_str().to_owned()),
        },
    };
    match goal {
        OtpGoal::Verify => return Taken::Done,
        OtpGoal::Create { authentication } => facts.enrolled.push(enrolled(authentication)),
        // An address that the person signs in with can be used without having been set up.
        OtpGoal::Authenticate { authentication, authenticator_id: None } => {
            facts.enrolled.push(enrolled(authentication));
        }
        OtpGoal::Authenticate { authentication, authenticator_id: Some(authenticator_id) } => {
            facts.authenticated.push(Authenticated {
                step: step.name.clone(),
                authentication,
                authenticator_id,
                change_required: None,
            });
        }
    }
    Taken::Branch(branch.unwrap_or_default())
}

/// In what a code is asked for.
fn asking<'a>(state: &'a FlowState, stage: &'a OtpStage, user: Option<&'a UserId>) -> Asking<'a> {
    Asking { user, session: Some(&state.flow_id), room: Some(&stage.room), resume: None }
}

/// Makes a code and sends it. `None` when it went out, or nobody may notice that it did not.
async fn send(
    cx: &FlowCx<'_>,
    state: &FlowState,
    stage: &OtpStage,
    channel: OobChannel,
) -> Result<Option<Refusal>, FlowError> {
    let user = state.facts.user_id();
    let asking = asking(state, stage, user.as_ref());
    let code = match otp::generate(cx.ctx, cx.kv, stage.otp(channel), asking).await {
        Ok(Generated::Code(code)) => code,
        Ok(Generated::Refused(exhausted)) => {
            record::limit_exhausted(cx, &exhausted).await?;
            return Ok(Some(Refusal::RateLimited(exhausted)));
        }
        Err(error) => return Err(stopped(error)),
    };
    let content = content(cx, stage.form, code, "/authflow/v2/verify_login_link");
    let message = Message {
        kind: stage.message_kind(),
        channel,
        addressee: Addressee::Known,
        to: stage.target.as_str().to_owned(),
        content,
        language: language(cx, state),
        has_password: false,
        expires_at: cx.ctx.now.plus_seconds(stage.otp(channel).lifetime_seconds(cx.ctx)),
    };
    let delivery = hand_over(cx, state, &message).await?;
    if let Delivery::Sent { message_id: Some(message_id) } = &delivery {
        let noted = otp::note_message(cx.ctx, cx.kv, stage.otp(channel), message_id).await;
        noted.map_err(stopped)?;
    }
    refusal_of_delivery(cx, delivery).await
}

/// What is in the message: the code, or the address of ours at `path` that carries it.
pub fn content(cx: &FlowCx<'_>, form: Form, code: Secret<String>, path: &str) -> Content {
    match form {
        Form::Code => Content::Code(code),
        Form::Link => {
            let url = format!("{}{path}?code={}", cx.ctx.app.origin(), code.reveal());
            Content::Link { url: Secret::new(url), code }
        }
    }
}

/// Hands a message over. `None` when it goes out, or nobody may notice that it does not.
pub async fn deliver(
    cx: &FlowCx<'_>,
    state: &FlowState,
    message: &Message,
) -> Result<Option<Refusal>, FlowError> {
    let delivery = hand_over(cx, state, message).await?;
    refusal_of_delivery(cx, delivery).await
}

async fn hand_over(
    cx: &FlowCx<'_>,
    state: &FlowState,
    message: &Message,
) -> Result<Delivery, FlowError> {
    let via = Messenger {
        ctx: cx.ctx,
        store: cx.store,
        kv: cx.kv,
        outbound: cx.outbound,
        hooks: cx.hooks,
    };
    let source = record::source(cx, &state.setting);
    Ok(messaging::send(via, &source, message).await?)
}

async fn refusal_of_delivery(
    cx: &FlowCx<'_>,
    delivery: Delivery,
) -> Result<Option<Refusal>, FlowError> {
    let undelivered = match delivery {
        Delivery::Sent { .. } | Delivery::Queued | Delivery::Suppressed => return Ok(None),
        Delivery::Refused(undelivered) => undelivered,
    };
    Ok(Some(match undelivered {
        Undelivered::Exhausted(exhausted) => {
            record::limit_exhausted(cx, &exhausted).await?;
            Refusal::RateLimited(exhausted)
        }
        Undelivered::Gateway(refusal) => Refusal::MessageRefused(refusal.kind.reason()),
        Undelivered::Whatsapp(refusal) => Refusal::MessageRefused(refusal.reason()),
        Undelivered::Failed => Refusal::MessageRefused(None),
    }))
}

/// The language to write in.
pub fn language(cx: &FlowCx<'_>, state: &FlowState) -> String {
    let fallback = cx.ctx.app.catalogue.fallback().to_string();
    if let Some(language) = &state.setting.language {
        return language.clone();
    }
    let asked = state.setting.ui_locales.as_deref();
    i18n::negotiate(cx.ctx.app.languages(), &fallback, asked, None).to_owned()
}

fn websocket_url(cx: &FlowCx<'_>, room: &str) -> String {
    let origin = cx.ctx.app.origin();
    let origin = origin.strip_prefix("http").map_or(origin.to_owned(), |rest| format!("ws{rest}"));
    format!("{origin}/api/v1/authentication_flows/ws?channel={room}")
}

/// Whether it says no more than that one was sent a moment ago.
pub const fn is_cooldown(scope: Scope) -> bool {
    matches!(scope, Scope::Cooldown | Scope::CooldownPerSession)
}
