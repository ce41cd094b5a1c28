//! `terminate_other_sessions`: for applications that allow one session at a time.
//!
//! Asked only when the client has `x_max_concurrent_session: 1` and the person is signed in to
//! it elsewhere. The sessions end when the flow finishes, not before.

use appconfig::flow::StepType;
use serde_json::json;

use super::{Ask, Taken, Turn};
use crate::shape::{Member, Shape};
use crate::state::FlowState;
use crate::{FlowCx, FlowError};

pub async fn turn(cx: &FlowCx<'_>, state: &FlowState) -> Result<Turn, FlowError> {
    let done = Ok(Turn::Settled(Taken::Done));
    let client = state.setting.client_id.as_deref();
    let client = client.and_then(|id| cx.ctx.app.config.oauth.find_client(id));
    let Some(client) = client.filter(|client| client.x_max_concurrent_session == 1) else {
        return done;
    };
    let user = state.facts.known_user("terminate_other_sessions")?;
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let grants = tx.grants().list(&user).await?;
    let elsewhere = grants
        .iter()
        .any(|grant| grant.client_id.as_str() == client.client_id && grant.is_live(cx.ctx.now));
    if !elsewhere {
        return done;
    }
    let shape = Shape::single(vec![Member::True("confirm_terminate_other_sessions")]);
    Ok(Turn::Ask(Ask::new(StepType::TerminateOtherSessions, json!({}), shape)))
}
