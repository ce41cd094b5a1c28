//! Who is verified: asked of those who have proved something, and good for some seconds.
//!
//! Everything else that is told of a person came with their session. What they proved has to be
//! theirs still and has to be what the project asks for, so it is matched with their identities.

use std::time::Duration;

use accounts::claims::is_verified;
use ctx::Ctx;
use domain::{AppId, UserId};
use moka::sync::Cache;
use sessions::{Session, SessionsError};
use stdx::Timestamp;
use web::Platform;

/// How long somebody who has just verified another address may look as before.
const FRESH_SECONDS: i64 = 5;

/// How long an answer takes up memory: it is of no use once it is no longer fresh.
const KEPT: Duration = Duration::from_secs(6);

/// A few hundred bytes each with the table's own, and whoever is asked for again within seconds is
/// among them.
const CACHED_MAX: u64 = 20_000;

/// Bounded by its size. Cheap to clone; clones share it.
#[derive(Clone)]
pub(crate) struct Verified(Cache<(AppId, UserId), (bool, Timestamp)>);

impl Default for Verified {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(CACHED_MAX).time_to_live(KEPT).build())
    }
}

impl Verified {
    /// Whether the person counts as verified: one read, or none.
    pub(crate) async fn is_verified(
        &self,
        platform: &Platform,
        ctx: &Ctx,
        session: &Session,
    ) -> Result<bool, SessionsError> {
        // Whatever the project asks for, nobody is verified who has proved nothing.
        if !session.standing.has_verified_claims {
            return Ok(false);
        }
        let key = (ctx.app.id.clone(), session.user_id.clone());
        if let Some((is_verified, at)) = self.0.get(&key)
            && (0..FRESH_SECONDS).contains(&ctx.now.seconds_since(at))
        {
            return Ok(is_verified);
        }
        let mut tx = platform.store.read(&ctx.app.id).await?;
        let overview = tx.users().find_overview(&session.user_id).await?;
        let verification = &ctx.app.config.verification;
        let is_verified = overview.is_some_and(|it| is_verified(verification, &it));
        self.0.insert(key, (is_verified, ctx.now));
        Ok(is_verified)
    }
}
