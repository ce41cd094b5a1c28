//! Account lockout: after too many wrong proofs, no proof is looked at for a while.
//!
//! Attempts are counted for each address and in sum; the project says which of the two locks. A
//! lock does not grow while it holds: what is tried meanwhile is not counted.

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

/// Asks whether a proof may be looked at. A reader will do.
pub async fn check(ctx: &Ctx, tx: &mut Tx, user: &UserId) -> Result<LockState> {
    let config = &ctx.app.config.authentication.lockout;
    if !config.is_enabled() {
        return Ok(LockState::Open);
    }
    let rows = tx.lockouts().list(user, ctx.now).await?;
    Ok(state(ctx, config, &rows))
}

/// Counts a wrong proof, and says whether the account is locked now.
///
/// The write must be committed, although the answer is a refusal.
pub async fn count(ctx: &Ctx, tx: &mut Tx, user: &UserId, method: Method) -> Result<LockState> {
    let config = &ctx.app.config.authentication.lockout;
    if !config.is_enabled() || !counts(config, method) {
        return Ok(LockState::Open);
    }
    tx.lock(&lock_name(user)).await?;
    let rows = tx.lockouts().list(user, ctx.now).await?;
    if let locked @ LockState::Locked { .. } = state(ctx, config, &rows) {
        return Ok(locked);
    }
    let expires_at = ctx.now.plus_seconds(seconds(config.history_duration.as_ref()));
    let mut state = LockState::Open;
    for contributor in [EVERYBODY, ctx.caller.ip.as_str()] {
        let attempts = attempts(&rows, contributor, ctx.now) + 1;
        let mut locked_until = None;
        if contributor == locking(ctx, config) && attempts >= config.max_attempts {
            let until = ctx.now.plus_seconds(lock_seconds(config, attempts));
            locked_until = Some(until);
            state = LockState::Locked { until };
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
    Ok(state)
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
