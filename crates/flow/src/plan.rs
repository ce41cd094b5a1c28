//! Finding a flow, and finding one's way in it.
//!
//! The declared tree is configuration; a point in it is a path of indices, which is what a
//! state keeps. Indices, not copies: a state stays small, and a changed configuration is seen.

use std::borrow::Cow;

use appconfig::flow::{Flow, FlowKind, FlowStep};
use ctx::App;
use serde::{Deserialize, Serialize};

use crate::builtin;
use crate::refusal::Refusal;
use crate::state::{FlowState, Todo};

/// Which flow: its kind and the name it was configured under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowRef {
    pub kind: FlowKind,
    pub name: String,
}

impl FlowRef {
    pub fn new(kind: FlowKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }
}

/// The flow that `wanted` names: a configured one first, then the generated one.
pub fn load<'a>(app: &'a App, wanted: &FlowRef) -> Result<&'a Flow, Refusal> {
    if let Some(flow) = app.config.authentication_flow.find_flow(wanted.kind, &wanted.name) {
        return Ok(flow);
    }
    if wanted.name == builtin::NAME {
        let generate = |config: &_| builtin::generate(config, wanted.kind);
        return Ok(app.generated_flow(wanted.kind, generate));
    }
    Err(Refusal::UnknownFlow)
}

/// The flow that a step on the list belongs to.
pub fn flow_of<'a>(app: &'a App, state: &FlowState, todo: &Todo) -> Result<Cow<'a, Flow>, Refusal> {
    if todo.is_enforced {
        return Ok(Cow::Owned(builtin::enforced(&app.config, state.flow.kind)));
    }
    load(app, todo.flow.as_ref().unwrap_or(&state.flow)).map(Cow::Borrowed)
}

/// Whether a step of this name is somewhere below `steps`.
pub fn has_step(steps: &[FlowStep], name: &str) -> bool {
    steps.iter().any(|step| {
        let is_it = step.name.as_deref() == Some(name);
        is_it || step.one_of.iter().any(|branch| has_step(&branch.steps, name))
    })
}

/// A step's place in a flow: step, branch, step, branch, step…
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepPath(Vec<usize>);

impl StepPath {
    /// The top-level step at `index`.
    pub fn top(index: usize) -> Self {
        Self(vec![index])
    }

    /// The step at `index` below branch `branch` of this step.
    #[must_use]
    pub fn below(&self, branch: usize, index: usize) -> Self {
        let mut path = self.0.clone();
        path.extend([branch, index]);
        Self(path)
    }

    /// The step here; `None` when the configuration has changed under the flow.
    pub fn find<'f>(&self, flow: &'f Flow) -> Option<&'f FlowStep> {
        let (first, rest) = self.0.split_first()?;
        let mut step = flow.steps.get(*first)?;
        for pair in rest.chunks_exact(2) {
            step = step.one_of.get(pair[0])?.steps.get(pair[1])?;
        }
        Some(step)
    }
}

impl std::fmt::Display for StepPath {
    /// As a JSON pointer into the flow (RFC 6901).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (depth, index) in self.0.iter().enumerate() {
            let list = if depth % 2 == 0 { "steps" } else { "one_of" };
            write!(f, "/{list}/{index}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
