//! From the credentials of a request to the session behind them.
//!
//! This is asked with every request, so it costs one indexed read and no write, and nothing at
//! all when the same credential was seen within the last second. What ends a session on this
//! node is known to it at once, and on the others as soon as they are told; in no case later
//! than that second. Uses are collected and written together by [`Sessions::flush_touches`].

mod about;
mod touches;

use std::sync::Arc;
use std::time::Duration;

use ctx::Ctx;
use domain::{AppId, UserId};
use foldhash::fast::RandomState;
use kv::Kv;
use moka::sync::Cache;
use stdx::{Timestamp, constant_time_eq, sha256_hex};
use store::{SignedIn, Store, Tx};

use crate::access::Lifetimes;
use crate::dpop::Proof;
use crate::error::Result;
use crate::session::{Session, SessionRef};
use crate::{access_token, app_session, browser, clients, end};
use touches::Touches;

pub use about::{About, Kind};

/// How long an answer is given again without asking. Whatever ends a session anywhere (an
/// administrator, another node, an account's end) counts within this time.
const FRESH_SECONDS: i64 = 1;

/// How long an answer takes up memory: it is of no use once it is no longer fresh.
const FOUND_KEPT: Duration = Duration::from_secs(2);

/// How long it is known here what has ended: longer than an answer is given again.
const ENDED_KEPT: Duration = Duration::from_mins(1);

/// Up to a kilobyte each. An answer is good for a second, and more are not asked for in one.
const CACHED_MAX: u64 = 20_000;

/// How long what is over is kept: a replayed token is recognised while its grant is known.
const KEPT_SECONDS: i64 = 7 * 24 * 60 * 60;
/// So many at a time, because nobody else writes meanwhile, and so many times in one go.
const SWEPT_MAX: i64 = 500;
const SWEEPS_MAX: usize = 20;

/// The channel on which nodes tell each other what has ended.
const CHANNEL: &str = "authwarden:sessions:ended";

/// What a request brought. Cookies that came twice are left out by whoever reads them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Credentials<'a> {
    pub bearer: Option<&'a str>,
    /// That the sender of the bearer token holds a key. A token that is bound to a key is not good
    /// without.
    pub proof: Option<&'a Proof>,
    pub app_session: Option<&'a str>,
    pub app_access_token: Option<&'a str>,
    pub idp_session: Option<&'a str>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    /// There was nothing, or only tokens that are not, or no longer, good.
    Absent,
    /// There was a browser session's cookie, and it is not, or no longer, good.
    Invalid,
    Session(Arc<Session>),
}

/// The way to find sessions. Cheap to clone; clones share the cache.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
    kv: Kv,
    found: Cache<CacheKey, Cached, RandomState>,
    ended: Cache<(AppId, SessionRef), (), RandomState>,
    touches: Arc<Touches>,
}

/// The project, the kind of credential, and its hash.
type CacheKey = (AppId, &'static str, String);

#[derive(Clone)]
struct Cached {
    session: Arc<Session>,
    at: Timestamp,
}

impl Sessions {
    pub fn new(store: Store, kv: Kv) -> Self {
        // Both caches are bounded by their size; time only frees memory early.
        Self {
            store,
            kv,
            found: cache(FOUND_KEPT),
            ended: cache(ENDED_KEPT),
            touches: Arc::default(),
        }
    }

    /// Finds the session, in upstream's order: bearer token, app session, app access token,
    /// browser session. A token that is not good falls through to what comes after it.
    pub async fn resolve(&self, ctx: &Ctx, credentials: Credentials<'_>) -> Result<Resolved> {
        if let Some(session) =
            self.by_access_token(ctx, credentials.bearer, credentials.proof).await?
        {
            return Ok(Resolved::Session(session));
        }
        if let Some(session) = self.by_app_session(ctx, credentials.app_session).await? {
            return Ok(Resolved::Session(session));
        }
        if let Some(session) = self.by_access_token(ctx, credentials.app_access_token, None).await?
        {
            return Ok(Resolved::Session(session));
        }
        let Some(cookie) = credentials.idp_session else { return Ok(Resolved::Absent) };
        let session = self.by_idp_session(ctx, cookie).await?;
        Ok(session.map_or(Resolved::Invalid, Resolved::Session))
    }

    /// Finds a session by its name, as an ID token gives it, if it is alive. Of a grant that
    /// several clients share, `client_id` picks whose scopes are meant.
    pub async fn find(
        &self,
        ctx: &Ctx,
        session: &SessionRef,
        client_id: Option<&str>,
    ) -> Result<Option<Session>> {
        let mut tx = self.store.read(&ctx.app.id).await?;
        let found = match session {
            SessionRef::Idp(id) => tx.signed_in_by_idp_session(id).await?,
            SessionRef::Grant(id) => {
                let tokens = tx.refresh_tokens().list(id).await?;
                let of_client = tokens.iter().find(|it| Some(it.client_id.as_str()) == client_id);
                match of_client.or(tokens.first()) {
                    Some(token) => tx.signed_in_by_refresh_token(id, &token.id).await?,
                    None => None,
                }
            }
        };
        let lifetimes = match &found {
            Some(found) => lifetimes(ctx, &mut tx, found).await?,
            None => None,
        };
        Ok(found.filter(|found| is_alive(ctx, found, lifetimes)).and_then(into_session))
    }

    /// Whose session it is or was, for as long as that is known.
    pub async fn find_owner(&self, ctx: &Ctx, session: &SessionRef) -> Result<Option<UserId>> {
        let mut tx = self.store.read(&ctx.app.id).await?;
        Ok(match session {
            SessionRef::Idp(id) => tx.idp_sessions().find(id).await?.map(|it| it.user_id),
            SessionRef::Grant(id) => tx.grants().find(id).await?.map(|it| it.user_id),
        })
    }

    /// Ends the session of a browser that has just got another one, as far as nobody shares it.
    pub async fn replace(&self, ctx: &Ctx, cookie: &str) -> Result<()> {
        let Some(session) = self.by_idp_session(ctx, cookie).await? else { return Ok(()) };
        let SessionRef::Idp(id) = &session.session else { return Ok(()) };
        let mut tx = self.store.write(&ctx.app.id).await?;
        let ended = end::replaced(ctx, &mut tx, id).await?;
        tx.commit().await?;
        self.forget(ctx, &ended).await;
        Ok(())
    }

    /// To be called after the commit of what ended these sessions.
    pub async fn forget(&self, ctx: &Ctx, ended: &[SessionRef]) {
        for session in ended {
            self.ended.insert((ctx.app.id.clone(), session.clone()), ());
            let message = format!("{} {}", session.sid(), ctx.app.id);
            if let Err(error) = self.kv.publish(CHANNEL, message.as_bytes()).await {
                // The others find out by themselves within a second.
                tracing::warn!(%error, "an ended session could not be announced");
            }
        }
    }

    /// Hears what other nodes ended, for as long as it is polled.
    pub async fn listen(&self) -> Result<()> {
        let mut messages = self.kv.subscribe(CHANNEL).await?;
        loop {
            match messages.next().await {
                Ok(message) => self.note_ended(&message),
                Err(kv::KvError::MessagesLost) => {
                    self.found.invalidate_all();
                    messages = self.kv.subscribe(CHANNEL).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Writes down when sessions were used. The server calls it every half minute or so.
    pub async fn flush_touches(&self) -> Result<()> {
        self.touches.flush(&self.store).await
    }

    /// Clears out a project's tokens and sessions that are long over. The server calls it now
    /// and then; each step is a short transaction of its own.
    pub async fn sweep(&self, app: &AppId, now: Timestamp) -> Result<()> {
        let before = now.plus_seconds(-KEPT_SECONDS);
        for _ in 0..SWEEPS_MAX {
            let mut tx = self.store.write(app).await?;
            let tokens = tx.access_tokens().sweep(before, SWEPT_MAX).await?;
            let grants = tx.grants().sweep(before, SWEPT_MAX).await?;
            let sessions = tx.idp_sessions().sweep(before, SWEPT_MAX).await?;
            tx.commit().await?;
            if tokens.max(grants).max(sessions) < SWEPT_MAX.unsigned_abs() {
                break;
            }
        }
        Ok(())
    }

    fn note_ended(&self, message: &[u8]) {
        let message = String::from_utf8_lossy(message);
        let named = message.split_once(' ');
        if let Some((sid, app)) = named
            && let Some(session) = SessionRef::from_sid(sid)
        {
            self.ended.insert((AppId::new(app), session), ());
        }
    }

    async fn by_access_token(
        &self,
        ctx: &Ctx,
        token: Option<&str>,
        proof: Option<&Proof>,
    ) -> Result<Option<Arc<Session>>> {
        let Some(token) = token else { return Ok(None) };
        let Some(session) = self.of_access_token(ctx, token).await? else { return Ok(None) };
        let Some(jkt) = &session.dpop_jkt else { return Ok(Some(session)) };
        let Some(proof) = proof.filter(|it| it.is_about(jkt, token)) else { return Ok(None) };
        Ok(proof.use_up(ctx, &self.kv).await?.then_some(session))
    }

    /// The session of an access token, whoever presents it.
    async fn of_access_token(&self, ctx: &Ctx, token: &str) -> Result<Option<Arc<Session>>> {
        let key = (ctx.app.id.clone(), "access_token", sha256_hex(token));
        if let Some(session) = self.cached(ctx, &key) {
            return Ok(Some(session));
        }
        let Some(hash) = access_token::row_name(ctx, token) else { return Ok(None) };
        let mut tx = self.store.read(&ctx.app.id).await?;
        let found = tx.signed_in_by_access_token(&hash).await?;
        self.admit(ctx, tx, key, found).await
    }

    async fn by_app_session(
        &self,
        ctx: &Ctx,
        cookie: Option<&str>,
    ) -> Result<Option<Arc<Session>>> {
        let Some(cookie) = cookie else { return Ok(None) };
        let key = (ctx.app.id.clone(), "app_session", sha256_hex(cookie));
        if let Some(session) = self.cached(ctx, &key) {
            return Ok(Some(session));
        }
        let Some(app) = app_session::find(ctx, &self.kv, cookie).await? else { return Ok(None) };
        let mut tx = self.store.read(&ctx.app.id).await?;
        let found = tx.signed_in_by_refresh_token(&app.grant_id, &app.refresh_token_id).await?;
        // Pages of ours can change everything, so the app must have been trusted with that.
        let found = found.filter(|it| it.scopes.contains(oauth::scope::FULL_ACCESS));
        self.admit(ctx, tx, key, found).await
    }

    async fn by_idp_session(&self, ctx: &Ctx, cookie: &str) -> Result<Option<Arc<Session>>> {
        let hash = sha256_hex(cookie);
        let key = (ctx.app.id.clone(), "idp_session", hash.clone());
        if let Some(session) = self.cached(ctx, &key) {
            return Ok(Some(session));
        }
        let Some(id) = browser::id_in_cookie(cookie) else { return Ok(None) };
        let mut tx = self.store.read(&ctx.app.id).await?;
        let found = tx.signed_in_by_idp_session(&id).await?;
        let found = found.filter(|it| constant_time_eq(it.token_hash.as_bytes(), hash.as_bytes()));
        self.admit(ctx, tx, key, found).await
    }

    fn cached(&self, ctx: &Ctx, key: &CacheKey) -> Option<Arc<Session>> {
        let Cached { session, at } = self.found.get(key)?;
        let is_fresh = at <= ctx.now && ctx.now.seconds_since(at) < FRESH_SECONDS;
        (is_fresh && !self.has_ended(ctx, &session)).then_some(session)
    }

    fn has_ended(&self, ctx: &Ctx, session: &Session) -> bool {
        let ended = |it: SessionRef| self.ended.contains_key(&(ctx.app.id.clone(), it));
        ended(session.session.clone())
            || session.sso_group().is_some_and(|id| ended(SessionRef::Idp(id.clone())))
    }

    /// Remembers what was found, if it is alive.
    async fn admit(
        &self,
        ctx: &Ctx,
        mut tx: Tx,
        key: CacheKey,
        found: Option<SignedIn>,
    ) -> Result<Option<Arc<Session>>> {
        let Some(found) = found else { return Ok(None) };
        let lifetimes = lifetimes(ctx, &mut tx, &found).await?;
        drop(tx);
        if !is_alive(ctx, &found, lifetimes) {
            return Ok(None);
        }
        self.touches.note(ctx, &found);
        let Some(session) = into_session(found) else { return Ok(None) };
        let session = Arc::new(session);
        self.found.insert(key, Cached { session: session.clone(), at: ctx.now });
        Ok(Some(session))
    }
}

fn cache<K, V>(kept: Duration) -> Cache<K, V, RandomState>
where
    K: std::hash::Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    let builder = Cache::builder().max_capacity(CACHED_MAX).time_to_live(kept);
    builder.build_with_hasher(RandomState::default())
}

/// How long such a session lasts; `None` when its client was removed from the project.
async fn lifetimes(ctx: &Ctx, tx: &mut Tx, found: &SignedIn) -> Result<Option<Lifetimes>> {
    if found.grant_id.is_none() {
        return Ok(Some(Lifetimes::of_browser(&ctx.app.config.session)));
    }
    let Some(client) = &found.client_id else { return Ok(None) };
    let client = clients::load(ctx, tx, client.as_str()).await?;
    Ok(client.map(|client| Lifetimes::of_client(&client)))
}

/// Whether everything that a credential hangs on is alive.
fn is_alive(ctx: &Ctx, found: &SignedIn, lifetimes: Option<Lifetimes>) -> bool {
    let Some(lifetimes) = lifetimes else { return false };
    let token_is_live = found.token_expires_at.is_none_or(|expires_at| ctx.now < expires_at);
    let group_is_live =
        !found.sso_enabled || found.idp_ends.is_some_and(|ends| ends.is_live(ctx.now));
    token_is_live
        && group_is_live
        && found.ends.is_live(ctx.now)
        && lifetimes.allow(found.created_at, found.last_access_at, ctx.now)
        && found.user.is_usable(ctx.now)
}

fn into_session(found: SignedIn) -> Option<Session> {
    let session = match (found.grant_id, &found.idp_session_id) {
        (Some(grant), _) => SessionRef::Grant(grant),
        (None, Some(session)) => SessionRef::Idp(session.clone()),
        (None, None) => return None,
    };
    Some(Session {
        session,
        user_id: found.user.id,
        standing: found.standing,
        client_id: found.client_id,
        idp_session_id: found.idp_session_id,
        sso_enabled: found.sso_enabled,
        scopes: found.scopes,
        amr: found.amr,
        authenticated_at: found.authenticated_at,
        created_at: found.created_at,
        dpop_jkt: found.dpop_jkt,
    })
}

#[cfg(test)]
mod tests;
