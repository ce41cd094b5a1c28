//! Ends: signing out, and ending somebody else's session.
//!
//! A grant that shares its browser session goes together with it and with every other grant
//! that came out of it. Each function says what has ended, for [`crate::Sessions::forget`].

use ctx::Ctx;
use domain::{Grant, GrantId, IdpSessionId, UserId};
use store::Tx;

use crate::back_channel;
use crate::error::Result;
use crate::session::{Session, SessionRef};

/// Ends a grant and, when it shares its browser session, the whole group.
pub async fn grant(ctx: &Ctx, tx: &mut Tx, grant: &Grant) -> Result<Vec<SessionRef>> {
    let mut ended = grant_alone(ctx, tx, &grant.id).await?;
    if let (true, Some(id)) = (grant.sso_enabled, &grant.idp_session_id) {
        ended.extend(idp_session(ctx, tx, id).await?);
    }
    Ok(ended)
}

/// Ends one grant, whatever it shares.
pub async fn grant_alone(ctx: &Ctx, tx: &mut Tx, id: &GrantId) -> Result<Vec<SessionRef>> {
    let ended = tx.grants().end(id, ctx.now).await?;
    if ended
        && back_channel::is_wanted(ctx)
        && let Some(grant) = tx.grants().find(id).await?
    {
        // Few ends are told, and futures that end sessions are part of many.
        Box::pin(back_channel::announce(ctx, tx, &grant)).await?;
    }
    Ok(ended.then(|| SessionRef::Grant(id.clone())).into_iter().collect())
}

/// Ends a browser session and every grant that came out of it.
pub async fn idp_session(ctx: &Ctx, tx: &mut Tx, id: &IdpSessionId) -> Result<Vec<SessionRef>> {
    let mut ended = Vec::new();
    if tx.idp_sessions().end(id, ctx.now).await? {
        ended.push(SessionRef::Idp(id.clone()));
    }
    for grant in tx.grants().list_of_idp_session(id).await? {
        ended.extend(grant_alone(ctx, tx, &grant.id).await?);
    }
    Ok(ended)
}

/// Ends a browser session in whose place the browser got another one. What applications share
/// stays until it expires: they did not sign out, and the cookie that led to it is gone.
pub async fn replaced(ctx: &Ctx, tx: &mut Tx, id: &IdpSessionId) -> Result<Vec<SessionRef>> {
    let grants = tx.grants().list_of_idp_session(id).await?;
    if grants.iter().any(|grant| grant.sso_enabled && grant.is_live(ctx.now)) {
        return Ok(Vec::new());
    }
    let has_ended = tx.idp_sessions().end(id, ctx.now).await?;
    Ok(has_ended.then(|| SessionRef::Idp(id.clone())).into_iter().collect())
}

/// Signs out: ends the session and the group it belongs to.
pub async fn session(ctx: &Ctx, tx: &mut Tx, session: &Session) -> Result<Vec<SessionRef>> {
    match &session.session {
        SessionRef::Idp(id) => idp_session(ctx, tx, id).await,
        SessionRef::Grant(id) => match tx.grants().find(id).await? {
            Some(found) => grant(ctx, tx, &found).await,
            None => Ok(Vec::new()),
        },
    }
}

/// Ends a session of `user` by its id; nothing happens to anybody else's.
pub async fn one_of(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    session: &SessionRef,
) -> Result<Vec<SessionRef>> {
    match session {
        SessionRef::Idp(id) => match tx.idp_sessions().find(id).await? {
            Some(found) if found.user_id == *user => idp_session(ctx, tx, id).await,
            _ => Ok(Vec::new()),
        },
        SessionRef::Grant(id) => match tx.grants().find(id).await? {
            Some(found) if found.user_id == *user => grant(ctx, tx, &found).await,
            _ => Ok(Vec::new()),
        },
    }
}

/// Ends every session of a person, except the group of `current`.
pub async fn all_of(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    current: Option<&Session>,
) -> Result<Vec<SessionRef>> {
    let group = current.and_then(Session::sso_group);
    let mut ended = Vec::new();
    for grant in tx.grants().list(user).await? {
        let is_current =
            current.is_some_and(|it| it.session == SessionRef::Grant(grant.id.clone()));
        let is_in_group = group.is_some() && grant.idp_session_id.as_ref() == group;
        if !is_current && !is_in_group {
            ended.extend(grant_alone(ctx, tx, &grant.id).await?);
        }
    }
    for session in tx.idp_sessions().list(user).await? {
        if group != Some(&session.id) && tx.idp_sessions().end(&session.id, ctx.now).await? {
            ended.push(SessionRef::Idp(session.id));
        }
    }
    Ok(ended)
}

#[cfg(test)]
mod tests;
