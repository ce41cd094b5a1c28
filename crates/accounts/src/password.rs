//! Passwords: checking one, and choosing another.
//!
//! Hashing takes long, so it happens with no transaction open. What was read before is checked
//! again when it is written: a password is replaced only while its hash is the one that was seen.

#[cfg(test)]
mod tests;

use appconfig::authenticator::PasswordPolicy;
use ctx::Ctx;
use domain::{AuthenticatorKind, PasswordAuthenticator, PasswordHistoryEntry, UserId};
use stdx::{Secret, Timestamp};
use store::{Store, Tx};

use crate::policy::{self, Rule};
use crate::{AccountError, Hasher, HasherError, Verdict, authenticator};

/// What a password that was typed turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum PasswordCheck {
    Right {
        authenticator: PasswordAuthenticator,
        must_change: Option<MustChange>,
    },
    Wrong,
    /// The person has none, or there is no such person. It took as long as [`Self::Wrong`].
    Absent,
}

/// Why a right password must be replaced before the person may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MustChange {
    /// It no longer meets the policy.
    Policy,
    /// It is too old, or was given out as a temporary one.
    Expired,
}

/// A password that may be written. [`prepare`] makes one, and a flow may keep it meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPassword {
    hash: Secret<String>,
    expire_after: Option<Timestamp>,
}

impl NewPassword {
    /// The hash, for whoever must keep it for a while before the account can be written.
    pub fn into_kept(self) -> String {
        self.hash.reveal().clone()
    }

    /// Back from [`NewPassword::into_kept`].
    pub fn from_kept(hash: String) -> Self {
        Self { hash: Secret::new(hash), expire_after: None }
    }

    /// A hash that somebody else made; `None` when it is of no format that we could verify.
    pub fn imported(hash: Secret<String>, expire_after: Option<Timestamp>) -> Option<Self> {
        crate::hasher::is_bcrypt(hash.reveal()).then_some(Self { hash, expire_after })
    }
}

/// What became of a password that somebody would like to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prepared {
    Ready(NewPassword),
    Refused(Vec<Rule>),
}

/// Checks what `user` typed. `None`, for an unknown person, takes as long as anybody.
///
/// Writes a new hash when the old one is of a format or cost that is no longer written.
pub async fn verify(
    ctx: &Ctx,
    store: &Store,
    hasher: &Hasher,
    user: Option<(&UserId, AuthenticatorKind)>,
    password: &Secret<String>,
) -> Result<PasswordCheck, AccountError> {
    let found = match user {
        Some((user, kind)) => {
            store.read(&ctx.app.id).await?.authenticators().find_password(user, kind).await?
        }
        None => None,
    };
    let Some(mut authenticator) = found else {
        hasher.verify_nobody(password).await?;
        return Ok(PasswordCheck::Absent);
    };
    match hasher.verify(password, &authenticator.password_hash).await? {
        Verdict::Wrong => return Ok(PasswordCheck::Wrong),
        Verdict::Right { needs_rehash: false } => {}
        Verdict::Right { needs_rehash: true } => {
            rehash(ctx, store, hasher, &mut authenticator, password).await?;
        }
    }
    let must_change = must_change(ctx, hasher, &authenticator, password).await?;
    Ok(PasswordCheck::Right { authenticator, must_change })
}

/// Judges a password that somebody would like to have, and hashes it.
///
/// `user` is whose earlier passwords it must not repeat; a new account has none.
pub async fn prepare(
    ctx: &Ctx,
    store: &Store,
    hasher: &Hasher,
    user: Option<&UserId>,
    password: &Secret<String>,
) -> Result<Prepared, AccountError> {
    let policy = &ctx.app.config.authenticator.password.policy;
    let mut broken = judge(ctx, hasher, password).await?;
    if let Some(user) = user
        && policy.keeps_history()
    {
        let (since, at_least) = remembered(policy, ctx.now);
        let mut tx = store.read(&ctx.app.id).await?;
        let earlier = tx.authenticators().list_password_history(user, since, at_least).await?;
        drop(tx);
        let earlier = earlier.into_iter().map(|it| it.password_hash).collect();
        if hasher.is_any(password, earlier).await? {
            broken.push(Rule::NotReused { size: policy.history_size, days: policy.history_days });
        }
    }
    if !broken.is_empty() {
        return Ok(Prepared::Refused(broken));
    }
    let hash = hasher.hash(&ctx.rng, password).await?;
    Ok(Prepared::Ready(NewPassword { hash, expire_after: None }))
}

/// Gives a person their first password of this kind.
pub async fn add(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    kind: AuthenticatorKind,
    password: NewPassword,
) -> Result<PasswordAuthenticator, AccountError> {
    let authenticator = PasswordAuthenticator {
        base: authenticator::base(ctx, user, kind),
        password_hash: password.hash,
        expire_after: password.expire_after,
    };
    tx.authenticators().insert_password(&authenticator).await?;
    remember(ctx, tx, user, &authenticator.password_hash).await?;
    Ok(authenticator)
}

/// Replaces a password, which is no longer a temporary one then.
///
/// Returns false, having changed nothing, when it was replaced by somebody else since it was read.
pub async fn replace(
    ctx: &Ctx,
    tx: &mut Tx,
    current: &PasswordAuthenticator,
    next: NewPassword,
) -> Result<bool, AccountError> {
    let mut authenticators = tx.authenticators();
    let replaced = authenticators
        .replace_password(&current.base.id, &current.password_hash, &next.hash, None, ctx.now)
        .await?;
    if replaced {
        remember(ctx, tx, &current.base.user_id, &next.hash).await?;
    }
    Ok(replaced)
}

async fn rehash(
    ctx: &Ctx,
    store: &Store,
    hasher: &Hasher,
    authenticator: &mut PasswordAuthenticator,
    password: &Secret<String>,
) -> Result<(), AccountError> {
    let hash = match hasher.hash(&ctx.rng, password).await {
        Ok(hash) => hash,
        // The password is right; a better hash can wait for a quieter moment.
        Err(HasherError::Busy | HasherError::TooLong) => return Ok(()),
        Err(error @ HasherError::Failed) => return Err(error.into()),
    };
    let PasswordAuthenticator { base, password_hash, expire_after } = authenticator;
    let mut tx = store.write(&ctx.app.id).await?;
    // Not an update of the password: its age stays.
    let replaced = tx
        .authenticators()
        .replace_password(&base.id, password_hash, &hash, *expire_after, base.updated_at)
        .await?;
    tx.commit().await?;
    if replaced {
        *password_hash = hash;
    }
    Ok(())
}

async fn must_change(
    ctx: &Ctx,
    hasher: &Hasher,
    authenticator: &PasswordAuthenticator,
    password: &Secret<String>,
) -> Result<Option<MustChange>, AccountError> {
    let config = &ctx.app.config.authenticator.password;
    let is_temporary = authenticator.expire_after.is_some_and(|at| at < ctx.now);
    let age = ctx.now.seconds_since(authenticator.base.updated_at);
    let age_max = config.expiry.force_change.age_max().map(|it| it.as_secs());
    let is_too_old =
        age_max.is_some_and(|age_max| age >= i64::try_from(age_max).unwrap_or(i64::MAX));
    if is_temporary || is_too_old {
        return Ok(Some(MustChange::Expired));
    }
    let is_too_weak = config.force_change && !judge(ctx, hasher, password).await?.is_empty();
    Ok(is_too_weak.then_some(MustChange::Policy))
}

/// The rules that a password breaks. Guessing at it can take as long as hashing it.
async fn judge(
    ctx: &Ctx,
    hasher: &Hasher,
    password: &Secret<String>,
) -> Result<Vec<Rule>, AccountError> {
    let (app, password) = (ctx.app.clone(), password.clone());
    let judge = move || {
        let policy = &app.config.authenticator.password.policy;
        policy::broken_rules(policy, password.reveal())
    };
    if ctx.app.config.authenticator.password.policy.minimum_guessable_level > 0 {
        return Ok(hasher.run(judge).await?);
    }
    Ok(judge())
}

async fn remember(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    hash: &Secret<String>,
) -> Result<(), AccountError> {
    let policy = &ctx.app.config.authenticator.password.policy;
    if !policy.keeps_history() {
        return Ok(());
    }
    let entry = PasswordHistoryEntry {
        id: ctx.rng.uuid(),
        user_id: user.clone(),
        created_at: ctx.now,
        password_hash: hash.clone(),
    };
    tx.authenticators().insert_password_history(&entry).await?;
    let (since, at_least) = remembered(policy, ctx.now);
    tx.authenticators().prune_password_history(user, since, at_least).await?;
    Ok(())
}

/// Since when, and at least how many, earlier passwords count.
fn remembered(policy: &PasswordPolicy, now: Timestamp) -> (Timestamp, i64) {
    const DAY: i64 = 86_400;
    let since = match policy.history_days {
        days if days > 0 => now.plus_seconds(-DAY.saturating_mul(days)),
        _ => now.plus_seconds(1),
    };
    (since, policy.history_size.max(0))
}
