//! The session that a flow ends with: a new one, the one it went on with, or none.

use appconfig::flow::FlowKind;
use domain::{ClientId, IdpSessionId, UserId};
use sessions::{SessionRef, browser, end};
use stdx::{Secret, Timestamp};
use store::Tx;

use super::Done;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, record};

/// A day.
const DAY_SECONDS: i64 = 86_400;

/// Writes the session, and what belongs to having signed in.
pub async fn write(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    user: &UserId,
    state: &FlowState,
) -> Result<Done, FlowError> {
    let amr = state.facts.amr();
    let now = cx.ctx.now;
    let mut done = Done {
        user_id: user.clone(),
        amr: amr.clone(),
        authenticated_at: now,
        session: None,
        cookie: None,
        device_token: None,
        ended: Vec::new(),
    };
    if state.flow.kind == FlowKind::Reauth {
        return reauthenticate(cx, tx, state, done).await;
    }
    if let Some(continued) = &state.facts.continued_session {
        done.session = Some(SessionRef::Idp(IdpSessionId::new(continued.session_id.clone())));
        done.authenticated_at = Timestamp(continued.authenticated_at);
        return Ok(done);
    }
    tx.users().note_login(user, now).await?;
    done.ended = end_others(cx, tx, user, state).await?;
    done.device_token = trust_device(cx, tx, user, state).await?;
    if !state.setting.suppresses_idp_session_cookie {
        let created = browser::create(cx.ctx, tx, user, amr).await?;
        record::signed_in(cx, tx, &state.setting, &created.session).await?;
        done.session = Some(SessionRef::Idp(created.session.id));
        done.cookie = Some(created.cookie);
    }
    Ok(done)
}

/// Somebody who is signed in proved it again: their session is as good as new.
async fn reauthenticate(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    state: &FlowState,
    mut done: Done,
) -> Result<Done, FlowError> {
    let own = cx.browser.session.filter(|session| session.user_id == done.user_id);
    if let Some(session) = own {
        if let SessionRef::Idp(id) = session.session.clone() {
            browser::reauthenticate(cx.ctx, tx, &id, &done.amr).await?;
            done.ended.push(session.session.clone());
        }
        done.session = Some(session.session.clone());
    }
    record::reauthenticated(cx, tx, &state.setting, &done.user_id).await?;
    Ok(done)
}

/// Spares this browser the second factor, if it asked for that.
async fn trust_device(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    user: &UserId,
    state: &FlowState,
) -> Result<Option<(Secret<String>, i64)>, FlowError> {
    let config = &cx.ctx.app.config.authentication.device_token;
    if !state.facts.wants_device_token || config.disabled {
        return Ok(None);
    }
    let lifetime = config.expire_in_days.saturating_mul(DAY_SECONDS);
    let token = cx.ctx.rng.token();
    let expires_at = cx.ctx.now.plus_seconds(lifetime);
    let hash = stdx::sha256_hex(&token);
    tx.device_tokens().insert(&hash, user, cx.ctx.now, expires_at).await?;
    Ok(Some((Secret::new(token), lifetime)))
}

/// Ends the other sessions of the client, when the person agreed to that.
async fn end_others(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    user: &UserId,
    state: &FlowState,
) -> Result<Vec<SessionRef>, FlowError> {
    let mut ended = Vec::new();
    let client = state.setting.client_id.as_deref().map(ClientId::new);
    let Some(client) = client.filter(|_| state.facts.terminates_other_sessions) else {
        return Ok(ended);
    };
    for grant in tx.grants().list(user).await? {
        if grant.client_id == client && grant.is_live(cx.ctx.now) {
            ended.extend(end::grant(cx.ctx, tx, &grant).await?);
        }
    }
    Ok(ended)
}
