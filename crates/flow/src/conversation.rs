//! The way into flows: start one, hand it an input, look at a state again.
//!
//! Every question is saved under a state token before it is asked. Finishing is part of the
//! input that leads there: the client never sees a flow that is done but not finished.

use appconfig::flow::FlowKind;
use limits::Limit;
use serde_json::Value;

use crate::engine::{self, Input, Outcome};
use crate::finish::{self, Finish, Finished};
use crate::guard;
use crate::plan::FlowRef;
use crate::promotion;
use crate::refusal::Refusal;
use crate::state::{self, FlowState, Setting, StateToken};
use crate::steps;
use crate::steps::Ask;
use crate::{FlowCx, FlowError};

/// The most inputs of one batch.
const BATCH_MAX: usize = 32;

/// What a client is told.
#[derive(Debug)]
pub enum Reply {
    Asked(Box<Answer>),
    Finished(Box<Finished>),
    /// The state is as it was; its token still works.
    Refused(Refusal),
}

/// A question, and the token to answer it with.
#[derive(Debug)]
pub struct Answer {
    pub state_token: StateToken,
    pub flow: FlowRef,
    /// What the person said they are, for showing it while they prove it.
    pub login_id: Option<String>,
    pub setting: Setting,
    pub ask: Ask,
}

/// Starts a flow.
pub async fn create(cx: &FlowCx<'_>, flow: FlowRef, setting: Setting) -> Result<Reply, FlowError> {
    if !may_start(cx, &flow, &setting) {
        return Ok(Reply::Refused(Refusal::FlowNotAllowed));
    }
    if flow.kind == FlowKind::Signup && cx.ctx.app.config.authentication.public_signup_disabled {
        return Ok(Reply::Refused(Refusal::NoPublicSignup));
    }
    if let Err(exhausted) = guard::charge(cx, Limit::WalkFlow, None).await? {
        return Ok(Reply::Refused(exhausted));
    }
    let mut state = FlowState::new(&cx.ctx.rng, flow, setting);
    if state.flow.kind == FlowKind::Promote
        && let Some(refusal) = Box::pin(promotion::begin(cx, &mut state)).await?
    {
        return Ok(Reply::Refused(refusal));
    }
    // Boxed: what every step may wait for is large, and callers hold it in futures of their own.
    let outcome = Box::pin(engine::start(cx, state)).await?;
    reply(cx, outcome).await
}

/// Hands `input` to the question that `state_token` stands for.
pub async fn feed(cx: &FlowCx<'_>, state_token: &str, input: &Input) -> Result<Reply, FlowError> {
    let Some(state) = find(cx, state_token, input).await? else {
        return Ok(Reply::Refused(Refusal::FlowNotFound));
    };
    if let Err(exhausted) = guard::charge(cx, Limit::WalkFlow, None).await? {
        return Ok(Reply::Refused(exhausted));
    }
    let outcome = Box::pin(engine::advance(cx, state, Some(input))).await?;
    reply(cx, outcome).await
}

/// The state called `token`. A link that was mailed leads back to its flow without one.
async fn find(cx: &FlowCx<'_>, token: &str, input: &Input) -> Result<Option<FlowState>, FlowError> {
    let code = input.get("account_recovery_code").and_then(Value::as_str);
    match code.filter(|_| token.is_empty()) {
        Some(code) => steps::resume_recovery(cx, code).await,
        None => Ok(state::find(cx.ctx, cx.kv, token).await?),
    }
}

/// Whose password the link with `code` is about, in the words in which they were asked for it.
/// Nothing is used up.
pub async fn recovering(cx: &FlowCx<'_>, code: &str) -> Result<Option<String>, FlowError> {
    let state = steps::resume_recovery(cx, code).await?;
    Ok(state.and_then(|it| it.facts.identified.last().map(|it| it.identity.display())))
}

/// Hands over several inputs, each to the question that the one before led to.
///
/// The first refusal ends it; what was answered before stays answered, under the tokens that
/// nobody was told.
pub async fn feed_all(
    cx: &FlowCx<'_>,
    state_token: &str,
    inputs: &[Input],
) -> Result<Reply, FlowError> {
    let mut token = state_token.to_owned();
    let mut last = Reply::Refused(Refusal::FlowNotFound);
    for input in inputs.iter().take(BATCH_MAX) {
        last = feed(cx, &token, input).await?;
        match &last {
            Reply::Asked(answer) => token.clone_from(&answer.state_token),
            Reply::Finished(_) | Reply::Refused(_) => break,
        }
    }
    Ok(last)
}

/// Asks the question of `state_token` once more. Nothing changes, the token included.
pub async fn look(cx: &FlowCx<'_>, state_token: &str) -> Result<Reply, FlowError> {
    let Some(state) = state::find(cx.ctx, cx.kv, state_token).await? else {
        return Ok(Reply::Refused(Refusal::FlowNotFound));
    };
    match engine::advance(cx, state, None).await? {
        Outcome::Asked(state, ask) => {
            Ok(Reply::Asked(Box::new(Answer::new(state_token.to_owned(), state, ask))))
        }
        outcome => reply(cx, outcome).await,
    }
}

async fn reply(cx: &FlowCx<'_>, outcome: Outcome) -> Result<Reply, FlowError> {
    match outcome {
        Outcome::Asked(mut state, ask) => {
            let token = state::save(cx.ctx, cx.kv, &mut state).await?;
            Ok(Reply::Asked(Box::new(Answer::new(token, state, ask))))
        }
        Outcome::Refused(refusal) => Ok(Reply::Refused(refusal)),
        Outcome::Done(state) => match finish::finish(cx, state).await? {
            Finish::Finished(finished) => Ok(Reply::Finished(finished)),
            Finish::Refused(refusal) => Ok(Reply::Refused(refusal)),
        },
    }
}

/// A client may be held to some flows, directly or by groups of them
/// (`authentication-flow-selection.md` of upstream).
fn may_start(cx: &FlowCx<'_>, flow: &FlowRef, setting: &Setting) -> bool {
    let config = &cx.ctx.app.config;
    let client = setting.client_id.as_deref().and_then(|id| config.oauth.find_client(id));
    let Some(allowed) = client.map(|it| &it.x_authentication_flow_allowlist) else {
        return true;
    };
    if allowed.flows.is_empty() && allowed.groups.is_empty() {
        return true;
    }
    let groups = &config.ui.authentication_flow.groups;
    let in_groups = groups
        .iter()
        .filter(|group| allowed.groups.iter().any(|it| it.name == group.name))
        .flat_map(|group| &group.flows);
    let mut listed = allowed.flows.iter().chain(in_groups);
    listed.any(|it| it.kind == flow.kind && it.name == flow.name)
}

impl Answer {
    fn new(state_token: StateToken, state: FlowState, ask: Ask) -> Self {
        let login_id = state.facts.identified.last().map(|it| it.identity.display());
        Self { state_token, flow: state.flow, login_id, setting: state.setting, ask }
    }
}
