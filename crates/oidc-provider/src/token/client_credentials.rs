//! The grant `client_credentials` (RFC 6749 §4.4): a machine gets a token for itself.
//!
//! The token is for one resource of the project's (RFC 8707), and can do there what the client was
//! given of it, or the part of that it asks for. It says nothing of a person, hangs on no session,
//! and opens nothing of this server.

use domain::Scopes;
use events::{Event, record};
use limits::{Charged, Limit, Subject};
use oauth::{ErrorCode, OAuthError, TokenResponse};
use sessions::access_token;
use sessions::resources::{Refusal, find_allowed, is_ours};
use store::Tx;

use super::Exchange;
use crate::client::ClientCredentials;
use crate::dpop::{bound_to, confirmation, token_type};
use crate::error::EndpointError;
use crate::events::source;
use crate::id_token::{client_token_claims, sign_access_token};

pub async fn redeem(
    exchange: &Exchange<'_>,
    credentials: &ClientCredentials,
) -> Result<TokenResponse, EndpointError> {
    let Exchange { platform, ctx, client, request, .. } = exchange;
    if !client.may_use_client_credentials() {
        let text = "grant type is not allowed for this client";
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, text).into());
    }
    charge(exchange).await?;
    let resource = request.get("resource").ok_or_else(|| target("resource is required"))?;
    if is_ours(ctx, resource) {
        return Err(target("resource URI must not be a prefixed by authgear endpoint"));
    }
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let scopes = allowed(exchange, &mut tx, resource).await?;
    let jkt = bound_to(client, exchange.dpop_jkt.as_ref());
    let issued =
        access_token::issue_to_client(ctx, &mut tx, client, resource, scopes.clone(), jkt.clone())
            .await?;
    let event = Event::M2mTokenCreated {
        client_id: client.client_id.clone(),
        client_secret: credentials.secret.as_deref().map(masked).unwrap_or_default(),
    };
    record(ctx, &mut tx, &source(Some(&client.client_id)), event).await?;
    tx.commit().await?;

    let token = if client.issue_jwt_access_token {
        let mut claims = client_token_claims(ctx, client, &issued, resource, &scopes);
        claims.extend(jkt.as_deref().map(confirmation));
        sign_access_token(ctx, &claims)
    } else {
        issued.token.reveal().clone()
    };
    Ok(TokenResponse {
        token_type: Some(token_type(jkt.as_deref())),
        access_token: Some(token),
        expires_in: Some(issued.expires_in_seconds),
        scope: Some(scopes.to_string()),
        ..TokenResponse::default()
    })
}

/// After the client has proved itself: nobody else can use up what a machine may have.
async fn charge(exchange: &Exchange<'_>) -> Result<(), EndpointError> {
    let Exchange { platform, ctx, client, .. } = exchange;
    let id = domain::ClientId::new(&client.client_id);
    let subject = Subject { client: Some(&id), ..Subject::default() };
    let limit = Limit::RequestClientCredentialsToken;
    let Charged::Exhausted(exhausted) = limits::charge(ctx, &platform.kv, limit, subject).await?
    else {
        return Ok(());
    };
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let name = exhausted.limit.name(exhausted.scope);
    let event = Event::RateLimitBlocked { name, group: exhausted.limit.group().to_owned() };
    record(ctx, &mut tx, &source(Some(&client.client_id)), event).await?;
    tx.commit().await?;
    let text = "rate limit exceeded, please try again later.";
    Err(OAuthError::new(ErrorCode::RateLimited, text).into())
}

/// What the token may do: all that the client has, or less if it asks for less (RFC 6749 §3.3).
async fn allowed(
    exchange: &Exchange<'_>,
    tx: &mut Tx,
    resource: &str,
) -> Result<Scopes, EndpointError> {
    let Exchange { ctx, client, request, .. } = exchange;
    let allowed = match find_allowed(ctx, tx, client, resource).await? {
        Ok((_, allowed)) => allowed,
        Err(Refusal::ResourceNotFound) => return Err(target("resource not found")),
        Err(_) => return Err(target("client is not associated with the resource")),
    };
    let asked = request.get("scope").map(Scopes::parse).filter(|it| !it.is_empty());
    match asked {
        Some(asked) if !asked.is_subset_of(&allowed) => {
            let text = "specified scope is not allowed";
            Err(OAuthError::new(ErrorCode::InvalidScope, text).into())
        }
        Some(asked) => Ok(asked),
        None => Ok(allowed),
    }
}

/// RFC 8707 §2.
fn target(text: &'static str) -> EndpointError {
    OAuthError::new(ErrorCode::InvalidTarget, text).into()
}

/// Upstream's: how a secret begins, and less of a short one.
fn masked(secret: &str) -> String {
    let length = secret.len();
    let shown = match length {
        0 | 1 => 0,
        2..8 => length / 2,
        _ => 4,
    };
    let shown: String =
        secret.bytes().take(shown).map(|it| it.escape_ascii().to_string()).collect();
    format!("{shown}******")
}

#[cfg(test)]
mod tests;
