//! Device SSO (OpenID Connect Native SSO §4): another app on the device is signed in, too. It shares
//! the grant, with a refresh token of its own: whoever signs out of one signs out of all.

use domain::Scopes;
use oauth::{OAuthError, TokenResponse, scope};
use sessions::{Session, grant};
use store::Tx;

use super::{ACCESS_TOKEN, Presented, Traded, trade};
use crate::error::EndpointError;
use crate::hooked::Additions;
use crate::token::Exchange;
use crate::token::issue::{Issue, Unsigned, asks_hooks, record_for_device};

pub async fn sign_in(
    exchange: &Exchange<'_>,
    presented: &Presented<'_>,
    session: &Session,
    scopes: Scopes,
) -> Result<TokenResponse, EndpointError> {
    let Exchange { platform, ctx, client, .. } = exchange;
    if !scopes.contains(scope::DEVICE_SSO) {
        return Err(OAuthError::invalid_request("device_sso must be requested").into());
    }
    let mut additions = Additions::default();
    if asks_hooks(ctx) {
        let mut tx = platform.store.write(&ctx.app.id).await?;
        let traded = trade(exchange, &mut tx, presented, (session, &scopes)).await?;
        let (tried, _) = issue(exchange, &mut tx, traded, scopes.clone()).await?;
        drop(tx);
        additions = tried.ask_hooks(ctx, &platform.hooks, client).await?;
    }
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let traded = trade(exchange, &mut tx, presented, (session, &scopes)).await?;
    let (tokens, secret) = issue(exchange, &mut tx, traded, scopes).await?;
    tx.commit().await?;
    let mut response = tokens.sign(ctx, client, additions);
    response.device_secret = Some(secret);
    response.issued_token_type = Some(ACCESS_TOKEN);
    Ok(response)
}

/// The tokens, and the next secret of the device.
async fn issue(
    exchange: &Exchange<'_>,
    tx: &mut Tx,
    traded: Traded,
    scopes: Scopes,
) -> Result<(Unsigned, String), EndpointError> {
    let Exchange { ctx, client, dpop_jkt, .. } = exchange;
    let Traded { grant, secret, authorization } = traded;
    let mut refresh_token = None;
    if scopes.contains(scope::OFFLINE_ACCESS) {
        let allowed = (authorization.id, scopes.clone());
        let token = grant::add_refresh_token(ctx, tx, &grant, client, allowed, dpop_jkt.clone());
        refresh_token = Some(token.await?);
    }
    let what = Issue {
        grant,
        scopes,
        nonce: None,
        sid: None,
        refresh_token,
        dpop_jkt: dpop_jkt.clone(),
        claims: Vec::new(),
        resource: None,
    };
    let secret = secret.reveal().clone();
    let tokens = record_for_device(ctx, tx, client, what, Some(&secret)).await?;
    Ok((tokens, secret))
}

#[cfg(test)]
mod tests;
