//! Charging a limit, and giving back what was charged for a proof that was right.

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use ctx::Ctx;
use domain::{ClientId, UserId};
use kv::{Charge, Key, Kv, KvError, Rate};
use serde_json::{Value, json};
use stdx::{Timestamp, sha256_hex};

use crate::catalogue::{Limit, Scope};
use crate::numbers::resolve;
use crate::weight::Weighted;

/// Whom a limit counts for, besides the address of the caller. Buckets of the absent are skipped.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    pub user: Option<&'a UserId>,
    /// Where a message goes.
    pub target: Option<&'a str>,
    pub client: Option<&'a ClientId>,
    /// The flow in which a message is asked for.
    pub session: Option<&'a str>,
}

#[derive(Clone, Debug)]
pub enum Charged {
    Charged(Receipt),
    Exhausted(Exhausted),
}

/// What was taken, in case it is to be given back.
#[derive(Clone, Debug, Default)]
#[must_use = "a proof that was right gives back what it was charged"]
pub struct Receipt {
    buckets: Vec<(Key, Rate)>,
    weight: f64,
}

/// Which bucket was empty, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    pub limit: Limit,
    pub scope: Scope,
    pub retry_at: Timestamp,
}

impl Exhausted {
    /// The details of the `RateLimited` error. Clients of older versions read the other names.
    pub fn details(&self) -> Value {
        let bucket = self.limit.bucket(self.scope);
        match self.limit.group() {
            "" => json!({ "bucket_name": bucket }),
            group => json!({
                "bucket_name": bucket,
                "rate_limit": { "name": self.limit.name(self.scope), "group": group },
                "rate_limit_name": group,
            }),
        }
    }
}

/// Takes one from every bucket of a limit, or as much as it weighs; or nothing from any of them.
///
/// To be called before the work. When the limit is for wrong proofs only, hand the receipt to
/// [`refund`] once the proof was right.
pub async fn charge(
    ctx: &Ctx,
    kv: &Kv,
    limit: impl Into<Weighted>,
    subject: Subject<'_>,
) -> Result<Charged, KvError> {
    let Weighted { limit, weight } = limit.into();
    let mut receipt = Receipt { buckets: Vec::new(), weight };
    if ctx.app.features.rate_limits.disabled {
        return Ok(Charged::Charged(receipt));
    }
    for scope in limit.scopes().iter().copied() {
        let Some(rate) = rate(ctx, limit, scope) else { continue };
        let Some(key) = key(ctx, limit, scope, subject) else { continue };
        match kv.charge(&key, rate, weight, ctx.now).await? {
            Charge::Charged { .. } => receipt.buckets.push((key, rate)),
            Charge::Exhausted { retry_at } => {
                refund(ctx, kv, receipt).await?;
                return Ok(Charged::Exhausted(Exhausted { limit, scope, retry_at }));
            }
        }
    }
    Ok(Charged::Charged(receipt))
}

/// Gives back what was charged.
pub async fn refund(ctx: &Ctx, kv: &Kv, receipt: Receipt) -> Result<(), KvError> {
    for (key, rate) in receipt.buckets {
        kv.charge(&key, rate, -receipt.weight, ctx.now).await?;
    }
    Ok(())
}

/// From when on a limit with a cooldown may be charged again; now, if it may be already.
pub async fn cools_down_at(
    ctx: &Ctx,
    kv: &Kv,
    limit: Limit,
    subject: Subject<'_>,
) -> Result<Timestamp, KvError> {
    let mut at = ctx.now;
    if ctx.app.features.rate_limits.disabled {
        return Ok(at);
    }
    for scope in [Scope::Cooldown, Scope::CooldownPerSession] {
        let Some(rate) = rate(ctx, limit, scope) else { continue };
        let Some(key) = key(ctx, limit, scope, subject) else { continue };
        // A charge of nothing says when the next may come.
        let (Charge::Charged { next_at } | Charge::Exhausted { retry_at: next_at }) =
            kv.charge(&key, rate, 0.0, ctx.now).await?;
        at = at.max(next_at);
    }
    Ok(at)
}

fn rate(ctx: &Ctx, limit: Limit, scope: Scope) -> Option<Rate> {
    let limit = resolve(&ctx.app.config, &ctx.app.features, limit, scope);
    let (burst, period) = limit.quota()?;
    let period_millis = i64::try_from(period.as_millis()).unwrap_or(i64::MAX);
    Some(Rate { period_millis, burst })
}

/// The bucket; `None` when there is nobody to count for. Targets are hashed: they are personal.
fn key(ctx: &Ctx, limit: Limit, scope: Scope, subject: Subject<'_>) -> Option<Key> {
    let counted = match scope {
        Scope::PerIp => network(&ctx.caller.ip),
        Scope::PerUser => subject.user?.to_string(),
        Scope::PerUserPerIp => format!("{} {}", subject.user?, network(&ctx.caller.ip)),
        Scope::PerTarget | Scope::Cooldown => sha256_hex(subject.target?),
        Scope::CooldownPerSession => subject.session?.to_owned(),
        Scope::PerClient => subject.client?.to_string(),
        Scope::PerProject => String::new(),
    };
    Some(Key::new(&ctx.app.id, "rate_limit", &format!("{} {counted}", limit.bucket(scope))))
}

/// Who has one IPv6 address has 2^64 of them: the network is what counts.
fn network(ip: &str) -> String {
    match ip.parse() {
        Ok(IpAddr::V6(ip)) if ip.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => ip.to_owned(),
    }
}
