//! What the tests of this crate stand on: a project, and people who are signed in.

use std::sync::Arc;

use ctx::Ctx;
use domain::{Identity, UserId};
use events::Source;
use sessions::{Credentials, Resolved, Session, browser};
use testkit::World;

use crate::UpkeepCx;

/// A moment in which somebody is signed in.
pub(crate) struct Scene<'w> {
    pub ctx: Ctx,
    pub session: Arc<Session>,
    pub source: Source,
    world: &'w World,
}

impl<'w> Scene<'w> {
    /// `user` signs in to a browser.
    pub async fn of(world: &'w World, user: &UserId) -> Self {
        let ctx = world.ctx();
        let platform = &world.platform;
        let mut tx = platform.store.write(&ctx.app.id).await.unwrap();
        let amr = vec!["pwd".to_owned()];
        let created = browser::create(&ctx, &mut tx, user, amr).await.unwrap();
        tx.commit().await.unwrap();
        let cookie = created.cookie.reveal().clone();
        let credentials = Credentials { idp_session: Some(&cookie), ..Credentials::default() };
        let resolved = platform.sessions.resolve(&ctx, credentials).await.unwrap();
        let Resolved::Session(session) = resolved else { panic!("{resolved:?}") };
        Self { ctx, session, source: Source::default(), world }
    }

    pub fn cx(&self) -> UpkeepCx<'_> {
        let platform = &self.world.platform;
        UpkeepCx {
            ctx: &self.ctx,
            store: &platform.store,
            kv: &platform.kv,
            sessions: &platform.sessions,
            outbound: &platform.outbound,
            hooks: &platform.hooks,
            session: &self.session,
            source: &self.source,
        }
    }
}

/// What a person is known by.
pub(crate) async fn identities(world: &World, user: &UserId) -> Vec<Identity> {
    let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
    tx.identities().list(user).await.unwrap()
}

/// What was written down, in order.
pub(crate) async fn events(world: &World) -> Vec<String> {
    let now = world.ctx().now;
    let mut tx = world.platform.store.write(&world.app.id).await.unwrap();
    let entries = tx.outbox().claim("audit_log", now, now, 100).await.unwrap();
    entries.into_iter().map(|it| it.r#type).collect()
}

/// The code in the newest message.
pub(crate) async fn received(world: &World) -> String {
    world.deliver_messages().await;
    let kept = world.platform.outbound.kept(&world.app.id);
    let text = &kept.first().expect("a message").text;
    let mut words = text.split(|it: char| !it.is_ascii_digit());
    words.find(|it| it.len() == 6).expect("a code").to_owned()
}
