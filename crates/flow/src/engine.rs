//! The walk. Knows the order of things, and nothing about what they mean.
//!
//! A to-do list of steps, innermost last. The last step is asked for its turn: it settles by
//! itself, or it asks for an input. An input goes to the step that asked; then steps settle as
//! far as they can, and the same input is offered to the next question, because a client may
//! answer two of them with one object.

use appconfig::flow::{Flow, FlowStep};
use serde_json::{Map, Value};

use crate::plan::{self, FlowRef, StepPath};
use crate::refusal::Refusal;
use crate::state::{FlowState, Todo};
use crate::steps::{self, Ask, Taken, Turn};
use crate::{FlowCx, FlowError, hooks, record};

/// The most steps that one input may settle: beyond it the configuration loops.
const STEPS_MAX: usize = 100;

/// An input: a JSON object.
pub type Input = Map<String, Value>;

/// Where an input led.
#[derive(Debug)]
pub enum Outcome {
    /// To this question.
    Asked(FlowState, Ask),
    /// To the end: nothing is left to do but to finish.
    Done(FlowState),
    /// Nowhere. The state is as it was, and so is the question.
    Refused(Refusal),
}

/// Puts the first steps of `state`'s flow on its list and walks to the first question.
pub async fn start(cx: &FlowCx<'_>, mut state: FlowState) -> Result<Outcome, FlowError> {
    match plan::load(&cx.ctx.app, &state.flow) {
        Ok(flow) => state.todo = first_steps(flow, None),
        Err(refusal) => return Ok(Outcome::Refused(refusal)),
    }
    match hooks::initialize(cx, &mut state).await? {
        None => advance(cx, state, None).await,
        Some(refusal) => refused(cx, &state, refusal).await,
    }
}

/// Hands `input` to the step being asked about; without one, walks to the question at which
/// the state stands.
pub async fn advance(
    cx: &FlowCx<'_>,
    mut state: FlowState,
    input: Option<&Input>,
) -> Result<Outcome, FlowError> {
    match walk(cx, &mut state, input).await? {
        End::Asked(ask) => Ok(Outcome::Asked(state, ask)),
        End::Done => Ok(Outcome::Done(state)),
        End::Refused(refusal) => refused(cx, &state, refusal).await,
    }
}

/// Writes down who was kept out.
async fn refused(
    cx: &FlowCx<'_>,
    state: &FlowState,
    refusal: Refusal,
) -> Result<Outcome, FlowError> {
    record::blocked(cx, state, &refusal).await?;
    Ok(Outcome::Refused(refusal))
}

/// How a walk ends.
enum End {
    Asked(Ask),
    Done,
    Refused(Refusal),
}

/// Settles steps and hands over `input` until a question remains that it does not answer.
async fn walk(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    input: Option<&Input>,
) -> Result<End, FlowError> {
    let mut is_answered = input.is_none();
    for _ in 0..STEPS_MAX {
        if let Some(refusal) = hooks::follow(cx, state).await? {
            return Ok(End::Refused(refusal));
        }
        let weights = state.hooked.rate_limits.clone();
        let cx = &cx.weighing(&weights);
        let Some(todo) = state.todo.last().cloned() else { return Ok(End::Done) };
        let flow = match plan::flow_of(&cx.ctx.app, state, &todo) {
            Ok(flow) => flow,
            Err(refusal) => return Ok(End::Refused(refusal)),
        };
        let Some(step) = todo.path.find(&flow) else {
            // The configuration changed under the flow: start again.
            return Ok(End::Refused(Refusal::FlowNotFound));
        };
        let taken = match steps::turn(cx, state, step).await? {
            Turn::Settled(taken) => taken,
            // What a step asks in its later turns is not what the input was meant for.
            Turn::Ask(ask) if is_answered && state.stage.is_some() => return Ok(End::Asked(ask)),
            Turn::Ask(ask) => {
                let answer = input.map(|input| (input, ask.shape.check(input)));
                match answer {
                    Some((input, Ok(()))) => {
                        is_answered = true;
                        steps::take(cx, state, step, input).await?
                    }
                    Some((_, Err(causes))) if !is_answered => {
                        return Ok(End::Refused(Refusal::ValidationFailed(causes)));
                    }
                    _ => return Ok(End::Asked(ask)),
                }
            }
        };
        let is_switch = matches!(taken, Taken::Switch(_));
        if let Err(refusal) = settle(cx, state, &todo, step, taken) {
            return Ok(End::Refused(refusal));
        }
        if is_switch {
            is_answered = false;
            if let Some(refusal) = hooks::initialize(cx, state).await? {
                return Ok(End::Refused(refusal));
            }
        }
    }
    Err(FlowError::Endless { flow: state.flow.name.clone() })
}

/// Changes the list as the step on top of it says.
fn settle(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    todo: &Todo,
    step: &FlowStep,
    taken: Taken,
) -> Result<(), Refusal> {
    match taken {
        Taken::Stay(stage) => state.stage = Some(stage),
        Taken::Done => {
            state.todo.pop();
            state.stage = None;
        }
        Taken::Branch(branch) => {
            state.todo.pop();
            state.stage = None;
            state.todo.extend(steps_below(todo, step, branch));
        }
        Taken::SignIn(branch, to) => {
            let flow = plan::load(&cx.ctx.app, &to)?;
            state.todo.pop();
            state.stage = None;
            state.todo.extend(steps_below(todo, step, branch));
            state.todo.extend(first_steps(flow, Some(&to)));
        }
        Taken::Switch(to) => {
            let flow = plan::load(&cx.ctx.app, &to)?;
            state.flow = to;
            state.begin(&cx.ctx.rng);
            state.todo = first_steps(flow, None);
        }
        Taken::Refused(refusal) => return Err(refusal),
    }
    Ok(())
}

/// The top-level steps, the first of them last.
fn first_steps(flow: &Flow, of: Option<&FlowRef>) -> Vec<Todo> {
    let todo = |index| Todo { path: StepPath::top(index), flow: of.cloned(), is_enforced: false };
    (0..flow.steps.len()).rev().map(todo).collect()
}

/// The steps of a branch, the first of them last.
fn steps_below(of: &Todo, step: &FlowStep, branch: usize) -> Vec<Todo> {
    let count = step.one_of.get(branch).map_or(0, |it| it.steps.len());
    let todo = |index| Todo { path: of.path.below(branch, index), ..of.clone() };
    (0..count).rev().map(todo).collect()
}
