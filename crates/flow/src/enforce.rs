//! What a project's hooks insist on: methods that the person must have used at the end
//! (`constraints.amr`).
//!
//! Once nothing else is left to be proved, a step that no configuration declares comes on top of
//! the list, and comes again until all of them are fulfilled. Whoever signs in has to use what
//! they have; whoever signs up has to set it up.

use appconfig::flow::Authentication;

use crate::facts::amr_of;
use crate::plan::StepPath;
use crate::state::{FlowState, Todo};

/// Fulfilled by a second authenticator, whichever it is.
const MULTI_FACTOR: &str = "mfa";

/// Puts the step on the list, if something is missing.
pub fn add_step(state: &mut FlowState) {
    if !is_step(state) && !missing(state).is_empty() {
        state.todo.push(Todo { path: StepPath::top(0), flow: None, is_enforced: true });
    }
}

/// Whether the step on top of the list is there because hooks insist on something.
pub fn is_step(state: &FlowState) -> bool {
    state.todo.last().is_some_and(|todo| todo.is_enforced)
}

/// Whether the step on top of the list may offer this.
pub fn allows(state: &FlowState, authentication: Authentication) -> bool {
    if !is_step(state) {
        return true;
    }
    let missing = missing(state);
    if missing == [MULTI_FACTOR] {
        return true;
    }
    amr_of(authentication).iter().any(|method| missing.contains(method))
}

/// The methods that were not used yet.
fn missing(state: &FlowState) -> Vec<&str> {
    let used = state.facts.amr();
    let wanted = state.hooked.amr.iter().filter(|method| !used.contains(method));
    wanted.map(String::as_str).collect()
}
