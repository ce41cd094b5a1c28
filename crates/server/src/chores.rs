//! What runs beside the requests: the audit log, tidying up, accounts whose time has come, news from
//! other nodes.

use std::time::Duration;

use ctx::Ctx;
use web::Platform;

use crate::carriers;

/// How soon an event leaves the outbox when there was nothing to do before.
const DELIVER_EVERY: Duration = Duration::from_millis(500);

/// How long what could not be delivered is kept, with what went wrong: a month.
const UNDELIVERED_SECONDS: i64 = 30 * 86_400;

/// How often uses of sessions are written down and forgotten values are freed.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// How often tokens and sessions that are long over are cleared out.
const CLEAR_EVERY: Duration = Duration::from_hours(1);

/// How soon an account goes after its time has come.
const DELETE_EVERY: Duration = Duration::from_mins(1);

/// How soon a lost connection to the other nodes is tried again.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// Carries events from the outbox to the audit log, until the process ends.
pub async fn keep_events(platform: Platform) {
    let mut ticks = tokio::time::interval(DELIVER_EVERY);
    let mut was_failing = false;
    let mut is_more = false;
    loop {
        if !is_more {
            ticks.tick().await;
        }
        let delivered = events::deliver(&platform.store, platform.clock.now()).await;
        is_more = delivered.as_ref().is_ok_and(|it| it.is_more);
        match delivered {
            Ok(_) => was_failing = false,
            // Said once: a database that is away would fill the log.
            Err(error) if !was_failing => {
                tracing::error!(%error, "events cannot be delivered; trying on");
                was_failing = true;
            }
            Err(_) => {}
        }
    }
}

/// Writes down when sessions were used, and frees what is over.
pub async fn sweep(platform: Platform) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        platform.kv.sweep(platform.clock.now());
        if let Err(error) = forget_attempts(&platform).await {
            tracing::warn!(%error, "wrong proofs of long ago are not forgotten yet");
        }
        if let Err(error) = platform.sessions.flush_touches().await {
            tracing::warn!(%error, "the last uses of some sessions are not written down");
        }
    }
}

/// Frees the rows of wrong proofs that no longer count.
async fn forget_attempts(platform: &Platform) -> Result<(), store::StoreError> {
    let mut tx = platform.store.write_any().await?;
    tx.lockouts().sweep(platform.clock.now()).await?;
    tx.commit().await
}

/// Frees the rows of what was never delivered.
async fn forget_undelivered(platform: &Platform) -> Result<(), store::StoreError> {
    let mut tx = platform.store.write_any().await?;
    tx.outbox().sweep(platform.clock.now().plus_seconds(-UNDELIVERED_SECONDS)).await?;
    tx.commit().await
}

/// Clears out tokens, sessions and entries that are long over.
pub async fn clear_out(platform: Platform) {
    let mut ticks = tokio::time::interval(CLEAR_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = forget_undelivered(&platform).await {
            tracing::warn!(%error, "what was never delivered is not forgotten yet");
        }
        for app in platform.apps.all() {
            let cleared = platform.sessions.sweep(&app.id, platform.clock.now()).await;
            if let Err(error) = cleared {
                tracing::warn!(%error, app = %app.id, "old sessions are not cleared out");
            }
        }
    }
}

/// Deletes accounts whose grace period is over, until the process ends.
pub async fn delete_accounts(platform: Platform) {
    let mut ticks = tokio::time::interval(DELETE_EVERY);
    loop {
        ticks.tick().await;
        for app in platform.apps.all() {
            // It may be gone since.
            if let Some(ctx) = carriers::operation(&platform, &app.id) {
                delete_due_accounts(&platform, &ctx).await;
            }
        }
    }
}

async fn delete_due_accounts(platform: &Platform, ctx: &Ctx) {
    loop {
        match upkeep::deletion::carry_out(ctx, &platform.store, &platform.sessions).await {
            Ok(round) if round.is_more => {}
            Ok(_) => return,
            Err(error) => {
                let app = ctx.app.id.as_str();
                tracing::warn!(%error, app, "accounts that are due are not deleted yet");
                return;
            }
        }
    }
}

/// Hears what other nodes ended.
pub async fn hear_of_ended_sessions(platform: Platform) {
    loop {
        if let Err(error) = platform.sessions.listen().await {
            tracing::warn!(%error, "other nodes cannot be heard; trying again");
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}
