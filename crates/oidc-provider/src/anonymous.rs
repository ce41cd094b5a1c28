//! Signing in people who say nothing of themselves: what the token endpoint and the API for apps
//! in browsers share.

mod api;
mod promote;
mod signup;

use accounts::anonymous::{self, NewKey};
use appconfig::ClientConfig;
use ctx::Ctx;
use domain::{ClientId, GrantId, Scopes, UserId};
use events::{Event, Source, record as record_event};
use limits::{Charged, Exhausted, Limit, Subject};
use oauth::{DeviceInfo, OAuthError, TokenResponse, scope};
use sessions::grant::{self, NewGrant};
use sessions::{SessionRef, consent};
use store::Tx;
use web::Platform;

use crate::error::EndpointError;
use crate::events::{How, authenticated, source};
use crate::hooked::Additions;
use crate::token::issue::{Issue, Unsigned, record};

pub use promote::promotion_code;
pub use signup::signup;

/// What apps are told that must not sign anybody in this way.
pub const UNFIT_CLIENT: &str = "Anonymous user is not supported by the client application type. \
                                Try using SPA, Traditional Web App, or Native App client types if \
                                applicable.";

/// What every app gets that may sign anonymous people in.
const SCOPES: [&str; 3] = [scope::OPENID, scope::OFFLINE_ACCESS, scope::FULL_ACCESS];

/// Who is to be signed in.
pub enum Who {
    Known(UserId),
    /// Somebody new, with the key of their device if there is one.
    New(Option<NewKey>),
}

/// Why nobody new is let in.
#[derive(Clone, Copy, Debug)]
pub enum NotAdmitted {
    NoPublicSignup,
    RateLimited(Exhausted),
}

/// The app that somebody is signed in to.
#[derive(Clone, Copy)]
pub struct At<'a> {
    pub platform: &'a Platform,
    pub ctx: &'a Ctx,
    pub client: &'a ClientConfig,
}

/// Whether somebody new may come in. To be asked before anything is written.
pub async fn admit(
    platform: &Platform,
    ctx: &Ctx,
) -> Result<Result<(), NotAdmitted>, EndpointError> {
    if ctx.app.config.authentication.public_signup_disabled {
        return Ok(Err(NotAdmitted::NoPublicSignup));
    }
    let (limit, subject) = (Limit::SignUpAnonymous, Subject::default());
    match limits::charge(ctx, &platform.kv, limit, subject).await? {
        Charged::Charged(_) => Ok(Ok(())),
        Charged::Exhausted(exhausted) => {
            let mut tx = platform.store.write(&ctx.app.id).await?;
            let name = exhausted.limit.name(exhausted.scope);
            let group = exhausted.limit.group().to_owned();
            let event = Event::RateLimitBlocked { name, group };
            record_event(ctx, &mut tx, &Source::default(), event).await?;
            tx.commit().await?;
            Ok(Err(NotAdmitted::RateLimited(exhausted)))
        }
    }
}

/// Signs somebody in to an app: account, consent, grant and tokens in one transaction.
pub async fn sign_in(
    at: At<'_>,
    who: Who,
    device_info: Option<DeviceInfo>,
) -> Result<TokenResponse, EndpointError> {
    let At { platform, ctx, client } = at;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let user = find_or_make(ctx, &mut tx, client, who).await?;
    let (tokens, ended) = issue(ctx, &mut tx, client, (user, device_info)).await?;
    tx.commit().await?;
    platform.sessions.forget(ctx, &ended).await;
    Ok(tokens.sign(ctx, client, Additions::default()))
}

async fn find_or_make(
    ctx: &Ctx,
    tx: &mut Tx,
    client: &ClientConfig,
    who: Who,
) -> Result<UserId, EndpointError> {
    let user = match who {
        Who::Known(user) => user,
        Who::New(key) => {
            let source = source(Some(&client.client_id));
            let made = anonymous::sign_up(ctx, tx, key, &source).await?;
            // The same key twice at once: whoever tries again is known.
            return made.ok_or_else(|| OAuthError::invalid_grant("InvalidCredentials").into());
        }
    };
    let found = tx.users().find(&user).await?;
    if found.is_some_and(|it| it.is_usable(ctx.now)) {
        return Ok(user);
    }
    Err(OAuthError::invalid_request("user is disabled").into())
}

/// The grant and its tokens, and the grants that had to make room for it.
async fn issue(
    ctx: &Ctx,
    tx: &mut Tx,
    client: &ClientConfig,
    (user, device_info): (UserId, Option<DeviceInfo>),
) -> Result<(Unsigned, Vec<SessionRef>), EndpointError> {
    let scopes: Scopes = SCOPES.into_iter().map(str::to_owned).collect();
    let id = ClientId::new(&client.client_id);
    let authorization = consent::give(ctx, tx, &user, &id, &scopes).await?;
    tx.users().note_login(&user, ctx.now).await?;
    let new = NewGrant {
        id: GrantId::new(ctx.rng.uuid()),
        user_id: user,
        authorization_id: authorization.id,
        scopes: scopes.clone(),
        idp_session_id: None,
        identity_id: None,
        sso_enabled: false,
        amr: Vec::new(),
        authenticated_at: ctx.now,
        device_info,
        app2app_device_key_jwk: None,
    };
    let issued = grant::issue(ctx, tx, client, new).await?;
    let session = SessionRef::Grant(issued.grant.id.clone());
    authenticated(ctx, tx, Some(&client.client_id), &session, How::Authenticated).await?;
    let what = Issue {
        grant: issued.grant,
        scopes,
        nonce: None,
        sid: None,
        refresh_token: Some(issued.refresh_token),
    };
    Ok((record(ctx, tx, client, what).await?, issued.ended))
}
