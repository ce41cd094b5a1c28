//! The walk. Knows the order of things, and nothing about what they mean.
//!
//! A to-do list of steps, innermost last. The last step is asked for its turn: it settles by
//! itself, or it asks for an input. An input goes to the step that asked; then steps settle as
//! far as they can, and the same input is offered to the next question, because a client may
//! answer two of them with one object.

use appconfig::flow::Flow;
use serde_json::{Map, Value};

use crate::plan::{self, FlowRef, StepPath};
use crate::refusal::Refusal;
use crate::state::FlowState;
use crate::steps::{self, Ask, Taken, Turn};
use crate::{FlowCx, FlowError};

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
        Ok(flow) => {
            state.todo = first_steps(flow);
            walk(cx, state, flow, None).await
        }
        Err(refusal) => Ok(Outcome::Refused(refusal)),
    }
}

/// Hands `input` to the step being asked about; without one, walks to the question at which
/// the state stands.
pub async fn advance(
    cx: &FlowCx<'_>,
    state: FlowState,
    input: Option<&Input>,
) -> Result<Outcome, FlowError> {
    match plan::load(&cx.ctx.app, &state.flow) {
        Ok(flow) => walk(cx, state, flow, input).await,
        Err(refusal) => Ok(Outcome::Refused(refusal)),
    }
}

/// Settles steps and hands over `input` until a question remains that it does not answer.
async fn walk<'c>(
    cx: &FlowCx<'c>,
    mut state: FlowState,
    mut flow: &'c Flow,
    input: Option<&Input>,
) -> Result<Outcome, FlowError> {
    let mut is_answered = input.is_none();
    for _ in 0..STEPS_MAX {
        let Some(path) = state.todo.last().cloned() else {
            return Ok(Outcome::Done(state));
        };
        let Some(step) = path.find(flow) else {
            // The configuration changed under the flow: start again.
            return Ok(Outcome::Refused(Refusal::FlowNotFound));
        };
        let taken = match steps::turn(cx, &state, step).await? {
            Turn::Settled(taken) => taken,
            Turn::Ask(ask) => {
                let answer = input.map(|input| (input, ask.shape.check(input)));
                match answer {
                    Some((input, Ok(()))) => {
                        is_answered = true;
                        steps::take(cx, &mut state, step, input).await?
                    }
                    Some((_, Err(causes))) if !is_answered => {
                        return Ok(Outcome::Refused(Refusal::ValidationFailed(causes)));
                    }
                    _ => return Ok(Outcome::Asked(state, ask)),
                }
            }
        };
        match taken {
            Taken::Done => {
                state.todo.pop();
            }
            Taken::Branch(branch) => {
                state.todo.pop();
                let below = step.one_of.get(branch).map_or(0, |it| it.steps.len());
                state.todo.extend((0..below).rev().map(|index| path.below(branch, index)));
            }
            Taken::Switch(to) => match switch(cx, &mut state, to) {
                Ok(switched) => {
                    flow = switched;
                    is_answered = false;
                }
                Err(refusal) => return Ok(Outcome::Refused(refusal)),
            },
            Taken::Refused(refusal) => return Ok(Outcome::Refused(refusal)),
        }
    }
    Err(FlowError::Endless { flow: state.flow.name })
}

/// Makes `state` the beginning of another flow, which is handed the input that led here.
fn switch<'c>(cx: &FlowCx<'c>, state: &mut FlowState, to: FlowRef) -> Result<&'c Flow, Refusal> {
    let flow = plan::load(&cx.ctx.app, &to)?;
    state.flow = to;
    state.begin(&cx.ctx.rng);
    state.todo = first_steps(flow);
    Ok(flow)
}

/// The top-level steps, the first of them last.
fn first_steps(flow: &Flow) -> Vec<StepPath> {
    (0..flow.steps.len()).rev().map(StepPath::top).collect()
}
