//! Refresh tokens: `<grant>.<token id><secret>`, and their rotation (RFC 9700 §4.14.2).
//!
//! The id stays while the secret rotates, so a secret of any age is recognised. One that was
//! exchanged before is in two hands, and the grant ends: neither party can be told from the
//! other. There is one exception, for an honest client whose answer was lost on the way: the
//! secret just before the current one, shortly after the rotation, gets the same answer again.
//! How shortly is a setting of the client. The answer is kept sealed with the presented secret, so no table can be robbed of it.

use appconfig::ClientConfig;
use aws_lc_rs::digest::{SHA256, digest};
use ctx::Ctx;
use domain::{AuthorizationId, Grant, GrantId, RefreshToken, Scopes};
use stdx::{Secret, base64url, constant_time_eq, from_base64url, sha256_hex};
use store::{Rotation, Tx};

use crate::access::{Lifetimes, access};
use crate::clients;
use crate::end;
use crate::error::Result;
use crate::session::SessionRef;

/// Base64url of the 128-bit id and of the 256-bit secret.
const ID_CHARS: usize = 22;
const SECRET_CHARS: usize = 43;

/// What a presented refresh token was found to be.
#[derive(Debug)]
pub enum Found {
    Live(Box<Live>),
    Refused(Refusal),
}

/// A refresh token that may be used.
#[derive(Clone, Debug)]
pub struct Live {
    pub grant: Grant,
    pub token: RefreshToken,
    presented: Presented,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Never issued, or of another project.
    Unknown,
    /// The grant, its browser session, its client or the account has come to an end.
    Ended,
    /// Exchanged before. The grant has just been ended.
    Replayed { ended: Vec<SessionRef> },
}

#[derive(Clone, Debug)]
struct Presented {
    grant: GrantId,
    id: String,
    secret: Secret<String>,
    hash: String,
}

/// Looks a presented token up. A replay ends the grant, and that write must be committed.
pub async fn find(ctx: &Ctx, tx: &mut Tx, presented: &str) -> Result<Found> {
    let refused = |refusal| Ok(Found::Refused(refusal));
    let Some(presented) = parse(presented) else { return refused(Refusal::Unknown) };
    let (grant, id) = (&presented.grant, &presented.id);
    let Some(token) = tx.refresh_tokens().find(grant, id).await? else {
        return refused(Refusal::Unknown);
    };
    let Some(grant) = tx.grants().find(grant).await? else { return refused(Refusal::Unknown) };
    if !is_current(&token, &presented) && !is_in_grace(ctx, &token, &presented) {
        let ended = end::grant(ctx, tx, &grant).await?;
        return refused(Refusal::Replayed { ended });
    }
    if !is_usable(ctx, tx, &grant, &token).await? {
        return refused(Refusal::Ended);
    }
    Ok(Found::Live(Box::new(Live { grant, token, presented })))
}

/// The same token as it is now; `None` when what it hangs on has ended since `earlier`. The
/// secret was judged then: that it was rotated in between is not a replay.
pub async fn find_again(ctx: &Ctx, tx: &mut Tx, earlier: &Live) -> Result<Option<Box<Live>>> {
    let presented = earlier.presented.clone();
    let token = tx.refresh_tokens().find(&presented.grant, &presented.id).await?;
    let grant = tx.grants().find(&presented.grant).await?;
    let (Some(token), Some(grant)) = (token, grant) else { return Ok(None) };
    let is_usable = is_usable(ctx, tx, &grant, &token).await?;
    Ok(is_usable.then(|| Box::new(Live { grant, token, presented })))
}

/// A presented token if it may be used, without using it: nothing is ended, whatever it is.
pub async fn look_up(ctx: &Ctx, tx: &mut Tx, presented: &str) -> Result<Option<Box<Live>>> {
    let Some(presented) = parse(presented) else { return Ok(None) };
    let token = tx.refresh_tokens().find(&presented.grant, &presented.id).await?;
    let grant = tx.grants().find(&presented.grant).await?;
    let (Some(token), Some(grant)) = (token, grant) else { return Ok(None) };
    let is_its_secret = is_current(&token, &presented) || is_in_grace(ctx, &token, &presented);
    let is_usable = is_its_secret && is_usable(ctx, tx, &grant, &token).await?;
    Ok(is_usable.then(|| Box::new(Live { grant, token, presented })))
}

/// The token to hand out in place of the presented one, and a use of the grant noted.
///
/// `None` when another request rotated in the meantime; the caller looks again.
pub async fn rotate(ctx: &Ctx, tx: &mut Tx, live: &Live) -> Result<Option<Secret<String>>> {
    let presented = &live.presented;
    if !is_current(&live.token, presented) {
        return Ok(successor(&live.token, presented).map(|it| presented.with_secret(&it)));
    }
    let next = ctx.rng.token();
    let rotated = tx
        .refresh_tokens()
        .rotate(
            &presented.id,
            &Rotation {
                current_hash: &presented.hash,
                next_hash: &hash(&next),
                sealed_successor: &seal(presented.secret.reveal(), &next),
                at: ctx.now,
            },
        )
        .await?;
    Ok(rotated.then(|| presented.with_secret(&next)))
}

/// Notes a use of the grant: its idle time starts again.
pub async fn touch(ctx: &Ctx, tx: &mut Tx, grant: &Grant) -> Result<()> {
    let client = ctx.app.config.oauth.find_client(grant.client_id.as_str());
    let idle = client.and_then(|it| Lifetimes::of_client(it).idle_expires_at(ctx.now));
    tx.grants().touch(&grant.id, &access(ctx), idle).await?;
    if let (true, Some(session)) = (grant.sso_enabled, &grant.idp_session_id) {
        let idle = Lifetimes::of_browser(&ctx.app.config.session).idle_expires_at(ctx.now);
        tx.idp_sessions().touch(session, &access(ctx), idle).await?;
    }
    Ok(())
}

/// The first token of a chain.
pub(crate) fn first(
    ctx: &Ctx,
    grant: &Grant,
    authorization_id: Option<AuthorizationId>,
    scopes: Scopes,
    dpop_jkt: Option<String>,
) -> (RefreshToken, Secret<String>) {
    let id = base64url(&ctx.rng.bytes::<16>());
    let secret = ctx.rng.token();
    let token = RefreshToken {
        id: id.clone(),
        grant_id: grant.id.clone(),
        client_id: grant.client_id.clone(),
        authorization_id,
        scopes,
        created_at: ctx.now,
        dpop_jkt,
        hash: hash(&secret),
        previous_hash: None,
        sealed_successor: None,
        rotated_at: None,
        expires_at: None,
    };
    (token, Secret::new(format!("{}.{id}{secret}", grant.id)))
}

/// Everything a refresh token hangs on.
async fn is_usable(ctx: &Ctx, tx: &mut Tx, grant: &Grant, token: &RefreshToken) -> Result<bool> {
    let client = clients::load(ctx, tx, grant.client_id.as_str()).await?;
    let Some(client) = client else { return Ok(false) };
    if clients::load(ctx, tx, token.client_id.as_str()).await?.is_none() {
        return Ok(false);
    }
    let allowed =
        Lifetimes::of_client(&client).allow(grant.created_at, grant.last_access.at, ctx.now);
    let expired = token.expires_at.is_some_and(|expires_at| ctx.now >= expires_at);
    if !grant.is_live(ctx.now) || !allowed || expired {
        return Ok(false);
    }
    if let Some(id) = &token.authorization_id
        && tx.authorizations().find_by_id(id).await?.is_none()
    {
        return Ok(false);
    }
    if grant.sso_enabled {
        let Some(id) = &grant.idp_session_id else { return Ok(false) };
        let session = tx.idp_sessions().find(id).await?;
        if !session.is_some_and(|session| session.is_live(ctx.now)) {
            return Ok(false);
        }
    }
    let user = tx.users().find(&grant.user_id).await?;
    Ok(user.is_some_and(|user| user.is_usable(ctx.now)))
}

fn is_current(token: &RefreshToken, presented: &Presented) -> bool {
    constant_time_eq(token.hash.as_bytes(), presented.hash.as_bytes())
}

fn is_in_grace(ctx: &Ctx, token: &RefreshToken, presented: &Presented) -> bool {
    let is_previous = token
        .previous_hash
        .as_ref()
        .is_some_and(|hash| constant_time_eq(hash.as_bytes(), presented.hash.as_bytes()));
    let client = ctx.app.config.oauth.find_client(token.client_id.as_str());
    let grace = client.map_or(0, ClientConfig::rotation_grace_seconds);
    let is_soon = token.rotated_at.is_some_and(|at| ctx.now.seconds_since(at) < grace);
    // Another node's clock may be ahead of ours, and none is none.
    is_previous && is_soon && grace > 0
}

impl Presented {
    fn with_secret(&self, secret: &str) -> Secret<String> {
        Secret::new(format!("{}.{}{secret}", self.grant, self.id))
    }
}

fn parse(text: &str) -> Option<Presented> {
    let (grant, rest) = text.split_once('.')?;
    // Ids of grants are UUIDs; the bound keeps a long text from reaching the database.
    if grant.is_empty() || grant.len() > 64 || rest.len() != ID_CHARS + SECRET_CHARS {
        return None;
    }
    if !rest.is_ascii() {
        return None;
    }
    let (id, secret) = rest.split_at(ID_CHARS);
    Some(Presented {
        grant: GrantId::new(grant),
        id: id.to_owned(),
        secret: Secret::new(secret.to_owned()),
        hash: hash(secret),
    })
}

fn hash(secret: &str) -> String {
    sha256_hex(secret)
}

/// `next`, readable only with `current`: a one-time pad, since a secret has one successor.
fn seal(current: &str, next: &str) -> String {
    let next = from_base64url(next).expect("tokens of ours are base64url");
    base64url(&xor(&pad(current), &next))
}

fn successor(token: &RefreshToken, presented: &Presented) -> Option<String> {
    let sealed = from_base64url(token.sealed_successor.as_deref()?)?;
    let next = base64url(&xor(&pad(presented.secret.reveal()), &sealed));
    // A row written in any other way must not be handed out as a token.
    constant_time_eq(hash(&next).as_bytes(), token.hash.as_bytes()).then_some(next)
}

fn pad(secret: &str) -> Vec<u8> {
    let labelled = format!("refresh token successor:{secret}");
    digest(&SHA256, labelled.as_bytes()).as_ref().to_vec()
}

fn xor(left: &[u8], right: &[u8]) -> Vec<u8> {
    left.iter().zip(right).map(|(left, right)| left ^ right).collect()
}

#[cfg(test)]
mod tests;
