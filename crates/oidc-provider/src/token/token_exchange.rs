//! The grant `token-exchange` (RFC 8693), in the one form that there is: a native app, which has an
//! ID token and a device secret (OpenID Connect Native SSO §4), gets a token with which a browser
//! opens a page of another client's as its person.
//!
//! The two belong together by `ds_hash`, and the secret to the grant that the ID token names. Each
//! exchange uses the secret up: the answer has the next one, and an ID token that goes with it.

use domain::{ClientId, Grant, Scopes};
use oauth::{ErrorCode, OAuthError, TokenResponse, scope};
use sessions::pre_authenticated_url::{self, Opening};
use sessions::{Session, SessionRef, device_secret};
use stdx::{constant_time_eq, sha256_hex};
use store::Tx;

use super::Exchange;
use crate::authorize::KnownIdToken;
use crate::client::{check_scopes, cut_scopes};
use crate::consent::on_record;
use crate::dpop::check_binding;
use crate::error::EndpointError;
use crate::id_token::{Subject, id_token_claims, sign_id_token};

const URL_TOKEN: &str = "urn:authgear:params:oauth:token-type:pre-authenticated-url-token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const DEVICE_SECRET: &str = "urn:x-oath:params:oauth:token-type:device-secret";

pub async fn redeem(exchange: &Exchange<'_>) -> Result<TokenResponse, EndpointError> {
    let Exchange { platform, ctx, client, .. } = exchange;
    let presented = Presented::read(exchange)?;
    let session = device_session(exchange, &presented.id_token).await?;
    let SessionRef::Grant(grant_id) = &session.session else { return Err(unknown_session()) };
    let scopes = scopes(exchange, &session)?;

    let mut tx = platform.store.write(&ctx.app.id).await?;
    let found = tx.grants().find(grant_id).await?.filter(|it| it.is_live(ctx.now));
    let mut grant = found.ok_or_else(unknown_session)?;
    presented.check_secret(exchange, &grant)?;
    if on_record(ctx, &mut tx, client, &grant.user_id, &scopes).await?.is_none() {
        let text = "authorization required";
        return Err(OAuthError::new(ErrorCode::AccessDenied, text).into());
    }
    let jkt = exchange.dpop_jkt.as_deref();
    let renewed = device_secret::renew(ctx, &mut tx, &mut grant, jkt).await?;
    // Two at once with the same secret: one of them had it first.
    let renewed = renewed.ok_or_else(not_bound)?;
    let id_token = id_token(exchange, &mut tx, &grant).await?;
    tx.commit().await?;

    let opening =
        Opening { client_id: ClientId::new(&client.client_id), grant_id: grant_id.clone(), scopes };
    let token = pre_authenticated_url::issue(ctx, &platform.kv, &opening).await?;
    Ok(TokenResponse {
        token_type: Some("Bearer"),
        access_token: Some(token.reveal().clone()),
        issued_token_type: Some(URL_TOKEN),
        expires_in: Some(pre_authenticated_url::LIFETIME_SECONDS),
        device_secret: Some(renewed.reveal().clone()),
        id_token: Some(sign_id_token(ctx, client, &id_token)),
        ..TokenResponse::default()
    })
}

fn invalid(text: &'static str) -> EndpointError {
    OAuthError::invalid_grant(text).into()
}

fn unknown_session() -> EndpointError {
    invalid("sid in id token (subject_token) is invalid")
}

fn not_bound() -> EndpointError {
    invalid("the device_secret (actor_token) does not bind to the session")
}

/// What the app has.
struct Presented<'a> {
    id_token: KnownIdToken,
    device_secret: &'a str,
}

impl<'a> Presented<'a> {
    fn read(exchange: &'a Exchange<'_>) -> Result<Self, EndpointError> {
        let Exchange { ctx, client, request, .. } = exchange;
        let refused = |text: String| Err(OAuthError::invalid_request(text).into());
        if request.get("requested_token_type") != Some(URL_TOKEN) {
            return refused("requested_token_type not supported".to_owned());
        }
        if !client.x_pre_authenticated_url_enabled {
            let text = "pre-authenticated url is not allowed for this client";
            return Err(OAuthError::new(ErrorCode::UnauthorizedClient, text).into());
        }
        for (name, expected) in
            [("actor_token_type", DEVICE_SECRET), ("subject_token_type", ID_TOKEN)]
        {
            if request.get(name) != Some(expected) {
                return refused(format!("expected {name} = {expected}"));
            }
        }
        let device_secret = request.require("actor_token")?;
        let Some(id_token) = KnownIdToken::read(ctx, request.require("subject_token")?) else {
            return refused("subject_token is not a valid id token".to_owned());
        };
        if request.get("audience") != Some(ctx.app.origin()) {
            return refused(format!("expected audience to be {}", ctx.app.origin()));
        }
        Ok(Self { id_token, device_secret })
    }

    /// Whether the secret belongs to the ID token and to the grant, and is presented by the key that
    /// it is bound to.
    fn check_secret(&self, exchange: &Exchange<'_>, grant: &Grant) -> Result<(), EndpointError> {
        let Some(ds_hash) = &self.id_token.ds_hash else {
            return Err(invalid("expected ds_hash to be present in id token (subject_token)"));
        };
        let hash = sha256_hex(self.device_secret);
        if !constant_time_eq(ds_hash.as_bytes(), hash.as_bytes()) {
            return Err(invalid(
                "the hash of device_secret (actor_token) does not match ds_hash in id token \
                 (subject_token)",
            ));
        }
        if !device_secret::is_of(grant, self.device_secret) {
            return Err(not_bound());
        }
        let bound = grant.device_secret_dpop_jkt.as_deref();
        check_binding(exchange.client, bound, exchange.dpop_jkt.as_deref())
    }
}

/// The session of the app, if it may open pages. An ID token speaks for a client that takes part.
async fn device_session(
    exchange: &Exchange<'_>,
    id_token: &KnownIdToken,
) -> Result<Session, EndpointError> {
    let Exchange { platform, ctx, .. } = exchange;
    let Some(SessionRef::Grant(id)) = &id_token.session else { return Err(unknown_session()) };
    let mut tx = platform.store.read(&ctx.app.id).await?;
    let grant = tx.grants().find(id).await?.ok_or_else(unknown_session)?;
    drop(tx);
    // Of a grant that several clients share, the scopes of the one that it was made for.
    let own = grant.client_id.as_str();
    let named = SessionRef::Grant(grant.id.clone());
    let found = platform.sessions.find(ctx, &named, Some(own)).await?;
    let is_own = |it: &Session| {
        it.client_id.as_ref() == Some(&grant.client_id) && id_token.is_about(ctx, &it.user_id)
    };
    let session = found.filter(is_own).ok_or_else(unknown_session)?;
    let clients = &ctx.app.config.oauth;
    let takes_part =
        |id: &String| clients.find_client(id).is_some_and(|it| it.x_pre_authenticated_url_enabled);
    let is_allowed = session.scopes.contains(scope::PRE_AUTHENTICATED_URL)
        && id_token.audiences.iter().all(takes_part);
    if !is_allowed {
        // The code makes SDKs tell that their session is not one of this kind.
        let text = "pre-authenticated url is not allowed for this session";
        return Err(OAuthError::new(ErrorCode::InsufficientScope, text).into());
    }
    Ok(session)
}

/// What the page may do: as much as the app, as far as its client may have that; or less.
fn scopes(exchange: &Exchange<'_>, session: &Session) -> Result<Scopes, EndpointError> {
    let Exchange { client, request, .. } = exchange;
    let Some(asked) = request.get("scope") else {
        return Ok(cut_scopes(client, &session.scopes));
    };
    let asked = Scopes::parse(asked);
    if !asked.is_subset_of(&session.scopes) {
        let text = "requesting extra scopes is not allowed";
        return Err(OAuthError::new(ErrorCode::InvalidScope, text).into());
    }
    check_scopes(client, &asked)?;
    Ok(asked)
}

/// An ID token that goes with the new secret. It is a hint, and says nothing personal.
async fn id_token(
    exchange: &Exchange<'_>,
    tx: &mut Tx,
    grant: &Grant,
) -> Result<serde_json::Map<String, serde_json::Value>, EndpointError> {
    let Exchange { ctx, client, .. } = exchange;
    let overview = tx.users().find_overview(&grant.user_id).await?.ok_or_else(unknown_session)?;
    let sid = SessionRef::Grant(grant.id.clone()).sid();
    let subject = Subject {
        overview: &overview,
        amr: &grant.amr,
        authenticated_at: grant.authenticated_at,
        sid: &sid,
        ds_hash: grant.device_secret_hash.as_deref(),
    };
    Ok(id_token_claims(ctx, client, &Scopes::default(), &subject, (None, &[])))
}

#[cfg(test)]
pub(crate) mod tests;
