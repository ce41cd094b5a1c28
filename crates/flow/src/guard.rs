//! What a flow is charged before it does something that can be abused.
//!
//! Counters are in `limits`, never in a state: going back does not refill them. They are taken
//! before the work and given back when it turned out honest.

use domain::{AuthenticatorKind, UserId};
use limits::lockout::{self, LockState, Method};
use limits::{Charged, Limit, Receipt, Subject};

use crate::facts::Facts;
use crate::record;
use crate::refusal::Refusal;
use crate::state::Setting;
use crate::{FlowCx, FlowError};

/// Takes one from the buckets of `limit`; the refusal when one is empty.
pub async fn charge(
    cx: &FlowCx<'_>,
    limit: Limit,
    user: Option<&UserId>,
) -> Result<Result<Receipt, Refusal>, FlowError> {
    let subject = Subject { user, ..Subject::default() };
    Ok(match limits::charge(cx.ctx, cx.kv, limit, subject).await? {
        Charged::Charged(receipt) => Ok(receipt),
        Charged::Exhausted(exhausted) => {
            record::limit_exhausted(cx, &exhausted).await?;
            Err(Refusal::RateLimited(exhausted))
        }
    })
}

/// Gives back what an honest attempt was charged.
pub async fn refund(cx: &FlowCx<'_>, receipt: Receipt) -> Result<(), FlowError> {
    Ok(limits::refund(cx.ctx, cx.kv, receipt).await?)
}

/// The refusal while proofs of this account are not looked at.
pub async fn locked(cx: &FlowCx<'_>, user: &UserId) -> Result<Option<Refusal>, FlowError> {
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    Ok(refusal_of(lockout::check(cx.ctx, &mut tx, user).await?))
}

/// Counts a wrong password and writes it down, at once and whatever becomes of the flow.
pub async fn count_wrong_password(
    cx: &FlowCx<'_>,
    setting: &Setting,
    user: &UserId,
    kind: AuthenticatorKind,
) -> Result<(), FlowError> {
    let mut tx = cx.store.write(&cx.ctx.app.id).await?;
    lockout::count(cx.ctx, &mut tx, user, Method::Password).await?;
    record::wrong_password(cx, &mut tx, setting, user, kind).await?;
    Ok(tx.commit().await?)
}

/// Which counts a finished flow forgives.
pub fn proved(facts: &Facts) -> Vec<Method> {
    if facts.authenticated.is_empty() { Vec::new() } else { vec![Method::Password] }
}

fn refusal_of(state: LockState) -> Option<Refusal> {
    match state {
        LockState::Open => None,
        LockState::Locked { until } => Some(Refusal::AccountLockout { until }),
    }
}
