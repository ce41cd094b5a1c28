//! `fill_in_user_profile`: the person says more of themselves.

use accounts::attributes::{self, AttributeRefusal, Change, Party};
use appconfig::flow::{FlowKind, FlowStep};
use serde_json::{Value, json};

use super::{Ask, Taken, Turn, kind_of_step};
use crate::FlowCx;
use crate::engine::Input;
use crate::refusal::Refusal;
use crate::shape::{Cause, Member, Shape};
use crate::state::FlowState;

/// More attributes than this were not asked for.
const ATTRIBUTES_MAX: usize = 100;

pub fn turn(state: &FlowState, step: &FlowStep) -> Turn {
    if kind_of_step(state) == FlowKind::Signup && state.facts.existing_user().is_some() {
        // Signing up led to an account that they have: it says of them what it says.
        return Turn::Settled(Taken::Done);
    }
    let attributes: Vec<Value> = step
        .user_profile
        .iter()
        .map(|it| json!({ "pointer": it.pointer, "required": it.required }))
        .collect();
    let data = json!({ "type": "fill_in_user_profile_data", "attributes": attributes });
    let shape = Shape::single(vec![Member::Array("attributes")]);
    Turn::Ask(Ask::new(step.kind, data, shape))
}

pub fn take(cx: &FlowCx<'_>, state: &mut FlowState, step: &FlowStep, input: &Input) -> Taken {
    let given = input.get("attributes").and_then(Value::as_array);
    let given: &[Value] = given.map(Vec::as_slice).unwrap_or_default();
    let mut causes = Vec::new();
    let mut changes = Vec::new();
    for (at, attribute) in given.iter().take(ATTRIBUTES_MAX).enumerate() {
        let pointer = attribute.get("pointer").and_then(Value::as_str).unwrap_or_default();
        if !step.user_profile.iter().any(|it| it.pointer == pointer) {
            causes.push(cause(&format!("/attributes/{at}/pointer"), "enum", pointer));
            continue;
        }
        let value = attribute.get("value").filter(|it| !it.is_null() && **it != json!(""));
        if let Some(value) = value {
            changes.push(Change::new(pointer, Some(value.clone())));
        }
    }
    let has = |pointer: &str| changes.iter().any(|it| it.pointer == pointer);
    for wanted in step.user_profile.iter().filter(|it| it.required && !has(&it.pointer)) {
        causes.push(cause("/attributes", "required", &wanted.pointer));
    }
    let facts = &mut state.facts;
    let (mut standard, mut custom) =
        (facts.standard_attributes.clone(), facts.custom_attributes.clone());
    for change in &changes {
        let applied =
            attributes::apply_to(cx.ctx, Party::EndUser, change, &mut standard, &mut custom);
        if let Err(refusal) = applied {
            causes.push(cause_of("/attributes", &refusal));
        }
    }
    if !causes.is_empty() {
        return Taken::Refused(Refusal::InvalidAttributes(causes));
    }
    (facts.standard_attributes, facts.custom_attributes) = (standard, custom);
    Taken::Done
}

/// Why an attribute cannot be that, of the object at `whole`.
pub(crate) fn cause_of(whole: &str, refusal: &AttributeRefusal) -> Cause {
    let location = format!("{whole}{}", refusal.pointer());
    match refusal {
        AttributeRefusal::Invalid { keyword, details, .. } => {
            Cause { location, kind: keyword, details: details.clone() }
        }
        AttributeRefusal::AccessControl { .. }
        | AttributeRefusal::Unknown { .. }
        | AttributeRefusal::NotOwned { .. } => cause(&location, "general", refusal.reason()),
    }
}

fn cause(location: &str, kind: &'static str, actual: &str) -> Cause {
    Cause { location: location.to_owned(), kind, details: json!({ "actual": actual }) }
}
