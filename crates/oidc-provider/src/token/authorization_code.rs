//! The grant `authorization_code` (RFC 6749 §4.1.3, RFC 7636 §4.6).
//!
//! The code is used up before anything about the request is looked at, so a wrong guess at the
//! rest cannot be repeated. Everything that is refused afterwards is refused in the same words.

use domain::{AuthorizationId, Grant, GrantId, IdpSessionId, Scopes, UserId};
use oauth::{CodeChallenge, OAuthError, TokenResponse, scope};
use sessions::code::{self, CodeGrant, Redeemed};
use sessions::grant::{self, NewGrant};
use sessions::{SessionRef, end};
use stdx::Timestamp;
use store::Tx;

use super::Exchange;
use super::issue::{Issue, Unsigned, asks_hooks, record};
use crate::device_key::DeviceKey;
use crate::dpop::check_binding;
use crate::error::EndpointError;
use crate::events::{How, Why, authenticated, sessions_ended};
use crate::hooked::Additions;
use crate::resource::of_request;

pub async fn redeem(exchange: &Exchange<'_>) -> Result<TokenResponse, EndpointError> {
    let Exchange { platform, ctx, .. } = exchange;
    let presented = exchange.request.require("code")?;
    let device_info = exchange.device_info()?;
    let (found, receipt) = match code::redeem(ctx, &platform.kv, presented).await? {
        Redeemed::Fresh(found, receipt) => (found, receipt),
        Redeemed::Replayed(grant) => {
            end_what_was_issued(exchange, &grant).await?;
            return Err(invalid_code());
        }
        Redeemed::Unknown => return Err(invalid_code()),
    };
    check(exchange, &found)?;
    check_binding(exchange.client, found.dpop_jkt.as_deref(), exchange.dpop_jkt.as_deref())?;
    let device = (device_info, device_key(exchange).await?);
    let tokens = hand_out(exchange, &found, device).await?;
    // Somebody presented the code again in the meantime. Of any number of parties one is still
    // answered, so that nobody learns from the answer who was first; but the tokens are dead.
    if !code::settle(ctx, &platform.kv, &receipt).await? {
        end_what_was_issued(exchange, &GrantId::new(&found.grant_id)).await?;
    }
    Ok(tokens)
}

/// What a device tells of itself, and the key that it will prove itself with.
type Device = (Option<oauth::DeviceInfo>, Option<DeviceKey>);

/// Makes a granted request durable, and tokens of it.
pub async fn hand_out(
    exchange: &Exchange<'_>,
    found: &CodeGrant,
    device: Device,
) -> Result<TokenResponse, EndpointError> {
    let Exchange { platform, ctx, .. } = exchange;
    let mut additions = Additions::default();
    if asks_hooks(ctx) {
        let mut tx = platform.store.write(&ctx.app.id).await?;
        let tried = issue(exchange, &mut tx, found, device.clone()).await?;
        drop(tx);
        additions = tried.tokens.ask_hooks(ctx, &platform.hooks, exchange.client).await?;
    }
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let issued = issue(exchange, &mut tx, found, device).await?;
    tx.commit().await?;
    platform.sessions.forget(ctx, &issued.ended).await;
    Ok(issued.tokens.sign(ctx, exchange.client, additions))
}

fn invalid_code() -> EndpointError {
    OAuthError::invalid_grant("invalid authorization code").into()
}

/// RFC 6749 §4.1.2: a code that came twice ends what it brought forth.
async fn end_what_was_issued(
    exchange: &Exchange<'_>,
    grant: &GrantId,
) -> Result<(), EndpointError> {
    let Exchange { platform, ctx, .. } = exchange;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let ended = end::grant_alone(ctx, &mut tx, grant).await?;
    let client_id = Some(exchange.client.client_id.as_str());
    sessions_ended(ctx, &mut tx, client_id, &ended, Why::Replayed).await?;
    tx.commit().await?;
    platform.sessions.forget(ctx, &ended).await;
    Ok(())
}

fn check(exchange: &Exchange<'_>, found: &CodeGrant) -> Result<(), EndpointError> {
    // RFC 6749 §4.1.3: the code was issued to this client, and for this redirect URI.
    if found.client_id != exchange.client.client_id {
        return Err(invalid_code());
    }
    if exchange.request.get("redirect_uri") != Some(found.redirect_uri.as_str()) {
        return Err(OAuthError::invalid_grant("invalid redirect URI").into());
    }
    let challenge = found.code_challenge.as_deref().and_then(CodeChallenge::parse);
    let is_met = match (challenge, exchange.request.get("code_verifier")) {
        (Some(challenge), Some(verifier)) => challenge.is_met_by(verifier),
        // RFC 9700 §2.1.1: a verifier without a challenge means that somebody took it away.
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => exchange.client.is_confidential(),
    };
    if is_met { Ok(()) } else { Err(invalid_code()) }
}

/// The key that the app will prove itself with to sign other apps in.
async fn device_key(exchange: &Exchange<'_>) -> Result<Option<DeviceKey>, EndpointError> {
    let Exchange { platform, ctx, client, request, .. } = exchange;
    match request.get("x_app2app_device_key_jwt") {
        Some(jwt) if client.x_app2app_enabled => {
            DeviceKey::prove(ctx, &platform.kv, jwt).await.map(Some)
        }
        _ => Ok(None),
    }
}

struct Issued {
    tokens: Unsigned,
    ended: Vec<SessionRef>,
}

async fn issue(
    exchange: &Exchange<'_>,
    tx: &mut Tx,
    found: &CodeGrant,
    (device_info, device_key): Device,
) -> Result<Issued, EndpointError> {
    let Exchange { ctx, client, .. } = exchange;
    let user_id = UserId::new(&found.user_id);
    let authorization_id = AuthorizationId::new(&found.authorization_id);
    let scopes = Scopes::parse(&found.scope);
    let named = exchange.request.get("resource");
    let resource = of_request(ctx, named, found.resource.as_deref())?;
    let user = tx.users().find(&user_id).await?;
    let consent = tx.authorizations().find_by_id(&authorization_id).await?;
    if !user.is_some_and(|it| it.is_usable(ctx.now)) || consent.is_none() {
        return Err(invalid_code());
    }
    let renewed = renew_hinted(exchange, tx, found, device_key.as_ref()).await?;
    let offline = scopes.contains(scope::OFFLINE_ACCESS);
    if let Some(grant) = renewed.filter(|it| it.id.as_str() == found.grant_id) {
        let nonce = found.nonce.clone();
        let dpop_jkt = exchange.dpop_jkt.clone();
        let what = Issue {
            grant,
            scopes,
            nonce,
            claims: found.claims.clone(),
            sid: None,
            refresh_token: None,
            dpop_jkt,
            resource,
        };
        let tokens = record(ctx, tx, client, what).await?;
        return Ok(Issued { tokens, ended: Vec::new() });
    }
    if tx.grants().find(&GrantId::new(&found.grant_id)).await?.is_some() {
        // The grant that was to be renewed has ended.
        return Err(invalid_code());
    }
    if offline && let Some(shared) = &found.shared_grant_id {
        let shared = GrantId::new(shared);
        return share(exchange, tx, (&shared, &user_id), (authorization_id, scopes), resource)
            .await;
    }
    let new = NewGrant {
        id: GrantId::new(&found.grant_id),
        user_id,
        authorization_id,
        scopes: scopes.clone(),
        idp_session_id: found.idp_session_id.as_deref().map(IdpSessionId::new),
        identity_id: None,
        sso_enabled: found.sso_enabled,
        amr: found.amr.clone(),
        authenticated_at: Timestamp(found.authenticated_at_micros),
        device_info,
        app2app_device_key_jwk: device_key.map(|it| it.to_json()),
        dpop_jkt: exchange.dpop_jkt.clone(),
    };
    let issued = grant::issue(ctx, tx, client, new).await?;
    if found.is_news && found.reauthenticated_sid.is_none() {
        let session = SessionRef::Grant(issued.grant.id.clone());
        authenticated(ctx, tx, Some(&client.client_id), &session, How::Authenticated).await?;
    }
    let what = Issue {
        grant: issued.grant,
        scopes,
        nonce: found.nonce.clone(),
        claims: found.claims.clone(),
        // Authenticating again without a new refresh token renews the session of the hint, and
        // the ID token speaks of that.
        sid: found.reauthenticated_sid.clone().filter(|_| !offline),
        refresh_token: offline.then_some(issued.refresh_token),
        dpop_jkt: exchange.dpop_jkt.clone(),
        resource,
    };
    Ok(Issued { tokens: record(ctx, tx, client, what).await?, ended: issued.ended })
}

/// The session of an `id_token_hint` was authenticated again: its time moves on, and the key
/// of its device may be bound now.
async fn renew_hinted(
    exchange: &Exchange<'_>,
    tx: &mut Tx,
    found: &CodeGrant,
    device_key: Option<&DeviceKey>,
) -> Result<Option<Grant>, EndpointError> {
    let sid = found.reauthenticated_sid.as_deref().and_then(SessionRef::from_sid);
    let Some(SessionRef::Grant(id)) = sid else { return Ok(None) };
    let Some(hinted) = tx.grants().find(&id).await? else { return Ok(None) };
    let is_own = hinted.user_id.as_str() == found.user_id
        && hinted.client_id.as_str() == exchange.client.client_id;
    if !is_own || !hinted.is_live(exchange.ctx.now) {
        return Ok(None);
    }
    let at = Timestamp(found.authenticated_at_micros);
    tx.grants().set_authenticated_at(&id, at).await?;
    let (ctx, client) = (exchange.ctx, exchange.client);
    let session = SessionRef::Grant(id.clone());
    authenticated(ctx, tx, Some(&client.client_id), &session, How::Reauthenticated).await?;
    if let Some(key) = device_key {
        key.bind(exchange.client, tx, &hinted).await?;
    }
    // The tokens of this exchange speak of how the person authenticated just now.
    let authenticated_at = at.max(hinted.authenticated_at);
    Ok(Some(Grant { authenticated_at, amr: found.amr.clone(), ..hinted }))
}

/// The person continued with the session of an app: this client gets a refresh token of the
/// same grant.
async fn share(
    exchange: &Exchange<'_>,
    tx: &mut Tx,
    (shared, user): (&GrantId, &UserId),
    authorization: (AuthorizationId, Scopes),
    resource: Option<String>,
) -> Result<Issued, EndpointError> {
    let Exchange { ctx, client, .. } = exchange;
    let found = tx.grants().find(shared).await?;
    let grant = found.filter(|it| it.user_id == *user && it.is_live(ctx.now));
    let grant = grant.ok_or_else(invalid_code)?;
    let scopes = authorization.1.clone();
    let dpop_jkt = exchange.dpop_jkt.clone();
    let refresh_token =
        grant::add_refresh_token(ctx, tx, &grant, client, authorization, dpop_jkt.clone()).await?;
    let refresh_token = Some(refresh_token);
    let what = Issue {
        grant,
        scopes,
        nonce: None,
        claims: Vec::new(),
        sid: None,
        refresh_token,
        dpop_jkt,
        resource,
    };
    Ok(Issued { tokens: record(ctx, tx, client, what).await?, ended: Vec::new() })
}
