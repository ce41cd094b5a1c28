//! Rate limit buckets: the generic cell rate algorithm, in milliseconds.
//!
//! The value of a bucket is the theoretical arrival time: the instant at which it would be full
//! again. The numbers are upstream's, so that a limit means the same.

use stdx::Timestamp;

/// `burst` operations at once; the bucket is full again after `period_millis`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub period_millis: i64,
    pub burst: i64,
}

/// What a bucket said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// There was enough. The next may come at this instant.
    Charged { next_at: Timestamp },
    /// Nothing was taken. There will be enough at this instant.
    Exhausted { retry_at: Timestamp },
}

impl Rate {
    pub const fn per_seconds(period_seconds: i64, burst: i64) -> Self {
        Self { period_millis: period_seconds * 1_000, burst }
    }

    /// Milliseconds that one operation costs.
    pub(crate) fn interval(self) -> i64 {
        (self.period_millis / self.burst.max(1)).max(1)
    }
}

/// The next value of a bucket, unless nothing changes, and the answer.
pub(crate) fn charge(
    full_at: Option<i64>,
    rate: Rate,
    weight: f64,
    now_millis: i64,
) -> (Option<i64>, Charge) {
    let interval = rate.interval();
    let cost = cost(interval, weight);
    let next_full_at = full_at.unwrap_or(now_millis).max(now_millis).saturating_add(cost);
    let allowed_at = next_full_at.saturating_sub(interval.saturating_mul(rate.burst.max(1)));
    if now_millis < allowed_at {
        return (None, Charge::Exhausted { retry_at: from_millis(allowed_at) });
    }
    let next_at = allowed_at.saturating_add(self::cost(interval, weight.max(1.0)));
    (Some(next_full_at), Charge::Charged { next_at: from_millis(next_at) })
}

/// Rounded up, so that a fraction of an operation is never free.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "an interval is far below 2^53 milliseconds, and the cast saturates"
)]
pub(crate) fn cost(interval: i64, weight: f64) -> i64 {
    (interval as f64 * weight).ceil() as i64
}

pub(crate) fn to_millis(at: Timestamp) -> i64 {
    at.0.div_euclid(1_000)
}

pub(crate) fn from_millis(millis: i64) -> Timestamp {
    Timestamp(millis.saturating_mul(1_000))
}
