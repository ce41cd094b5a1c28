//! Carrying entries of the outbox to places outside, such as a project's handlers.
//!
//! A kind of place is a [`Sink`]; the server runs a loop for each. What is due for one place is a
//! lane. A lane delivers entries about one person one after another and those about different
//! people beside each other, so that order is kept where it matters and one that hangs holds up
//! no other person. What fails is tried again, ever more rarely, until the entry is too old; it
//! survives the process, because it stays in the outbox until it is delivered. A worker that dies
//! after a delivery and before it is noted delivers twice: at least once, with an id to tell by.

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use ctx::Ctx;
use domain::{AppId, OutboxEntry};
use futures_util::{StreamExt as _, stream};
use stdx::Timestamp;
use store::{Result, Store};

/// Entries of one claim: a lane that dies delivers no more than these twice.
const BATCH_MAX: i64 = 32;
/// A worker that needs longer is taken for dead.
const LEASE_SECONDS: i64 = 150;
/// No delivery is begun when this little of the lease is left: a sink takes a minute at most.
const RESERVE: Duration = Duration::from_secs(90);
/// Deliveries of one lane at the same time: a receiver is not to be overrun by us.
const AT_ONCE: usize = 4;
/// Claims of one turn: after them another lane may have its turn.
const CLAIMS_MAX: usize = 10;
/// What fails is tried at least once an hour, so that a receiver that is back hears of it.
const WAIT_SECONDS_MAX: i64 = 3_600;

/// A kind of place outside that entries go to.
pub trait Sink: Send + Sync {
    /// What the sinks of its entries begin with.
    const KIND: &'static str;

    /// How long after it happened an entry is worth delivering.
    const LIFETIME_SECONDS: i64;

    /// Delivers one entry, within a minute. It may have been delivered before.
    fn deliver(
        &self,
        ctx: &Ctx,
        entry: &OutboxEntry,
    ) -> impl Future<Output = std::result::Result<(), Undelivered>> + Send;
}

/// Why an entry was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// For whoever looks into the outbox. No secrets.
    pub why: String,
    pub retry: Retry,
}

/// Whether an entry is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    Later,
    /// Not before this many seconds.
    After(i64),
    Never,
}

/// The entries of one project for one place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lane {
    pub app: AppId,
    pub sink: String,
}

/// The operation in which an entry of a project is delivered; none while nobody serves it.
pub type OperationOf<'a> = &'a (dyn Fn(&AppId) -> Option<Ctx> + Send + Sync);

/// Lanes in which something is due, those that have waited longest first.
pub async fn due_lanes<S: Sink>(store: &Store, now: Timestamp) -> Result<Vec<Lane>> {
    let sinks = store.read_everywhere().await?.outbox().list_due_sinks(S::KIND, now).await?;
    Ok(sinks.into_iter().map(|(app, sink)| Lane { app, sink }).collect())
}

/// Delivers what is due in a lane.
pub async fn carry<S: Sink>(
    store: &Store,
    sink: &S,
    lane: &Lane,
    operation_of: OperationOf<'_>,
    now: &(dyn Fn() -> Timestamp + Send + Sync),
) -> Result<()> {
    let work = Work { store, sink, operation_of, now };
    for _ in 0..CLAIMS_MAX {
        let at = now();
        let mut tx = store.write(&lane.app).await?;
        let until = at.plus_seconds(LEASE_SECONDS);
        let claimed = tx.outbox().claim(&lane.sink, at, until, BATCH_MAX).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        tx.commit().await?;
        let began = Instant::now();
        let people = by_person(claimed).into_iter();
        let deliveries = stream::iter(people.map(|entries| work.deliver_all(entries, began)));
        let results: Vec<Result<()>> = deliveries.buffer_unordered(AT_ONCE).collect().await;
        results.into_iter().collect::<Result<()>>()?;
    }
    Ok(())
}

/// What the deliveries of a lane share.
struct Work<'a, S> {
    store: &'a Store,
    sink: &'a S,
    operation_of: OperationOf<'a>,
    now: &'a (dyn Fn() -> Timestamp + Send + Sync),
}

impl<S: Sink> Work<'_, S> {
    /// Delivers entries about one person, one after another.
    async fn deliver_all(&self, entries: Vec<OutboxEntry>, began: Instant) -> Result<()> {
        let lease = Duration::from_secs(LEASE_SECONDS.unsigned_abs()).saturating_sub(RESERVE);
        for entry in entries {
            let is_in_time = began.elapsed() < lease;
            let outcome = if is_in_time { Some(self.deliver(&entry).await) } else { None };
            let mut tx = self.store.write(&entry.app_id).await?;
            match outcome {
                None => tx.outbox().release(entry.seq).await?,
                Some(Ok(())) => {
                    // Gone if another worker took over from us: then it was delivered twice.
                    tx.outbox().delete(entry.seq).await?;
                }
                Some(Err(undelivered)) => {
                    let run_at = self.retry_at(&entry, &undelivered);
                    tx.outbox().postpone(entry.seq, run_at, &undelivered.why).await?;
                }
            }
            tx.commit().await?;
        }
        Ok(())
    }

    async fn deliver(&self, entry: &OutboxEntry) -> std::result::Result<(), Undelivered> {
        let Some(mut ctx) = (self.operation_of)(&entry.app_id) else {
            let why = "the project is not served".to_owned();
            return Err(Undelivered { why, retry: Retry::Later });
        };
        ctx.request_id.clone_from(&entry.id);
        self.sink.deliver(&ctx, entry).await
    }

    /// When to try again; `None` to give up. Both are in the log.
    fn retry_at(&self, entry: &OutboxEntry, undelivered: &Undelivered) -> Option<Timestamp> {
        let backoff = backoff_seconds(entry.attempts);
        let wait = match undelivered.retry {
            Retry::Never => None,
            Retry::Later => Some(backoff),
            Retry::After(seconds) => Some(seconds.clamp(backoff, WAIT_SECONDS_MAX)),
        };
        let at = wait.map(|wait| (self.now)().plus_seconds(wait));
        let at = at.filter(|at| *at <= entry.created_at.plus_seconds(S::LIFETIME_SECONDS));
        let (app, event, kind) = (entry.app_id.as_str(), entry.id.as_str(), entry.r#type.as_str());
        let (attempts, why) = (entry.attempts, undelivered.why.as_str());
        if at.is_some() {
            tracing::warn!(app, event, kind, attempts, why, "an entry was not delivered");
        } else {
            tracing::error!(app, event, kind, attempts, why, "an entry will not be delivered");
        }
        at
    }
}

/// Doubling from a second.
fn backoff_seconds(attempts: i64) -> i64 {
    let exponent = u32::try_from(attempts.saturating_sub(1)).unwrap_or_default();
    2_i64.checked_pow(exponent).map_or(WAIT_SECONDS_MAX, |wait| wait.min(WAIT_SECONDS_MAX))
}

/// Entries in the order in which they happened to each person. What is about nobody is about
/// nobody in particular: each is alone.
fn by_person(entries: Vec<OutboxEntry>) -> Vec<Vec<OutboxEntry>> {
    let mut people: Vec<Vec<OutboxEntry>> = Vec::new();
    for entry in entries {
        let whose = |it: &Vec<OutboxEntry>| it.first().map(|it| it.context.get("user_id").cloned());
        let own = entry.context.get("user_id").filter(|it| it.is_string()).cloned();
        match people.iter_mut().find(|it| own.is_some() && whose(it) == Some(own.clone())) {
            Some(entries) => entries.push(entry),
            None => people.push(vec![entry]),
        }
    }
    people
}
