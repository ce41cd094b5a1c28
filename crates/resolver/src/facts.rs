//! What is told of a person beside their session: it changes rarely and is asked for with every
//! request, so an answer is good for some seconds.

use std::time::Duration;

use accounts::claims::is_verified;
use ctx::Ctx;
use domain::{AppId, UserId};
use moka::sync::Cache;
use sessions::SessionsError;
use stdx::Timestamp;
use web::Platform;

/// How long somebody who has just verified an address may still look unverified.
const FRESH_SECONDS: i64 = 5;

/// How long an answer takes up memory: it is of no use once it is no longer fresh.
const KEPT: Duration = Duration::from_secs(6);

/// A few hundred bytes each with the table's own, and whoever is asked for again within seconds is
/// among them.
const CACHED_MAX: u64 = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub is_anonymous: bool,
    pub is_verified: bool,
    pub can_reauthenticate: bool,
}

/// Bounded by its size. Cheap to clone; clones share it.
#[derive(Clone)]
pub(crate) struct FactsCache(Cache<(AppId, UserId), (Facts, Timestamp)>);

impl Default for FactsCache {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(CACHED_MAX).time_to_live(KEPT).build())
    }
}

impl FactsCache {
    /// One read, or none; two for somebody who has proved an address.
    pub(crate) async fn find(
        &self,
        platform: &Platform,
        ctx: &Ctx,
        user: &UserId,
    ) -> Result<Option<Facts>, SessionsError> {
        let key = (ctx.app.id.clone(), user.clone());
        if let Some((facts, at)) = self.0.get(&key)
            && (0..FRESH_SECONDS).contains(&ctx.now.seconds_since(at))
        {
            return Ok(Some(facts));
        }
        let mut tx = platform.store.read(&ctx.app.id).await?;
        let Some(standing) = tx.users().find_standing(user).await? else { return Ok(None) };
        let overview = if standing.has_verified_claims {
            tx.users().find_overview(user).await?
        } else {
            // Whatever the project asks for, nobody is verified who has proved nothing.
            None
        };
        let verification = &ctx.app.config.verification;
        let facts = Facts {
            is_anonymous: standing.is_anonymous,
            is_verified: overview.is_some_and(|it| is_verified(verification, &it)),
            can_reauthenticate: standing.has_authenticators,
        };
        self.0.insert(key, (facts, ctx.now));
        Ok(Some(facts))
    }
}
