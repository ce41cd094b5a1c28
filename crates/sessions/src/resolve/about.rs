//! What there is to say about a token, without using it: no use is noted, no proof of a key is
//! asked for, and nothing ends.
//!
//! A token is as alive here as it is where it opens something: the same rows decide.

use ctx::Ctx;
use domain::{AccessTokenHolder, ClientId, Scopes, UserId};
use stdx::Timestamp;

use super::{Sessions, is_alive, lifetimes};
use crate::error::Result;
use crate::session::SessionRef;
use crate::{access_token, clients, refresh};

/// A token that is alive.
#[derive(Clone, Debug, PartialEq)]
pub struct About {
    pub kind: Kind,
    /// The client that it was given to.
    pub client_id: ClientId,
    /// `None` when the client acts for itself.
    pub user_id: Option<UserId>,
    pub session: Option<SessionRef>,
    pub scopes: Scopes,
    /// The resource that it is for; `None` when it is for this server.
    pub audience: Option<String>,
    /// The key without which it is good for nothing.
    pub dpop_jkt: Option<String>,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    AccessToken,
    RefreshToken,
}

impl Sessions {
    /// What is known about a token of this project, if it is alive.
    pub async fn about(&self, ctx: &Ctx, presented: &str) -> Result<Option<About>> {
        if let Some(about) = self.about_access_token(ctx, presented).await? {
            return Ok(Some(about));
        }
        let mut tx = self.store.read(&ctx.app.id).await?;
        let Some(live) = refresh::look_up(ctx, &mut tx, presented).await? else { return Ok(None) };
        Ok(Some(About {
            kind: Kind::RefreshToken,
            client_id: live.token.client_id,
            user_id: Some(live.grant.user_id),
            session: Some(SessionRef::Grant(live.grant.id)),
            scopes: live.token.scopes,
            audience: None,
            dpop_jkt: live.token.dpop_jkt,
            issued_at: live.token.rotated_at.unwrap_or(live.token.created_at),
            expires_at: live.token.expires_at.unwrap_or(live.grant.expires_at),
        }))
    }

    async fn about_access_token(&self, ctx: &Ctx, presented: &str) -> Result<Option<About>> {
        let Some(hash) = access_token::row_name_for_any(ctx, presented) else { return Ok(None) };
        let mut tx = self.store.read(&ctx.app.id).await?;
        let Some(token) = tx.access_tokens().find(&hash).await? else { return Ok(None) };
        let client = clients::load(ctx, &mut tx, token.client_id.as_str()).await?.is_some();
        if !client || ctx.now >= token.expires_at {
            return Ok(None);
        }
        let (user_id, session) = match token.holder {
            AccessTokenHolder::Client => (None, None),
            AccessTokenHolder::Grant(_) | AccessTokenHolder::IdpSession(_) => {
                let found = tx.signed_in_by_access_token(&hash).await?;
                let Some(found) = found else { return Ok(None) };
                let lifetimes = lifetimes(ctx, &mut tx, &found).await?;
                if !is_alive(ctx, &found, lifetimes) {
                    return Ok(None);
                }
                (Some(found.user.id), found.grant_id.map(SessionRef::Grant))
            }
        };
        Ok(Some(About {
            kind: Kind::AccessToken,
            client_id: token.client_id,
            user_id,
            session,
            scopes: token.scopes,
            audience: token.audience,
            dpop_jkt: token.dpop_jkt,
            issued_at: token.created_at,
            expires_at: token.expires_at,
        }))
    }
}
