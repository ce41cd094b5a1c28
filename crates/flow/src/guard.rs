//! What a flow is charged before it does something that can be abused.
//!
//! Counters are in `limits`, never in a state: going back does not refill them. They are taken
//! before the work and given back when it turned out honest.

use appconfig::flow::Authentication;
use domain::UserId;
use limits::attempt::{self, Admitted, Attempt};
use limits::lockout::Method;
use limits::{Charged, Limit, Receipt, Subject, Weighted};

use crate::facts::Facts;
use crate::record;
use crate::refusal::Refusal;
use crate::{FlowCx, FlowError};

/// Takes one from the buckets of `limit`, or what a hook lets it count for; the refusal when one
/// is empty.
pub async fn charge(
    cx: &FlowCx<'_>,
    limit: Limit,
    user: Option<&UserId>,
) -> Result<Result<Receipt, Refusal>, FlowError> {
    let subject = Subject { user, ..Subject::default() };
    Ok(match limits::charge(cx.ctx, cx.kv, weighted(cx, limit), subject).await? {
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

/// Takes an attempt at proving that somebody is `user`, before anybody looks at the proof.
pub async fn admit(
    cx: &FlowCx<'_>,
    user: &UserId,
    limit: Limit,
    method: Method,
) -> Result<Result<Attempt, Refusal>, FlowError> {
    let weighted = weighted(cx, limit);
    let admitted = attempt::admit(cx.ctx, cx.store, cx.kv, user, weighted, method).await?;
    Ok(match admitted {
        Admitted::Attempt(attempt) => Ok(attempt),
        Admitted::Locked { until } => Err(Refusal::AccountLockout { until }),
        Admitted::Exhausted(exhausted) => {
            record::limit_exhausted(cx, &exhausted).await?;
            Err(Refusal::RateLimited(exhausted))
        }
    })
}

fn weighted(cx: &FlowCx<'_>, limit: Limit) -> Weighted {
    cx.weights.map_or_else(|| limit.into(), |weights| Weighted::by(weights, limit))
}

/// What somebody is told whose proof was wrong: `refusal`, or that it was the last one allowed.
pub fn wrong(attempt: &Attempt, refusal: Refusal) -> Refusal {
    attempt.locks_until().map_or(refusal, |until| Refusal::AccountLockout { until })
}

/// Gives the attempt back: the proof was right, or nobody looked at it.
pub async fn give_back(cx: &FlowCx<'_>, user: &UserId, attempt: Attempt) -> Result<(), FlowError> {
    Ok(attempt::give_back(cx.ctx, cx.store, cx.kv, user, attempt).await?)
}

/// Which counts a finished flow forgives.
pub fn proved(facts: &Facts) -> Vec<Method> {
    let method = |it: &crate::facts::Authenticated| match it.authentication {
        Authentication::PrimaryPassword | Authentication::SecondaryPassword => {
            Some(Method::Password)
        }
        Authentication::SecondaryTotp => Some(Method::Totp),
        Authentication::RecoveryCode => Some(Method::RecoveryCode),
        Authentication::PrimaryOobOtpEmail
        | Authentication::PrimaryOobOtpSms
        | Authentication::SecondaryOobOtpEmail
        | Authentication::SecondaryOobOtpSms => Some(Method::OobOtp),
        Authentication::PrimaryPasskey | Authentication::DeviceToken => None,
    };
    facts.authenticated.iter().filter_map(method).collect()
}
