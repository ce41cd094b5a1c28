//! One attempt at a proof: charged and counted before anybody looks at it.
//!
//! Whoever verifies a password or a code calls [`admit`] first. A wrong proof leaves things as
//! they are then; for a right one, and for one that nobody got to look at, there is
//! [`give_back`]. A request that is given up in between stays counted: nobody can look at the
//! answers of guesses and take back the wrong ones.

use ctx::Ctx;
use domain::UserId;
use kv::{Kv, KvError};
use stdx::Timestamp;
use store::{Store, StoreError};

use crate::lockout::{self, LockState, Method, Taken};
use crate::{Charged, Exhausted, Receipt, Subject, Weighted, charge, refund};

/// Whether a proof may be looked at.
#[derive(Debug)]
pub enum Admitted {
    Attempt(Attempt),
    Exhausted(Exhausted),
    Locked { until: Timestamp },
}

/// What was taken for one proof.
#[derive(Debug)]
#[must_use = "a proof that was right gives back what it was charged"]
pub struct Attempt {
    receipt: Receipt,
    counted: Option<lockout::Attempt>,
}

impl Attempt {
    /// Until when a wrong proof locks: this was the last attempt allowed.
    pub fn locks_until(&self) -> Option<Timestamp> {
        self.counted.as_ref().and_then(|it| it.locked_until)
    }
}

/// What keeps an attempt from being counted.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    #[error("the database did not answer")]
    Store(#[from] StoreError),
    #[error("the key-value store did not answer")]
    Kv(#[from] KvError),
}

/// Takes an attempt for a proof of `user`, or says why there is none to take.
pub async fn admit(
    ctx: &Ctx,
    store: &Store,
    kv: &Kv,
    user: &UserId,
    limit: impl Into<Weighted>,
    method: Method,
) -> Result<Admitted, AttemptError> {
    // Asked of a reader first: whoever is locked out costs no write and charges no limit.
    let mut tx = store.read(&ctx.app.id).await?;
    let state = lockout::check(ctx, &mut tx, user).await?;
    drop(tx);
    if let LockState::Locked { until } = state {
        return Ok(Admitted::Locked { until });
    }
    let subject = Subject { user: Some(user), ..Subject::default() };
    let receipt = match charge(ctx, kv, limit, subject).await? {
        Charged::Charged(receipt) => receipt,
        Charged::Exhausted(exhausted) => return Ok(Admitted::Exhausted(exhausted)),
    };
    if !lockout::is_counted(ctx, method) {
        return Ok(Admitted::Attempt(Attempt { receipt, counted: None }));
    }
    let mut tx = store.write(&ctx.app.id).await?;
    match lockout::take(ctx, &mut tx, user).await? {
        Taken::Attempt(counted) => {
            tx.commit().await?;
            Ok(Admitted::Attempt(Attempt { receipt, counted: Some(counted) }))
        }
        Taken::Locked { until } => {
            drop(tx);
            refund(ctx, kv, receipt).await?;
            Ok(Admitted::Locked { until })
        }
    }
}

/// Gives back what was taken for a proof that was right, or that nobody looked at.
pub async fn give_back(
    ctx: &Ctx,
    store: &Store,
    kv: &Kv,
    user: &UserId,
    attempt: Attempt,
) -> Result<(), AttemptError> {
    if let Some(counted) = attempt.counted {
        let mut tx = store.write(&ctx.app.id).await?;
        lockout::give_back(ctx, &mut tx, user, counted).await?;
        tx.commit().await?;
    }
    Ok(refund(ctx, kv, attempt.receipt).await?)
}

#[cfg(test)]
mod tests;
