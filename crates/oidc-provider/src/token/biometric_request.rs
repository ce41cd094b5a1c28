//! The grant `…:biometric-request`: a device signs somebody in with a key behind its biometric lock.
//!
//! `setup` gives the key to whoever is signed in, and answers with nothing. `authenticate` signs its
//! person in. `authenticate_app2app` does that, and has a code for another app beside the tokens:
//! it is the way of App2App for clients that require biometric protection.

use std::sync::Arc;

use accounts::claims::is_anonymous;
use domain::{BiometricIdentity, ClientId, GrantId, Scopes};
use oauth::{DeviceInfo, ErrorCode, OAuthError, TokenResponse, scope};
use sessions::biometric::{self, Action, Enabled, Presented, Unreadable};
use sessions::grant::{self, NewGrant};
use sessions::{Credentials, Resolved, Session, SessionRef, consent};
use store::Tx;

use super::Exchange;
use super::app2app::{Agreed, Receiver, not_enabled};
use super::issue::{Issue, Unsigned, asks_hooks, record};
use crate::client::check_scopes;
use crate::error::EndpointError;
use crate::events::{How, authenticated, source};
use crate::hooked::Additions;

/// What an app gets that does not say what it wants.
const SCOPES: [&str; 3] = [scope::OPENID, scope::OFFLINE_ACCESS, scope::FULL_ACCESS];

pub async fn redeem(
    exchange: &Exchange<'_>,
    credentials: Credentials<'_>,
) -> Result<Option<TokenResponse>, EndpointError> {
    let Exchange { ctx, client, request, .. } = exchange;
    if ctx.app.features.identity.biometric.disabled {
        return Err(OAuthError::invalid_request("biometric authentication is disabled").into());
    }
    if !client.has_full_access_scope() {
        return Err(unauthorized("this client may not use biometric authentication"));
    }
    let presented = match Presented::read(ctx, request.require("jwt")?) {
        Ok(presented) => presented,
        Err(Unreadable::Action) => return Err(OAuthError::invalid_request("invalid action").into()),
        Err(Unreadable::Jwt) => return Err(refused()),
    };
    match presented.action {
        Action::Setup => {
            let session = holder(exchange, credentials).await?;
            set_up(exchange, &session, &presented).await?;
            Ok(None)
        }
        Action::Authenticate => sign_in(exchange, &presented, None).await.map(Some),
        Action::AuthenticateApp2App => {
            let receiver = receiver(exchange, &presented)?;
            sign_in(exchange, &presented, Some(receiver)).await.map(Some)
        }
    }
}

fn unauthorized(text: &'static str) -> EndpointError {
    OAuthError::new(ErrorCode::UnauthorizedClient, text).into()
}

/// The word makes SDKs forget the key.
fn refused() -> EndpointError {
    OAuthError::invalid_grant("InvalidCredentials").into()
}

fn check_allowed(exchange: &Exchange<'_>) -> Result<(), EndpointError> {
    if biometric::is_allowed(&exchange.ctx.app.config) {
        return Ok(());
    }
    Err(unauthorized("BiometricDisallowed"))
}

/// Who wants to have a key. A bearer token only: a cookie would go along with any page's form.
async fn holder(
    exchange: &Exchange<'_>,
    credentials: Credentials<'_>,
) -> Result<Arc<Session>, EndpointError> {
    let Exchange { platform, ctx, client, .. } = exchange;
    let Credentials { bearer, proof, .. } = credentials;
    let credentials = Credentials { bearer, proof, ..Credentials::default() };
    let resolved = platform.sessions.resolve(ctx, credentials).await?;
    let is_own =
        |it: &Session| it.client_id.as_ref().map(ClientId::as_str) == Some(&client.client_id);
    match resolved {
        // A key is as good as a password, so it takes the power to set one.
        Resolved::Session(session) if is_own(&session) && session.allows(scope::FULL_ACCESS) => {
            Ok(session)
        }
        _ => {
            let text = "biometric setup requires authenticated user";
            Err(EndpointError::NoSession(OAuthError::invalid_grant(text)))
        }
    }
}

async fn set_up(
    exchange: &Exchange<'_>,
    session: &Session,
    presented: &Presented<'_>,
) -> Result<(), EndpointError> {
    let Exchange { platform, ctx, client, .. } = exchange;
    check_allowed(exchange)?;
    let key = biometric::prove_new(ctx, &platform.kv, presented).await?.ok_or_else(refused)?;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let overview = tx.users().find_overview(&session.user_id).await?;
    let Some(overview) = overview.filter(|it| it.user.is_usable(ctx.now)) else {
        return Err(refused());
    };
    if is_anonymous(&overview) {
        return Err(unauthorized("AnonymousUserAddIdentity"));
    }
    let source = source(Some(&client.client_id));
    match biometric::enable(ctx, &mut tx, &session.user_id, key, &source).await? {
        Enabled::Enabled(_) => Ok(tx.commit().await?),
        Enabled::KeyTaken => Err(refused()),
        Enabled::TooMany => Err(OAuthError::invalid_request("too many biometric keys").into()),
    }
}

/// The app that is to be signed in too: what the device has signed says which.
fn receiver<'a>(
    exchange: &Exchange<'a>,
    presented: &Presented<'_>,
) -> Result<Receiver<'a>, EndpointError> {
    if !exchange.client.x_app2app_enabled {
        return Err(not_enabled());
    }
    let clients = &exchange.ctx.app.config.oauth;
    let found = presented.receiver().and_then(|id| clients.find_client(id));
    let unknown = || OAuthError::new(ErrorCode::InvalidClient, "invalid client ID");
    let client = found.ok_or_else(unknown)?;
    Receiver::check(exchange, client)
}

async fn sign_in(
    exchange: &Exchange<'_>,
    presented: &Presented<'_>,
    receiver: Option<Receiver<'_>>,
) -> Result<TokenResponse, EndpointError> {
    let Exchange { platform, ctx, client, .. } = exchange;
    let what = What { device_info: exchange.device_info()?, scopes: scopes(exchange)? };
    check_allowed(exchange)?;
    let source = source(Some(&client.client_id));
    let proved = biometric::prove(ctx, &platform.store, &platform.kv, presented, &source).await?;
    let identity = proved.ok_or_else(refused)?;
    let mut additions = Additions::default();
    if asks_hooks(ctx) {
        let mut tx = platform.store.write(&ctx.app.id).await?;
        let tried = issue(exchange, &mut tx, &identity, what.clone()).await?;
        drop(tx);
        additions = tried.tokens.ask_hooks(ctx, &platform.hooks, client).await?;
    }
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let granted = what.scopes.clone();
    let issued = issue(exchange, &mut tx, &identity, what).await?;
    let mut agreed: Option<Agreed> = None;
    if let Some(receiver) = &receiver {
        let user = &identity.base.user_id;
        agreed = Some(receiver.agree(ctx, &mut tx, user, &granted).await?);
    }
    tx.commit().await?;
    platform.sessions.forget(ctx, &issued.ended).await;

    let grant = issued.tokens.grant().clone();
    let mut response = issued.tokens.sign(ctx, client, additions);
    if let (Some(receiver), Some(agreed)) = (&receiver, agreed) {
        response.code = Some(receiver.code(exchange, &grant, agreed).await?);
    }
    Ok(response)
}

/// What the tokens will be.
#[derive(Clone)]
struct What {
    device_info: Option<DeviceInfo>,
    scopes: Scopes,
}

fn scopes(exchange: &Exchange<'_>) -> Result<Scopes, EndpointError> {
    let Some(asked) = exchange.request.get("scope") else {
        return Ok(SCOPES.into_iter().map(str::to_owned).collect());
    };
    let asked = Scopes::parse(asked);
    check_scopes(exchange.client, &asked)?;
    if !asked.contains(scope::OFFLINE_ACCESS) || !asked.contains(scope::FULL_ACCESS) {
        let text = "offline_access and full-access must be requested";
        return Err(OAuthError::new(ErrorCode::InvalidScope, text).into());
    }
    Ok(asked)
}

struct Issued {
    tokens: Unsigned,
    ended: Vec<SessionRef>,
}

/// The grant and its tokens. A key has one grant: what it had before ends.
async fn issue(
    exchange: &Exchange<'_>,
    tx: &mut Tx,
    identity: &BiometricIdentity,
    what: What,
) -> Result<Issued, EndpointError> {
    let Exchange { ctx, client, .. } = exchange;
    let (id, user) = (&identity.base.id, &identity.base.user_id);
    // The key may have been taken away since it was judged.
    if tx.identities().find(id).await?.is_none() {
        return Err(refused());
    }
    let found = tx.users().find(user).await?;
    if !found.is_some_and(|it| it.is_usable(ctx.now)) {
        return Err(OAuthError::invalid_request("user is disabled").into());
    }
    let client_id = ClientId::new(&client.client_id);
    let authorization = consent::give(ctx, tx, user, &client_id, &what.scopes).await?;
    let mut ended = biometric::end_grants_of(ctx, tx, user, id).await?;
    tx.users().note_login(user, ctx.now).await?;
    let new = NewGrant {
        id: GrantId::new(ctx.rng.uuid()),
        user_id: user.clone(),
        authorization_id: authorization.id,
        scopes: what.scopes.clone(),
        idp_session_id: None,
        identity_id: Some(id.clone()),
        sso_enabled: false,
        amr: vec![biometric::AMR.to_owned()],
        authenticated_at: ctx.now,
        device_info: what.device_info,
        app2app_device_key_jwk: None,
        dpop_jkt: exchange.dpop_jkt.clone(),
    };
    let issued = grant::issue(ctx, tx, client, new).await?;
    ended.extend(issued.ended);
    let session = SessionRef::Grant(issued.grant.id.clone());
    authenticated(ctx, tx, Some(&client.client_id), &session, How::Authenticated).await?;
    let issue = Issue {
        grant: issued.grant,
        scopes: what.scopes,
        nonce: None,
        claims: Vec::new(),
        sid: None,
        refresh_token: Some(issued.refresh_token),
        dpop_jkt: exchange.dpop_jkt.clone(),
        resource: None,
    };
    Ok(Issued { tokens: record(ctx, tx, client, issue).await?, ended })
}

#[cfg(test)]
mod tests;
