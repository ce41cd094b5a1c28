//! Signing in people who say nothing of themselves: what the token endpoint and the API for apps
//! in browsers share.

mod api;
mod promote;
mod signup;

use accounts::anonymous::{self, NewAnonymous, NewKey, SignedUp};
use accounts::hooked;
use appconfig::ClientConfig;
use appconfig::hook::BlockingEvent;
use ctx::Ctx;
use domain::{ClientId, GrantId, Scopes, UserId};
use events::hooks::HookRefusal;
use events::{Event, Hooks, Source, record as record_event};
use limits::{Charged, Exhausted, Limit, Subject};
use oauth::{DeviceInfo, OAuthError, TokenResponse, scope};
use sessions::grant::{self, NewGrant};
use sessions::{SessionRef, consent};
use store::Tx;
use web::Platform;

use crate::error::EndpointError;
use crate::events::{How, authenticated, source};
use crate::hooked::Additions;
use crate::token::issue::{Issue, Unsigned, asks_hooks, record};

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
    /// The key that the request proves.
    pub dpop_jkt: Option<&'a str>,
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

/// Signs somebody in to an app: account, consent, grant and tokens in one transaction. The
/// project's hooks are asked before, about whom and what it would come to.
pub async fn sign_in(
    at: At<'_>,
    who: Who,
    device_info: Option<DeviceInfo>,
) -> Result<TokenResponse, EndpointError> {
    let At { platform, ctx, client, .. } = at;
    let person = match who {
        Who::Known(user) => Person::Known(user),
        Who::New(key) => {
            let source = source(Some(&client.client_id));
            Person::New(Box::new(ask_about_new(platform, ctx, key, &source).await?))
        }
    };
    let mut additions = Additions::default();
    if asks_hooks(ctx) {
        let mut tx = platform.store.write(&ctx.app.id).await?;
        let user = find_or_make(ctx, &mut tx, client, person.clone()).await?;
        let (tried, _) = issue(at, &mut tx, user, device_info.clone()).await?;
        drop(tx);
        additions = tried.ask_hooks(ctx, &platform.hooks, client).await?;
    }
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let user = find_or_make(ctx, &mut tx, client, person).await?;
    let (tokens, ended) = issue(at, &mut tx, user, device_info).await?;
    tx.commit().await?;
    platform.sessions.forget(ctx, &ended).await;
    Ok(tokens.sign(ctx, client, additions))
}

/// Somebody new, as hooks would have them. They are shown out of a transaction that is dropped.
pub async fn ask_about_new(
    platform: &Platform,
    ctx: &Ctx,
    key: Option<NewKey>,
    source: &Source,
) -> Result<NewAnonymous, EndpointError> {
    let mut new = NewAnonymous::new(UserId::new(ctx.rng.uuid()), key);
    let event = BlockingEvent::UserPreCreate;
    if !Hooks::is_asked(ctx, event) {
        return Ok(new);
    }
    let mut tx = platform.store.write(&ctx.app.id).await?;
    let shown = anonymous::sign_up(ctx, &mut tx, new.clone(), source).await?;
    drop(tx);
    // Whoever cannot be let in is told so when it is tried again.
    if let SignedUp::SignedUp { user, identities } = shown {
        let about = (*user, Some(identities));
        new.mutations = hooked::ask(&platform.hooks, ctx, source, event, about).await?;
    }
    Ok(new)
}

/// The person who came in, if they did.
pub fn admitted(signed_up: SignedUp) -> Result<UserId, EndpointError> {
    match signed_up {
        SignedUp::SignedUp { user, .. } => Ok(user.id),
        // The same key twice at once: whoever tries again is known.
        SignedUp::KeyTaken => Err(OAuthError::invalid_grant("InvalidCredentials").into()),
        SignedUp::Refused(_) => {
            let event = BlockingEvent::UserPreCreate;
            Err(HookRefusal::Failed { event, reason: "HookInvalidResponse" }.into())
        }
    }
}

/// Who is to be signed in, after hooks were asked.
#[derive(Clone)]
enum Person {
    Known(UserId),
    New(Box<NewAnonymous>),
}

async fn find_or_make(
    ctx: &Ctx,
    tx: &mut Tx,
    client: &ClientConfig,
    person: Person,
) -> Result<UserId, EndpointError> {
    let user = match person {
        Person::Known(user) => user,
        Person::New(new) => {
            let source = source(Some(&client.client_id));
            return admitted(anonymous::sign_up(ctx, tx, *new, &source).await?);
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
    at: At<'_>,
    tx: &mut Tx,
    user: UserId,
    device_info: Option<DeviceInfo>,
) -> Result<(Unsigned, Vec<SessionRef>), EndpointError> {
    let At { ctx, client, .. } = at;
    let dpop_jkt = at.dpop_jkt.map(str::to_owned);
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
        dpop_jkt: dpop_jkt.clone(),
    };
    let issued = grant::issue(ctx, tx, client, new).await?;
    let session = SessionRef::Grant(issued.grant.id.clone());
    authenticated(ctx, tx, Some(&client.client_id), &session, How::Authenticated).await?;
    let what = Issue {
        grant: issued.grant,
        scopes,
        nonce: None,
        claims: Vec::new(),
        sid: None,
        refresh_token: Some(issued.refresh_token),
        dpop_jkt,
        resource: None,
    };
    Ok((record(ctx, tx, client, what).await?, issued.ended))
}
