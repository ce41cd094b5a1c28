//! The steps: what each asks, and what it makes of the answer.
//!
//! A step never names another step. It reads facts and adds to them; the order of things is
//! the engine's. A step that takes several turns keeps where it stands in a `Stage`.

mod authenticate;
mod change_password;
mod check_account_status;
mod create_authenticator;
mod fill_in_user_profile;
mod identify;
mod otp;
mod password_policy;
mod prompt_create_passkey;
mod recovery;
mod terminate_other_sessions;
mod totp;
mod verify;
mod view_recovery_code;

pub(crate) use check_account_status::refusal_of as status_refusal;
pub(crate) use fill_in_user_profile::cause_of as attribute_cause;
pub(crate) use recovery::resume as resume_recovery;

use appconfig::flow::{Authentication, FlowKind, FlowStep, Identification, StepType};
use serde_json::{Value, json};

use crate::engine::Input;
use crate::plan::FlowRef;
use crate::refusal::Refusal;
use crate::shape::{Cause, Shape};
use crate::stage::Stage;
use crate::state::FlowState;
use crate::{FlowCx, FlowError};

/// A question to the client.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub step: StepType,
    /// The branch that was taken on the way to the question, when the step has turns.
    pub identification: Option<Identification>,
    pub authentication: Option<Authentication>,
    /// What the client needs for asking.
    pub data: Value,
    /// What an answer must look like.
    pub shape: Shape,
}

/// What a step does when it is its turn.
#[derive(Debug)]
pub enum Turn {
    Ask(Ask),
    /// Nothing to ask.
    Settled(Taken),
}

/// What became of a step.
#[derive(Debug)]
pub enum Taken {
    /// Done, without branches.
    Done,
    /// Done; the steps of this branch come next.
    Branch(usize),
    /// Not done: this is what it waits for now.
    Stay(Stage),
    /// Done with this branch, but the steps of another flow come first: somebody signs in.
    SignIn(usize, FlowRef),
    /// The flow turns out to be another one.
    Switch(FlowRef),
    /// The step stands as it was. The person may try again.
    Refused(Refusal),
}

impl Ask {
    pub(crate) fn new(step: StepType, data: Value, shape: Shape) -> Self {
        Self { step, identification: None, authentication: None, data, shape }
    }
}

/// Asks the step for its turn. It may settle, and it may send what has to be sent.
pub async fn turn(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
) -> Result<Turn, FlowError> {
    if let Some(Stage::Otp(stage)) = &state.stage {
        return otp::ask(cx, state, step, stage).await.map(Turn::Ask);
    }
    match step.kind {
        StepType::Identify => identify::turn(cx, state, step).await,
        StepType::CreateAuthenticator => create_authenticator::turn(cx, state, step).await,
        StepType::Authenticate => authenticate::turn(cx, state, step).await,
        StepType::Verify => verify::turn(cx, state, step).await,
        StepType::FillInUserProfile => Ok(fill_in_user_profile::turn(state, step)),
        StepType::ViewRecoveryCode => view_recovery_code::turn(cx, state, step).await,
        StepType::PromptCreatePasskey => prompt_create_passkey::turn(cx, state, step).await,
        StepType::ChangePassword => Ok(change_password::turn(cx, &state.facts, step)),
        StepType::CheckAccountStatus => check_account_status::turn(cx, &state.facts).await,
        StepType::TerminateOtherSessions => terminate_other_sessions::turn(cx, state).await,
        StepType::SelectDestination => recovery::select::turn(cx, state, step).await,
        StepType::VerifyAccountRecoveryCode => recovery::verify::turn(cx, state, step).await,
        StepType::ResetPassword => Ok(recovery::reset::turn(cx, step)),
    }
}

/// Hands an answer that has the right shape to the step that asked.
pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    input: &Input,
) -> Result<Taken, FlowError> {
    match state.stage.clone() {
        Some(Stage::Otp(stage)) => return otp::take(cx, state, step, stage, input).await,
        Some(Stage::Totp { branch, authentication, secret }) => {
            return totp::confirm(cx, state, branch, authentication, secret, input).await;
        }
        Some(Stage::OAuth(stage)) => {
            return identify::oauth::come_back(cx, state, step, stage, input).await;
        }
        Some(Stage::Linking(stage)) => {
            return identify::linking::choose(cx, state, step, stage, input).await;
        }
        Some(Stage::RecoveryCodes { codes }) => {
            state.facts.recovery_codes = Some(codes);
            return Ok(Taken::Done);
        }
        Some(Stage::Enrol) => return create_authenticator::take(cx, state, step, input).await,
        Some(Stage::Passkey { options }) => {
            return prompt_create_passkey::take(cx, state, &options, input).await;
        }
        Some(Stage::Resent) | None => {}
    }
    match step.kind {
        StepType::Identify => identify::take(cx, state, step, input).await,
        StepType::CreateAuthenticator => create_authenticator::take(cx, state, step, input).await,
        StepType::Authenticate => authenticate::take(cx, state, step, input).await,
        StepType::ChangePassword => change_password::take(cx, &mut state.facts, step, input).await,
        StepType::TerminateOtherSessions => {
            state.facts.terminates_other_sessions = true;
            Ok(Taken::Done)
        }
        StepType::FillInUserProfile => Ok(fill_in_user_profile::take(cx, state, step, input)),
        StepType::SelectDestination => recovery::select::take(cx, state, step, input).await,
        StepType::VerifyAccountRecoveryCode => recovery::verify::take(cx, state, input).await,
        StepType::ResetPassword => recovery::reset::take(cx, state, input).await,
        StepType::Verify
        | StepType::ViewRecoveryCode
        | StepType::PromptCreatePasskey
        | StepType::CheckAccountStatus => {
            // They ask with a stage only: another build wrote this state.
            Ok(Taken::Refused(Refusal::FlowNotFound))
        }
    }
}

/// A text member of an input whose shape was checked.
pub(crate) fn text<'i>(input: &'i Input, member: &str) -> &'i str {
    input.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// A whole number of an input whose shape was checked.
pub(crate) fn index(input: &Input, member: &str) -> usize {
    let number = input.get(member).and_then(Value::as_u64);
    number.and_then(|it| usize::try_from(it).ok()).unwrap_or_default()
}

/// Something that is none of what was offered.
pub(crate) fn not_one_of<'a>(
    location: &str,
    actual: &str,
    expected: impl Iterator<Item = &'a str>,
) -> Refusal {
    let expected: Vec<&str> = expected.collect();
    Refusal::ValidationFailed(vec![Cause {
        location: location.to_owned(),
        kind: "enum",
        details: json!({ "actual": actual, "expected": expected }),
    }])
}

/// The kind of flow that the step on top of the list belongs to.
pub(crate) fn kind_of_step(state: &FlowState) -> FlowKind {
    let of = state.todo.last().and_then(|todo| todo.flow.as_ref());
    of.map_or(state.flow.kind, |flow| flow.kind)
}
