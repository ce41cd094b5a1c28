//! Carrying events from the outbox to the audit log.
//!
//! Entries are claimed for a while, so that several nodes share the work and none is lost when
//! one of them dies. An entry leaves the outbox in the transaction that keeps its line of the
//! audit log: it is there exactly once. What fails is tried again, ever more rarely. Places
//! outside have a way of their own (`carry`).

#[cfg(test)]
mod tests;

use domain::{AppId, Attributes, AuditEntry, ClientId, OutboxEntry, UserId};
use serde_json::{Value, json};
use stdx::Timestamp;
use store::{Result, Store, StoreError, Tx};

pub(crate) const AUDIT_LOG: &str = "audit_log";

/// Entries of one round: a transaction of this size is short.
const BATCH_MAX: i64 = 100;

/// A worker that needs longer is taken for dead.
const LEASE_SECONDS: i64 = 60;

/// Doubling from a second, this is more than a week.
const ATTEMPTS_MAX: i64 = 20;

/// What became of one round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    pub delivered: usize,
    pub failed: usize,
    /// The round was full: there may be more, now.
    pub is_more: bool,
}

/// Keeps what is due in the audit log, of every project. To be called again and again by a task
/// of the server.
pub async fn deliver(store: &Store, now: Timestamp) -> Result<Delivered> {
    // Nearly always there is nothing: the one writer is not bothered for that.
    if !store.read_everywhere().await?.outbox().is_due(AUDIT_LOG, now).await? {
        return Ok(Delivered::default());
    }
    let mut tx = store.write_any().await?;
    let until = now.plus_seconds(LEASE_SECONDS);
    let claimed = tx.outbox().claim(AUDIT_LOG, now, until, BATCH_MAX).await?;
    if claimed.is_empty() {
        return Ok(Delivered::default());
    }
    tx.commit().await?;
    let is_more = i64::try_from(claimed.len()).is_ok_and(|count| count == BATCH_MAX);
    let mut outcome = Delivered { is_more, ..Delivered::default() };
    for (app, entries) in by_project(claimed) {
        if keep(store, &app, &entries).await.is_ok() {
            outcome.delivered += entries.len();
            continue;
        }
        // One of them cannot be kept: find out which, and do not hold up the others.
        for entry in entries {
            match keep(store, &app, std::slice::from_ref(&entry)).await {
                Ok(()) => outcome.delivered += 1,
                Err(error) => {
                    outcome.failed += 1;
                    postpone(store, &entry, &error, now).await?;
                }
            }
        }
    }
    Ok(outcome)
}

fn by_project(entries: Vec<OutboxEntry>) -> Vec<(AppId, Vec<OutboxEntry>)> {
    let mut projects: Vec<(AppId, Vec<OutboxEntry>)> = Vec::new();
    for entry in entries {
        match projects.iter_mut().find(|(app, _)| *app == entry.app_id) {
            Some((_, entries)) => entries.push(entry),
            None => projects.push((entry.app_id.clone(), vec![entry])),
        }
    }
    projects
}

/// Keeps the lines and removes the entries, or neither.
async fn keep(store: &Store, app: &AppId, entries: &[OutboxEntry]) -> Result<()> {
    let mut tx = store.write(app).await?;
    for entry in entries {
        // Another worker may have been faster after our lease ran out.
        if tx.outbox().delete(entry.seq).await? {
            keep_line(&mut tx, entry).await?;
        }
    }
    tx.commit().await
}

async fn keep_line(tx: &mut Tx, entry: &OutboxEntry) -> Result<()> {
    let known = |name: &str| entry.context.get(name).and_then(Value::as_str).map(str::to_owned);
    let line = AuditEntry {
        id: entry.id.clone(),
        created_at: entry.created_at,
        activity_type: entry.r#type.clone(),
        user_id: known("user_id").map(UserId::new),
        ip: known("ip_address").and_then(|ip| ip.parse().ok()),
        user_agent: known("user_agent"),
        client_id: known("client_id").map(ClientId::new),
        data: envelope(entry),
    };
    tx.audit_log().insert(&line).await
}

/// The event as a whole.
pub(crate) fn envelope(entry: &OutboxEntry) -> Attributes {
    let fields = [
        ("id", json!(entry.id)),
        ("seq", json!(entry.seq)),
        ("type", json!(entry.r#type)),
        ("payload", json!(entry.payload)),
        ("context", json!(entry.context)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

async fn postpone(
    store: &Store,
    entry: &OutboxEntry,
    error: &StoreError,
    now: Timestamp,
) -> Result<()> {
    let is_last = entry.attempts >= ATTEMPTS_MAX;
    let exponent = u32::try_from(entry.attempts.clamp(1, ATTEMPTS_MAX) - 1).unwrap_or_default();
    let run_at = (!is_last).then(|| now.plus_seconds(2_i64.pow(exponent)));
    tracing::warn!(
        app = entry.app_id.as_str(),
        event = entry.id,
        attempts = entry.attempts,
        is_last,
        error = error as &dyn std::error::Error,
        "an event could not be delivered"
    );
    let mut tx = store.write(&entry.app_id).await?;
    tx.outbox().postpone(entry.seq, run_at, &error.to_string()).await?;
    tx.commit().await
}
