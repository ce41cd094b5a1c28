//! The grant `token-exchange` (RFC 8693): a native app has an ID token and a device secret (OpenID
//! Connect Native SSO §4), and trades them for a token with which a browser opens a page of another
//! client's (`page.rs`), or signs itself in as the app that they were given to (`app.rs`).
//!
//! The two belong together by `ds_hash`, and the secret to the grant that the ID token names. Each
//! exchange uses the secret up: the answer has the next one, and an ID token that goes with it.

mod app;
mod page;

use appconfig::ClientConfig;
use domain::{Authorization, Grant, Scopes};
use oauth::{ErrorCode, OAuthError, TokenResponse, scope};
use sessions::{Session, SessionRef, device_secret};
use stdx::{Secret, constant_time_eq, sha256_hex};
use store::Tx;

use super::Exchange;
use crate::authorize::KnownIdToken;
use crate::client::{check_scopes, cut_scopes};
use crate::consent::on_record;
use crate::dpop::check_binding;
use crate::error::EndpointError;

const URL_TOKEN: &str = "urn:authgear:params:oauth:token-type:pre-authenticated-url-token";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const DEVICE_SECRET: &str = "urn:x-oath:params:oauth:token-type:device-secret";

pub async fn redeem(exchange: &Exchange<'_>) -> Result<TokenResponse, EndpointError> {
    let wanted = match exchange.request.get("requested_token_type") {
        Some(URL_TOKEN) => Wanted::Page,
        // Native SSO §4.1 leaves it out.
        None | Some(ACCESS_TOKEN) => Wanted::SignIn,
        Some(_) => {
            return Err(OAuthError::invalid_request("requested_token_type not supported").into());
        }
    };
    let presented = Presented::read(exchange, wanted)?;
    let session = device_session(exchange, &presented.id_token, wanted).await?;
    let scopes = scopes(exchange, &session)?;
    match wanted {
        Wanted::Page => page::open(exchange, &presented, &session, scopes).await,
        Wanted::SignIn => app::sign_in(exchange, &presented, &session, scopes).await,
    }
}

/// What the secret is traded for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// A token that opens a page.
    Page,
    /// To be signed in as well.
    SignIn,
}

impl Wanted {
    fn takes_part(self, client: &ClientConfig) -> bool {
        match self {
            Self::Page => client.x_pre_authenticated_url_enabled,
            Self::SignIn => client.x_device_sso_enabled,
        }
    }

    /// What the app must have been granted.
    const fn scope(self) -> &'static str {
        match self {
            Self::Page => scope::PRE_AUTHENTICATED_URL,
            Self::SignIn => scope::DEVICE_SSO,
        }
    }

    const fn not_for_client(self) -> &'static str {
        match self {
            Self::Page => "pre-authenticated url is not allowed for this client",
            Self::SignIn => "device sso is not allowed for this client",
        }
    }

    const fn not_for_session(self) -> &'static str {
        match self {
            Self::Page => "pre-authenticated url is not allowed for this session",
            Self::SignIn => "device sso is not allowed for this session",
        }
    }
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
    fn read(exchange: &'a Exchange<'_>, wanted: Wanted) -> Result<Self, EndpointError> {
        let Exchange { ctx, client, request, .. } = exchange;
        let refused = |text: String| Err(OAuthError::invalid_request(text).into());
        if !wanted.takes_part(client) {
            let text = wanted.not_for_client();
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

/// The session of the app, if it may do this. An ID token speaks for a client that takes part.
async fn device_session(
    exchange: &Exchange<'_>,
    id_token: &KnownIdToken,
    wanted: Wanted,
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
    let takes_part = |id: &String| clients.find_client(id).is_some_and(|it| wanted.takes_part(it));
    let is_allowed =
        session.scopes.contains(wanted.scope()) && id_token.audiences.iter().all(takes_part);
    if !is_allowed {
        // The code makes SDKs tell that their session is not one of this kind.
        let text = wanted.not_for_session();
        return Err(OAuthError::new(ErrorCode::InsufficientScope, text).into());
    }
    Ok(session)
}

/// What the other may do: as much as the app, as far as its client may have that; or less.
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

/// The grant as it is now, with another secret, and the consent that is on record for the other.
struct Traded {
    grant: Grant,
    secret: Secret<String>,
    authorization: Authorization,
}

/// Uses the secret up, in the transaction of whatever it is traded for.
async fn trade(
    exchange: &Exchange<'_>,
    tx: &mut Tx,
    presented: &Presented<'_>,
    (session, scopes): (&Session, &Scopes),
) -> Result<Traded, EndpointError> {
    let Exchange { ctx, client, .. } = exchange;
    let SessionRef::Grant(id) = &session.session else { return Err(unknown_session()) };
    let found = tx.grants().find(id).await?.filter(|it| it.is_live(ctx.now));
    let mut grant = found.ok_or_else(unknown_session)?;
    presented.check_secret(exchange, &grant)?;
    let authorization = on_record(ctx, tx, client, &grant.user_id, scopes).await?;
    let authorization = authorization
        .ok_or_else(|| OAuthError::new(ErrorCode::AccessDenied, "authorization required"))?;
    let jkt = exchange.dpop_jkt.as_deref();
    // Two at once with the same secret: one of them had it first.
    let secret = device_secret::renew(ctx, tx, &mut grant, jkt).await?.ok_or_else(not_bound)?;
    Ok(Traded { grant, secret, authorization })
}

#[cfg(test)]
pub(crate) mod tests;
