//! Account lockout: after too many wrong proofs, no proof is looked at for a while.
//!
//! Attempts are counted for each address and in sum; the project says which of the two locks. A
//! lock does not grow while it holds: what is tried meanwhile is not counted.
//!
//! An attempt is counted before anybody looks at the proof, and given back if it was right: of
//! any number of guesses at the same time, no more are looked at than the project allows.

#[cfg(test)]
mod tests;

use appconfig::DurationString;
use appconfig::authentication::{Lockout as Config, LockoutType};
use ctx::Ctx;
use domain::{Lockout, UserId};
use stdx::Timestamp;
use store::{Result, Tx};

/// What was proved wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Password,
    Totp,
    OobOtp,
    RecoveryCode,
}

/// Whether proofs are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockState {
    Open,
    Locked { until: Timestamp },
}

/// What became of asking to have a proof looked at.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    Attempt(Attempt),
    Locked { until: Timestamp },
}

/// An attempt that was counted.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a proof that was right gives its attempt back"]
pub struct Attempt {
    /// The lock that holds from now on unless it is given back: this was the last one allowed.
    pub locked_until: Option<Timestamp>,
}

/// The locks of an account, for administrators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locks {
    /// When the whole account is locked.
    pub account_until: Option<Timestamp>,
    /// Addresses that are locked out, the longest lock first.
    pub addresses: Vec<(String, Timestamp)>,
}

/// The row that counts for everybody.
const EVERYBODY: &str = "";

/// Asks whether a proof may be looked at, without taking an attempt. A reader will do.
pub async fn check(ctx: &Ctx, tx: &mut Tx, user: &UserId) -> Result<LockState> {
    let config = &ctx.app.config.authentication.lockout;
    if !config.is_enabled() {
        return Ok(LockState::Open);
    }
    let rows = tx.lockouts().list(user, ctx.now).await?;
    Ok(state(ctx, config, &rows))
}

/// Whether proofs of this kind are counted, so that an attempt has to be taken for them.
pub fn is_counted(ctx: &Ctx, method: Method) -> bool {
    let config = &ctx.app.config.authentication.lockout;
    config.is_enabled() && counts(config, method)
}

/// Counts a proof that is about to be looked at, as if it were wrong.
///
/// It must be committed before anybody looks; hand the attempt to [`give_back`] once the proof
/// was right, or nobody has looked at it.
pub async fn take(ctx: &Ctx, tx: &mut Tx, user: &UserId) -> Result<Taken> {
    let config = &ctx.app.config.authentication.lockout;
    tx.lock(&lock_name(user)).await?;
    let rows = tx.lockouts().list(user, ctx.now).await?;
    if let LockState::Locked { until } = state(ctx, config, &rows) {
        return Ok(Taken::Locked { until });
    }
    let expires_at = ctx.now.plus_seconds(seconds(config.history_duration.as_ref()));
    let mut attempt = Attempt { locked_until: None };
    for contributor in [EVERYBODY, ctx.caller.ip.as_str()] {
        let attempts = attempts(&rows, contributor, ctx.now) + 1;
        let mut locked_until = None;
        if contributor == locking(ctx, config) && attempts >= config.max_attempts {
            locked_until = Some(ctx.now.plus_seconds(lock_seconds(config, attempts)));
            attempt.locked_until = locked_until;
        }
        let row = Lockout {
            user_id: user.clone(),
            contributor: contributor.to_owned(),
            attempts,
            locked_until,
            expires_at,
        };
        tx.lockouts().put(&row).await?;
    }
    Ok(Taken::Attempt(attempt))
}

/// Undoes [`take`], the lock that it caused included.
pub async fn give_back(ctx: &Ctx, tx: &mut Tx, user: &UserId, attempt: Attempt) -> Result<()> {
    tx.lock(&lock_name(user)).await?;
    let rows = tx.lockouts().list(user, ctx.now).await?;
    // Forgiven meanwhile, by a proof from the same address: it is no longer in the sum either.
    if attempts(&rows, &ctx.caller.ip, ctx.now) == 0 {
        return Ok(());
    }
    for mut row in rows {
        if row.contributor != ctx.caller.ip && row.contributor != EVERYBODY {
            continue;
        }
        row.attempts = (row.attempts - 1).max(0);
        // Nobody is counted while a lock holds, so no other attempt has a part in it.
        if row.contributor == locking(ctx, &ctx.app.config.authentication.lockout)
            && row.locked_until == attempt.locked_until
        {
            row.locked_until = None;
        }
        tx.lockouts().put(&row).await?;
    }
    Ok(())
}

/// Forgives the attempts from this address, because everything that it takes was proved.
pub async fn forgive(ctx: &Ctx, tx: &mut Tx, user: &UserId, methods: &[Method]) -> Result<()> {
    let config = &ctx.app.config.authentication.lockout;
    if !config.is_enabled() || !methods.iter().any(|method| counts(config, *method)) {
        return Ok(());
    }
    tx.lock(&lock_name(user)).await?;
    let rows = tx.lockouts().list(user, ctx.now).await?;
    let forgiven = attempts(&rows, &ctx.caller.ip, ctx.now);
    if forgiven == 0 {
        return Ok(());
    }
    for mut row in rows {
        if row.contributor == ctx.caller.ip {
            row.attempts = 0;
        } else if row.contributor == EVERYBODY {
            row.attempts = (row.attempts - forgiven).max(0);
        } else {
            continue;
        }
        tx.lockouts().put(&row).await?;
    }
    Ok(())
}

/// Forgets everything about an account: an administrator vouches for it.
pub async fn reset(tx: &mut Tx, user: &UserId) -> Result<()> {
    tx.lockouts().delete_all(user).await
}

/// Who is locked out, for administrators.
pub async fn locks(ctx: &Ctx, tx: &mut Tx, user: &UserId) -> Result<Locks> {
    let rows = tx.lockouts().list(user, ctx.now).await?;
    let mut locks = Locks::default();
    for row in rows {
        let Some(until) = row.locked_until.filter(|until| ctx.now < *until) else { continue };
        if row.contributor == EVERYBODY {
            locks.account_until = Some(until);
        } else {
            locks.addresses.push((row.contributor, until));
        }
    }
    locks.addresses.sort_by_key(|(_, until)| std::cmp::Reverse(*until));
    Ok(locks)
}

fn lock_name(user: &UserId) -> String {
    format!("lockout {user}")
}

/// Whose attempts lock: everybody's or those of the caller's address.
fn locking<'a>(ctx: &'a Ctx, config: &Config) -> &'a str {
    match config.lockout_type.unwrap_or_default() {
        LockoutType::PerUser => EVERYBODY,
        LockoutType::PerUserPerIp => &ctx.caller.ip,
    }
}

fn state(ctx: &Ctx, config: &Config, rows: &[Lockout]) -> LockState {
    let contributor = locking(ctx, config);
    let row = rows.iter().find(|row| row.contributor == contributor);
    match row.and_then(|row| row.locked_until).filter(|until| ctx.now < *until) {
        Some(until) => LockState::Locked { until },
        None => LockState::Open,
    }
}

/// Attempts that still count. All rows of an account end together, when the last was written.
fn attempts(rows: &[Lockout], contributor: &str, now: Timestamp) -> i64 {
    let is_remembered = rows.iter().any(|row| now < row.expires_at);
    let row = rows.iter().find(|row| row.contributor == contributor);
    row.filter(|_| is_remembered).map_or(0, |row| row.attempts)
}

fn counts(config: &Config, method: Method) -> bool {
    match method {
        Method::Password => config.password.enabled,
        Method::Totp => config.totp.enabled,
        Method::OobOtp => config.oob_otp.enabled,
        Method::RecoveryCode => config.recovery_code.enabled,
    }
}

/// `minimum × factor ^ (attempts − allowed)`, at most the maximum.
#[expect(clippy::cast_precision_loss, reason = "durations are far below 2^53 seconds")]
#[expect(clippy::cast_possible_truncation, reason = "held to the maximum before the cast")]
fn lock_seconds(config: &Config, attempts: i64) -> i64 {
    let minimum = seconds(config.minimum_duration.as_ref()) as f64;
    let maximum = seconds(config.maximum_duration.as_ref()) as f64;
    let exponent = i32::try_from(attempts - config.max_attempts).unwrap_or(i32::MAX);
    let factor = config.backoff_factor.unwrap_or(1.0);
    (minimum * factor.powi(exponent)).min(maximum) as i64
}

fn seconds(duration: Option<&DurationString>) -> i64 {
    duration.map_or(0, DurationString::as_seconds)
}
