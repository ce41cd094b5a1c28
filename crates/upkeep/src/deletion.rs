//! The end of an account: asking for it, and carrying it out once the grace period is over.
//!
//! Until then the account is closed, and an administrator can open it again.

#[cfg(test)]
mod tests;

use accounts::hooked;
use accounts::models::load_user_model;
use appconfig::hook::BlockingEvent;
use ctx::Ctx;
use domain::{AccountStatus, UserId};
use events::hooks::HookRefusal;
use events::{Event, Source, TriggeredBy, UserModel, record};
use sessions::{Sessions, end};
use stdx::Timestamp;
use store::{Store, Tx};

use crate::{UpkeepCx, UpkeepError};

const SECONDS_OF_A_DAY: i64 = 86_400;

/// Accounts of a project that go in one round: each is a transaction of its own.
const DELETIONS_MAX: i64 = 100;

/// Why an account is not to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The project does not let people ask for it.
    NotAllowed,
    /// The account is closed already.
    Closed,
    Hook(HookRefusal),
}

/// When an account would go that somebody gives up now.
pub fn due_at(ctx: &Ctx) -> Timestamp {
    let days = ctx.app.config.account_deletion.grace_period_days;
    ctx.now.plus_seconds(days * SECONDS_OF_A_DAY)
}

/// Whether the project lets people ask for it.
pub fn is_offered(ctx: &Ctx) -> bool {
    ctx.app.config.account_deletion.scheduled_by_end_user_enabled
}

/// Closes the account of whoever is signed in, everywhere, and says when it will be gone.
pub async fn schedule(cx: &UpkeepCx<'_>) -> Result<Result<Timestamp, Refusal>, UpkeepError> {
    let ctx = cx.ctx;
    if !is_offered(ctx) {
        return Ok(Err(Refusal::NotAllowed));
    }
    // Handlers are shown the person as they would be, out of a transaction that is dropped.
    let mut tx = cx.store.write(&ctx.app.id).await?;
    let person = match close(cx, &mut tx).await? {
        Ok(person) => person,
        Err(refusal) => return Ok(Err(refusal)),
    };
    drop(tx);
    let event = BlockingEvent::UserPreScheduleDeletion;
    let asked = hooked::ask(cx.hooks, ctx, cx.source, event, (person, None)).await;
    let mutations = match asked {
        Ok(mutations) => mutations,
        Err(refusal) => return Ok(Err(Refusal::Hook(refusal))),
    };
    let user = &cx.session.user_id;
    let mut tx = cx.store.write(&ctx.app.id).await?;
    if let Some(refusal) = hooked::apply(ctx, &mut tx, user, &mutations).await? {
        tracing::warn!(?refusal, "a hook wants what a person cannot have");
        let failed = HookRefusal::Failed { event, reason: "HookInvalidResponse" };
        return Ok(Err(Refusal::Hook(failed)));
    }
    let person = match close(cx, &mut tx).await? {
        Ok(person) => person,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let ended = end::all_of(ctx, &mut tx, user, None).await?;
    record(ctx, &mut tx, cx.source, Event::UserDeletionScheduled { user: person }).await?;
    tx.commit().await?;
    cx.sessions.forget(ctx, &ended).await;
    Ok(Ok(due_at(ctx)))
}

/// Closes an account that is open, and shows the person as they are then.
async fn close(cx: &UpkeepCx<'_>, tx: &mut Tx) -> Result<Result<UserModel, Refusal>, UpkeepError> {
    let (ctx, user) = (cx.ctx, &cx.session.user_id);
    tx.lock(&format!("account {}", user.as_str())).await?;
    let found = tx.users().find(user).await?;
    if found.is_none_or(|it| it.status(ctx.now) != AccountStatus::Normal) {
        return Ok(Err(Refusal::Closed));
    }
    tx.users().schedule_deletion_by_owner(user, due_at(ctx), ctx.now).await?;
    Ok(Ok(load_user_model(ctx, tx, user).await?))
}

/// What a round of deletions came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    pub deleted: usize,
    /// Whether there may be more.
    pub is_more: bool,
}

/// Deletes the accounts of a project whose time has come.
pub async fn carry_out(
    ctx: &Ctx,
    store: &Store,
    sessions: &Sessions,
) -> Result<Round, UpkeepError> {
    let mut tx = store.read(&ctx.app.id).await?;
    let due = tx.users().list_due_deletions(ctx.now, DELETIONS_MAX).await?;
    drop(tx);
    let mut deleted = 0;
    for user in &due {
        match delete(ctx, store, sessions, user).await {
            Ok(true) => deleted += 1,
            Ok(false) => {}
            // One that cannot be deleted must not keep the others.
            Err(error) => {
                tracing::error!(%error, app = %ctx.app.id, user = user.as_str(), "not deleted");
            }
        }
    }
    let is_more = deleted > 0 && i64::try_from(due.len()) == Ok(DELETIONS_MAX);
    Ok(Round { deleted, is_more })
}

/// Deletes one account, unless somebody opened it again in the meantime.
async fn delete(
    ctx: &Ctx,
    store: &Store,
    sessions: &Sessions,
    user: &UserId,
) -> Result<bool, UpkeepError> {
    let mut tx = store.write(&ctx.app.id).await?;
    tx.lock(&format!("account {}", user.as_str())).await?;
    let found = tx.users().find(user).await?;
    if found.and_then(|it| it.delete_at).is_none_or(|at| at > ctx.now) {
        return Ok(false);
    }
    let person = load_user_model(ctx, &mut tx, user).await?;
    let ended = end::all_of(ctx, &mut tx, user, None).await?;
    tx.users().erase(user).await?;
    let source = Source { triggered_by: TriggeredBy::System, ..Source::default() };
    record(ctx, &mut tx, &source, Event::UserDeleted { user: person }).await?;
    tx.commit().await?;
    sessions.forget(ctx, &ended).await;
    Ok(true)
}
