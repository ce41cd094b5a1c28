//! The steps: what each asks, and what it makes of the answer.
//!
//! A step never names another step. It reads facts and adds to them; the order of things is
//! the engine's.

mod authenticate;
mod change_password;
mod check_account_status;
mod create_authenticator;
mod identify;
mod password_policy;
mod terminate_other_sessions;

pub(crate) use check_account_status::refusal_of as status_refusal;

use appconfig::flow::{Authentication, FlowKind, FlowStep, Identification, StepType};
use serde_json::Value;

use crate::engine::Input;
use crate::plan::FlowRef;
use crate::refusal::Refusal;
use crate::shape::Shape;
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

/// Asks the step for its turn. Nothing is written.
pub async fn turn(cx: &FlowCx<'_>, state: &FlowState, step: &FlowStep) -> Result<Turn, FlowError> {
    let facts = &state.facts;
    match step.kind {
        StepType::Identify => Ok(Turn::Ask(identify::ask(step))),
        StepType::CreateAuthenticator => Ok(create_authenticator::turn(cx, step)),
        StepType::Authenticate => authenticate::turn(cx, facts, step).await,
        StepType::ChangePassword => Ok(change_password::turn(cx, facts, step)),
        StepType::CheckAccountStatus => check_account_status::turn(cx, facts).await,
        StepType::TerminateOtherSessions => terminate_other_sessions::turn(cx, state).await,
        StepType::Verify
        | StepType::FillInUserProfile
        | StepType::ViewRecoveryCode
        | StepType::PromptCreatePasskey
        | StepType::SelectDestination
        | StepType::VerifyAccountRecoveryCode
        | StepType::ResetPassword => Ok(unsupported(step)),
    }
}

/// Hands an answer that has the right shape to the step that asked.
pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    input: &Input,
) -> Result<Taken, FlowError> {
    match (step.kind, state.flow.kind) {
        (StepType::Identify, FlowKind::SignupLogin) => identify::choose(cx, step, input).await,
        (StepType::Identify, FlowKind::Signup | FlowKind::Promote) => {
            identify::create(cx, state, step, input).await
        }
        (StepType::Identify, _) => identify::find(cx, state, step, input).await,
        (StepType::CreateAuthenticator, _) => {
            create_authenticator::take(cx, &mut state.facts, step, input).await
        }
        (StepType::Authenticate, _) => authenticate::take(cx, state, step, input).await,
        (StepType::ChangePassword, _) => {
            change_password::take(cx, &mut state.facts, step, input).await
        }
        (StepType::TerminateOtherSessions, _) => {
            state.facts.terminates_other_sessions = true;
            Ok(Taken::Done)
        }
        (_, _) => Ok(Taken::Refused(Refusal::Unsupported { step: step.kind.to_string() })),
    }
}

fn unsupported(step: &FlowStep) -> Turn {
    Turn::Settled(Taken::Refused(Refusal::Unsupported { step: step.kind.to_string() }))
}

/// A text member of an input whose shape was checked.
pub(crate) fn text<'i>(input: &'i Input, member: &str) -> &'i str {
    input.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// The branch that an input's `authentication` names. The shape was checked, so there is one.
pub(crate) fn branch_of(
    step: &FlowStep,
    input: &Input,
) -> Result<(usize, Authentication), FlowError> {
    let wanted = text(input, "authentication");
    let mut branches = step.one_of.iter().enumerate();
    let found = branches.find_map(|(at, branch)| {
        let authentication = branch.authentication?;
        (authentication.as_str() == wanted).then_some((at, authentication))
    });
    found.ok_or_else(|| FlowError::MissingFact { step: step.kind.to_string() })
}
