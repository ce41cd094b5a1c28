//! Browser sessions with the provider itself, and the value of their cookie.

use ctx::Ctx;
use domain::{IdpSession, IdpSessionId, UserId};
use stdx::{Secret, sha256_hex};
use store::Tx;

use crate::access::{Lifetimes, access};
use crate::error::Result;

/// A fresh session and the value for its cookie, which is told once.
#[derive(Debug)]
pub struct Created {
    pub session: IdpSession,
    pub cookie: Secret<String>,
}

/// Opens a session. Every authentication opens a new one, so that no session id known before
/// a sign-in is worth anything after it.
pub async fn create(ctx: &Ctx, tx: &mut Tx, user: &UserId, amr: Vec<String>) -> Result<Created> {
    let id = ctx.rng.uuid();
    let secret = ctx.rng.token();
    create_known(ctx, tx, user, amr, (id, &secret)).await
}

/// The same, with an id and a secret that somebody else chose: for installations under test only.
pub async fn create_known(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    amr: Vec<String>,
    (id, secret): (String, &str),
) -> Result<Created> {
    let cookie = format!("{id}.{secret}");
    let lifetimes = Lifetimes::of_browser(&ctx.app.config.session);
    let session = IdpSession {
        id: IdpSessionId::new(id),
        user_id: user.clone(),
        created_at: ctx.now,
        authenticated_at: ctx.now,
        amr,
        initial_access: access(ctx),
        last_access: access(ctx),
        token_hash: sha256_hex(&cookie),
        expires_at: lifetimes.expires_at(ctx.now),
        idle_expires_at: lifetimes.idle_expires_at(ctx.now),
        ended_at: None,
    };
    tx.idp_sessions().insert(&session).await?;
    Ok(Created { session, cookie: Secret::new(cookie) })
}

/// Notes that the holder of a session has authenticated again.
pub async fn reauthenticate(
    ctx: &Ctx,
    tx: &mut Tx,
    id: &IdpSessionId,
    amr: &[String],
) -> Result<()> {
    Ok(tx.idp_sessions().set_authentication(id, amr, ctx.now).await?)
}

/// The session that a cookie's value names, if it has the shape of one.
pub(crate) fn id_in_cookie(cookie: &str) -> Option<IdpSessionId> {
    let (id, secret) = cookie.split_once('.')?;
    let plausible = !id.is_empty() && !secret.is_empty() && cookie.len() <= 256;
    plausible.then(|| IdpSessionId::new(id))
}
