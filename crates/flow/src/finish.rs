//! The end of a flow: facts become rows, a session and events, in one transaction.
//!
//! Everything slow happened before. The transaction re-checks what it relies on: a login ID
//! that somebody took meanwhile refuses the sign-up, and nothing of it is written.

mod account;
mod promotion;
mod recovery;
mod session;

use accounts::hooked;
use appconfig::flow::FlowKind;
use appconfig::hook::BlockingEvent;
use domain::UserId;
use events::Hooks;
use events::hooks::Mutations;
use limits::{Limit, lockout};
use sessions::SessionRef;
use sessions::authentication_info::{self, AuthenticationInfo};
use stdx::{Secret, Timestamp};
use store::StoreError;

use crate::plan::FlowRef;
use crate::refusal::Refusal;
use crate::state::{self, FlowState, Setting};
use crate::{FlowCx, FlowError, guard, hooks, record, steps, stopped};

pub(crate) use account::create as create_account;

/// A flow that has come to its end.
#[derive(Debug)]
pub struct Finished {
    /// Names the end, as every state has a name; nothing can be done with it.
    pub state_token: String,
    pub flow: FlowRef,
    pub user_id: UserId,
    pub amr: Vec<String>,
    /// Where to go now: back into the authorization request, when there was one.
    pub finish_redirect_uri: Option<String>,
    /// The browser session's cookie, unless the client asked for none.
    pub session_cookie: Option<Secret<String>>,
    /// Spares this browser the second factor from now on, and for how many seconds.
    pub device_token: Option<(Secret<String>, i64)>,
}

pub(crate) enum Finish {
    Finished(Box<Finished>),
    Refused(Refusal),
}

/// Writes what the flow established. A flow finishes once.
pub(crate) async fn finish(cx: &FlowCx<'_>, state: FlowState) -> Result<Finish, FlowError> {
    if !state::claim_finish(cx.ctx, cx.kv, &state.flow_id).await? {
        return Ok(Finish::Refused(Refusal::FlowNotFound));
    }
    if let Some(limit) = limit_of(&state)
        && let Err(exhausted) = guard::charge(cx, limit, None).await?
    {
        state::release_finish(cx.ctx, cx.kv, &state.flow_id).await?;
        return Ok(Finish::Refused(exhausted));
    }
    let written = ask_and_write(cx, &state).await;
    // After a refusal or an error nothing happened, and the person may try the last question
    // again. When nobody knows whether the commit was kept, they may not.
    let is_unknown = matches!(written, Err(FlowError::Store(StoreError::OutcomeUnknown(_))));
    if !is_unknown && !matches!(written, Ok(Written::Done(_))) {
        state::release_finish(cx.ctx, cx.kv, &state.flow_id).await?;
    }
    let done = match written? {
        Written::Done(done) => done,
        Written::Refused(refusal) => {
            record::blocked(cx, &state, &refusal).await?;
            return Ok(Finish::Refused(refusal));
        }
    };
    cx.sessions.forget(cx.ctx, &done.ended).await;
    state::forget(cx.ctx, cx.kv, &state).await;
    let finish_redirect_uri = return_address(cx, &state, &done).await?;
    Ok(Finish::Finished(Box::new(Finished {
        state_token: format!("authflowstate_{}", cx.ctx.rng.token()),
        flow: state.flow,
        user_id: done.user_id,
        amr: done.amr,
        finish_redirect_uri,
        session_cookie: done.cookie,
        device_token: done.device_token,
    })))
}

/// What counts how many accounts come about.
fn limit_of(state: &FlowState) -> Option<Limit> {
    let is_new = state.facts.person.as_ref().is_some_and(|person| person.is_new);
    match state.flow.kind {
        FlowKind::Promote => Some(Limit::SignUpAnonymous),
        _ => is_new.then_some(Limit::SignUp),
    }
}

enum Written {
    Done(Done),
    Refused(Refusal),
}

/// What was committed, and what the browser is to keep of it.
struct Done {
    user_id: UserId,
    amr: Vec<String>,
    authenticated_at: Timestamp,
    session: Option<SessionRef>,
    cookie: Option<Secret<String>>,
    device_token: Option<(Secret<String>, i64)>,
    ended: Vec<SessionRef>,
}

/// A new person is shown to the project's hooks first, which may change what is written.
async fn ask_and_write(cx: &FlowCx<'_>, state: &FlowState) -> Result<Written, FlowError> {
    let event = BlockingEvent::UserPreCreate;
    let is_new = state.facts.person.as_ref().is_some_and(|person| person.is_new);
    let is_asked = is_new && Hooks::is_asked(cx.ctx, event);
    let shown = if is_asked { hooks::new_account(cx, state).await? } else { None };
    // Nobody is shown when it cannot be written: the refusal is the same.
    let Some((person, identities)) = shown else {
        return write(cx, state, &Mutations::default()).await;
    };
    let source = record::source(cx, &state.setting);
    let about = (person, Some(identities));
    match hooked::ask(cx.hooks, cx.ctx, &source, event, about).await {
        Ok(mutations) => write(cx, state, &mutations).await,
        Err(refusal) => Ok(Written::Refused(Refusal::Hook(refusal))),
    }
}

async fn write(
    cx: &FlowCx<'_>,
    state: &FlowState,
    mutations: &Mutations,
) -> Result<Written, FlowError> {
    if state.flow.kind == FlowKind::AccountRecovery {
        return recovery::write(cx, state).await;
    }
    let facts = &state.facts;
    let user_id = facts.known_user("finish")?;
    let mut tx = cx.store.write(&cx.ctx.app.id).await?;
    if facts.person.as_ref().is_some_and(|person| person.is_new) {
        if let Some(refusal) = account::create(cx, &mut tx, &user_id, facts).await? {
            return Ok(Written::Refused(refusal));
        }
        let odd = hooked::apply(cx.ctx, &mut tx, &user_id, mutations).await.map_err(stopped)?;
        if let Some(odd) = odd {
            let cause = steps::attribute_cause("/user", &odd);
            return Ok(Written::Refused(Refusal::InvalidAttributes(vec![cause])));
        }
        record::signed_up(cx, &mut tx, &state.setting, &user_id).await?;
    } else if state.flow.kind == FlowKind::Promote {
        if let Some(refusal) = promotion::write(cx, &mut tx, &user_id, state).await? {
            return Ok(Written::Refused(refusal));
        }
    } else if let Some(refusal) = account::update(cx, &mut tx, &user_id, state).await? {
        return Ok(Written::Refused(refusal));
    }
    lockout::forgive(cx.ctx, &mut tx, &user_id, &guard::proved(facts)).await?;
    let done = session::write(cx, &mut tx, &user_id, state).await?;
    tx.commit().await?;
    Ok(Written::Done(done))
}

/// Back into the authorization request, with what the flow proved under a code.
async fn return_address(
    cx: &FlowCx<'_>,
    state: &FlowState,
    done: &Done,
) -> Result<Option<String>, FlowError> {
    let setting: &Setting = &state.setting;
    let is_sign_in = state.flow.kind != FlowKind::AccountRecovery;
    let Some(oauth_session_id) = setting.oauth_session_id.as_ref().filter(|_| is_sign_in) else {
        return Ok(setting.redirect_uri.clone().filter(|_| is_sign_in));
    };
    let info = AuthenticationInfo {
        user_id: done.user_id.clone(),
        amr: done.amr.clone(),
        authenticated_at: done.authenticated_at,
        oauth_session_id: oauth_session_id.clone(),
        session: done.session.clone(),
    };
    let code = authentication_info::save(cx.ctx, cx.kv, &info).await?;
    let origin = cx.ctx.app.origin();
    Ok(Some(format!("{origin}/oauth2/consent?code={code}&x_ref={oauth_session_id}")))
}
