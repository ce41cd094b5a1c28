//! The grant `refresh_token` (RFC 6749 §6).

use ctx::Ctx;
use domain::Scopes;
use oauth::{ErrorCode, OAuthError, TokenResponse};
use sessions::SessionRef;
use sessions::refresh::{self, Found, Live, Refusal};
use store::Tx;

use super::Exchange;
use super::issue::{Issue, Unsigned, asks_hooks, record_for_device};
use crate::dpop::check_binding;
use crate::error::EndpointError;
use crate::events::{Why, sessions_ended};
use crate::hooked::Additions;
use crate::resource::of_request;

/// Another node may rotate between our look and our step; then there is a newer state to see.
const TRIES: usize = 3;

pub async fn redeem(exchange: &Exchange<'_>) -> Result<TokenResponse, EndpointError> {
    let presented = exchange.request.require("refresh_token")?;
    for _ in 0..TRIES {
        if let Some(response) = attempt(exchange, presented).await? {
            return Ok(response);
        }
    }
    Err(invalid())
}

/// The words make SDKs forget their session, and are the same whatever the reason.
pub fn invalid() -> EndpointError {
    OAuthError::invalid_grant("invalid refresh token").into()
}

async fn attempt(
    exchange: &Exchange<'_>,
    presented: &str,
) -> Result<Option<TokenResponse>, EndpointError> {
    let Exchange { platform, ctx, client, .. } = exchange;
    let mut additions = Additions::default();
    if asks_hooks(ctx) {
        let mut tx = platform.store.write(&ctx.app.id).await?;
        let tried = renew(exchange, &mut tx, presented).await?;
        drop(tx);
        if let Renewed::Tokens(tokens) = tried {
            additions = tokens.ask_hooks(ctx, &platform.hooks, client).await?;
        }
    }
    let mut tx = platform.store.write(&ctx.app.id).await?;
    match renew(exchange, &mut tx, presented).await? {
        Renewed::Tokens(tokens) => {
            tx.commit().await?;
            Ok(Some(tokens.sign(ctx, client, additions)))
        }
        Renewed::Ended(ended) => {
            tx.commit().await?;
            platform.sessions.forget(ctx, &ended).await;
            Err(invalid())
        }
        Renewed::Overtaken => Ok(None),
    }
}

/// What became of a refresh token.
enum Renewed {
    Tokens(Box<Unsigned>),
    /// It was no longer good, and that has ended these.
    Ended(Vec<SessionRef>),
    /// Somebody else rotated it at this moment. The transaction must not be committed.
    Overtaken,
}

async fn renew(
    exchange: &Exchange<'_>,
    tx: &mut Tx,
    presented: &str,
) -> Result<Renewed, EndpointError> {
    let Exchange { ctx, client, .. } = exchange;
    let device_info = exchange.device_info()?;
    let resource = of_request(ctx, exchange.request.get("resource"), None)?;
    let live = match find(ctx, tx, presented, exchange.dpop_jkt.as_deref()).await? {
        Ok(live) => live,
        Err(ended) => return Ok(Renewed::Ended(ended)),
    };
    if live.token.client_id.as_str() != client.client_id {
        let text = "client id doesn't match the refresh token";
        return Err(OAuthError::invalid_request(text).into());
    }
    let scopes = narrowed(exchange, &live.token.scopes)?;
    let mut rotated = None;
    if client.refresh_token_rotation_enabled {
        match refresh::rotate(ctx, tx, &live).await? {
            Some(token) => rotated = Some(token),
            None => return Ok(Renewed::Overtaken),
        }
    }
    refresh::touch(ctx, tx, &live.grant).await?;
    if let Some(info) = device_info {
        tx.grants().set_device_info(&live.grant.id, &info.to_json()).await?;
    }
    let what = Issue {
        grant: live.grant,
        scopes,
        nonce: None,
        claims: Vec::new(),
        sid: None,
        refresh_token: rotated,
        dpop_jkt: exchange.dpop_jkt.clone(),
        resource,
    };
    let held = exchange.request.get("device_secret");
    let tokens = record_for_device(ctx, tx, client, what, held).await?;
    Ok(Renewed::Tokens(Box::new(tokens)))
}

/// The live token, or what has just ended because it was not. Both are to be committed. A token
/// that is bound to a key is found for whoever proves that key.
pub async fn find(
    ctx: &Ctx,
    tx: &mut Tx,
    presented: &str,
    proved: Option<&str>,
) -> Result<Result<Box<Live>, Vec<SessionRef>>, EndpointError> {
    Ok(match refresh::find(ctx, tx, presented).await? {
        Found::Live(live) => {
            if let Some(client) = ctx.app.config.oauth.find_client(live.token.client_id.as_str()) {
                check_binding(client, live.token.dpop_jkt.as_deref(), proved)?;
            }
            Ok(live)
        }
        Found::Refused(Refusal::Replayed { ended }) => {
            sessions_ended(ctx, tx, None, &ended, Why::Replayed).await?;
            Err(ended)
        }
        Found::Refused(Refusal::Unknown | Refusal::Ended) => Err(Vec::new()),
    })
}

/// RFC 6749 §6: less than what was granted may be asked for, and never more.
fn narrowed(exchange: &Exchange<'_>, granted: &Scopes) -> Result<Scopes, EndpointError> {
    let Some(asked) = exchange.request.get("scope") else { return Ok(granted.clone()) };
    let asked = Scopes::parse(asked);
    if asked.is_subset_of(granted) {
        return Ok(asked);
    }
    Err(OAuthError::new(ErrorCode::InvalidScope, "scope exceeds what was granted").into())
}
