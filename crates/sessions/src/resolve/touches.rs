//! Uses of sessions that are still to be written down.
//!
//! Losing them with the process costs the person at most a minute of idle time.

use std::collections::HashMap;
use std::sync::Mutex;

use ctx::Ctx;
use domain::{Access, AppId};
use stdx::Timestamp;
use store::{SignedIn, Store};

use crate::access::{Lifetimes, access};
use crate::error::Result;
use crate::session::SessionRef;

/// A use is worth a write when the last one is this old.
const EVERY_SECONDS: i64 = 60;

/// Beyond this many between two flushes, uses are let go.
const WAITING_MAX: usize = 50_000;

/// Written in one go: everybody else who writes waits meanwhile.
const TOGETHER: usize = 200;

#[derive(Default)]
pub(super) struct Touches(Mutex<HashMap<(AppId, SessionRef), Touch>>);

struct Touch {
    access: Access,
    idle_expires_at: Option<Timestamp>,
}

impl Touches {
    pub(super) fn note(&self, ctx: &Ctx, found: &SignedIn) {
        let is_recent =
            found.last_access_at.is_some_and(|last| ctx.now.seconds_since(last) < EVERY_SECONDS);
        if is_recent {
            return;
        }
        if let Some(id) = &found.grant_id {
            let client = found.client_id.as_ref().map(domain::ClientId::as_str);
            let client = client.and_then(|id| ctx.app.config.oauth.find_client(id));
            let idle = client.and_then(|it| Lifetimes::of_client(it).idle_expires_at(ctx.now));
            self.put(ctx, SessionRef::Grant(id.clone()), idle);
        }
        if let Some(id) = &found.idp_session_id
            && (found.grant_id.is_none() || found.sso_enabled)
        {
            let idle = Lifetimes::of_browser(&ctx.app.config.session).idle_expires_at(ctx.now);
            self.put(ctx, SessionRef::Idp(id.clone()), idle);
        }
    }

    pub(super) async fn flush(&self, store: &Store) -> Result<()> {
        let waiting = std::mem::take(&mut *self.lock());
        let mut by_app: HashMap<AppId, Vec<(SessionRef, Touch)>> = HashMap::new();
        for ((app, session), touch) in waiting {
            by_app.entry(app).or_default().push((session, touch));
        }
        for (app, touches) in by_app {
            let mut touches = touches.into_iter().peekable();
            while touches.peek().is_some() {
                let mut tx = store.write(&app).await?;
                for (session, touch) in touches.by_ref().take(TOGETHER) {
                    let idle = touch.idle_expires_at;
                    match session {
                        SessionRef::Idp(id) => {
                            tx.idp_sessions().touch(&id, &touch.access, idle).await?;
                        }
                        SessionRef::Grant(id) => {
                            tx.grants().touch(&id, &touch.access, idle).await?;
                        }
                    }
                }
                tx.commit().await?;
            }
        }
        Ok(())
    }

    fn put(&self, ctx: &Ctx, session: SessionRef, idle_expires_at: Option<Timestamp>) {
        let mut waiting = self.lock();
        if waiting.len() < WAITING_MAX {
            let touch = Touch { access: access(ctx), idle_expires_at };
            waiting.insert((ctx.app.id.clone(), session), touch);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(AppId, SessionRef), Touch>> {
        self.0.lock().expect("nothing panics while it holds this lock")
    }
}
