//! Asking a project's handlers while somebody authenticates.
//!
//! Before a flow begins, after each identification, and once nothing is left to be proved
//! (`docs/specs/event.md` of upstream). What they were asked and what they said is part of the
//! state, so that an older token brings an older answer back and nobody is asked twice. No
//! transaction is open meanwhile.

mod payload;

use std::collections::BTreeMap;

use appconfig::flow::{FlowKind, FlowStep, StepType};
use appconfig::hook::BlockingEvent;
use events::Hooks;
use events::hooks::{Allowed, Blocking, BotProtectionOverride};
use serde::{Deserialize, Serialize};

use crate::plan;
use crate::refusal::Refusal;
use crate::state::{FlowState, Todo};
use crate::{FlowCx, FlowError, enforce, record};

pub use payload::new_account;

/// What the handlers were asked about a flow, and what they have said: the last word counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hooked {
    /// About how many of the identifications.
    pub identified: usize,
    /// Whether they were asked once nothing was left to be proved.
    pub is_authenticated: bool,
    /// Methods that the person must have used at the end, as `amr` names them.
    pub amr: Vec<String>,
    pub bot_protection: Option<BotProtectionOverride>,
    /// How much an operation counts for a limit, by its group.
    pub rate_limits: BTreeMap<String, f64>,
}

/// Asks before anything happens. To be called whenever a flow begins, or becomes another one.
pub async fn initialize(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
) -> Result<Option<Refusal>, FlowError> {
    if state.flow.kind == FlowKind::AccountRecovery {
        return Ok(None);
    }
    ask(cx, state, BlockingEvent::AuthenticationPreInitialize).await
}

/// Asks about what has happened since, and adds what the handlers insist on.
pub async fn follow(cx: &FlowCx<'_>, state: &mut FlowState) -> Result<Option<Refusal>, FlowError> {
    match state.flow.kind {
        FlowKind::Login | FlowKind::Signup | FlowKind::Reauth | FlowKind::Promote => {}
        FlowKind::SignupLogin | FlowKind::AccountRecovery => return Ok(None),
    }
    while state.hooked.identified < state.facts.identified.len() {
        state.hooked.identified += 1;
        let refusal = ask(cx, state, BlockingEvent::AuthenticationPostIdentified).await?;
        if refusal.is_some() {
            return Ok(refusal);
        }
    }
    if !state.hooked.is_authenticated && is_proved(cx, state) {
        state.hooked.is_authenticated = true;
        let refusal = ask(cx, state, BlockingEvent::AuthenticationPreAuthenticated).await?;
        if refusal.is_some() {
            return Ok(refusal);
        }
    }
    if state.hooked.is_authenticated {
        enforce::add_step(state);
    }
    Ok(None)
}

async fn ask(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    event: BlockingEvent,
) -> Result<Option<Refusal>, FlowError> {
    if !Hooks::is_asked(cx.ctx, event) {
        return Ok(None);
    }
    let (user, payload) = payload::of(cx, state, event).await?;
    let question = Blocking { event, user: user.as_ref(), payload };
    match cx.hooks.decide(cx.ctx, &record::source(cx, &state.setting), question).await {
        Ok(allowed) => {
            state.hooked.take(allowed);
            Ok(None)
        }
        Err(refusal) => Ok(Some(Refusal::Hook(refusal))),
    }
}

/// Whether the person is known and no step that is left, or below one that is, could prove more.
fn is_proved(cx: &FlowCx<'_>, state: &FlowState) -> bool {
    let may_prove = |todo: &Todo| {
        let flow = plan::flow_of(&cx.ctx.app, state, todo).ok();
        flow.is_some_and(|flow| todo.path.find(&flow).is_some_and(proves))
    };
    !state.facts.identified.is_empty() && !state.todo.iter().any(may_prove)
}

fn proves(step: &FlowStep) -> bool {
    let is_proof = matches!(
        step.kind,
        StepType::Identify
            | StepType::Authenticate
            | StepType::CreateAuthenticator
            | StepType::Verify
    );
    is_proof || step.one_of.iter().flat_map(|branch| &branch.steps).any(proves)
}

impl Hooked {
    fn take(&mut self, allowed: Allowed) {
        if let Some(amr) = allowed.amr {
            self.amr = amr;
        }
        self.bot_protection = allowed.bot_protection.or(self.bot_protection);
        if let Some(weights) = allowed.rate_limits {
            self.rate_limits = weights;
        }
    }
}
