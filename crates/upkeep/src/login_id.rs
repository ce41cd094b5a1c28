//! Email addresses, phone numbers and usernames of one's own: adding one, changing one, showing
//! that one is theirs, removing one.
//!
//! Where the project wants a proof (`verification.claims`), nothing is written before the code
//! that went to the new address or number is typed in. Until then the change waits under a token,
//! for one person and one session: whoever is signed out has no change waiting.

mod proof;
mod rules;
#[cfg(test)]
mod tests;

use accounts::account::{Attached, Detached, attach_login_id, change_login_id, detach_login_id};
use accounts::attributes::follow_identities;
use accounts::identity::{NewIdentity, find_conflict};
use accounts::login_id::{CheckedLoginId, InvalidLoginId, Lists, check_new};
use domain::{Identity, IdentityId, LoginId, LoginIdType};
use limits::{Charged, Exhausted, Limit, Receipt, Subject, charge, refund};
use stdx::Secret;
use store::Tx;

use crate::{UpkeepCx, UpkeepError, record};

pub use proof::{Waiting, finish, look, send};
pub use rules::Rules;

/// More of one kind than anybody needs.
const LOGIN_IDS_MAX: usize = 20;

/// What became of a change.
#[derive(Debug)]
pub enum Step {
    Done(Box<LoginId>),
    /// A code went out, or a channel has to be chosen first; the token finds the change again.
    Waiting(Secret<String>),
}

/// Why a login ID stays as it is.
#[derive(Debug)]
pub enum Refusal {
    /// The project does not let people do this.
    NotAllowed,
    /// There is no such login ID of the person's.
    UnknownIdentity,
    Invalid(InvalidLoginId),
    /// Somebody has it.
    Taken {
        incoming: Box<CheckedLoginId>,
        existing: Box<Identity>,
    },
    TooMany,
    /// Nobody could sign in to the account any more.
    Last,
    /// There is nothing left to prove it with that could be asked for first.
    LastAuthenticator,
    RateLimited(Exhausted),
    /// The gateway said no; the reason, if there is a word for it.
    Undelivered(Option<&'static str>),
    /// There is no such change, or not any more.
    UnknownToken,
    /// The change is somebody else's.
    OthersToken,
    UnknownChannel,
    WrongCode,
    /// The code was guessed at too often and is worth nothing now.
    TooManyAttempts,
}

/// What is to be done once nothing stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    Add,
    /// In the place of this one.
    Replace(IdentityId),
    /// This one stays; it is only proved.
    Prove(IdentityId),
}

/// Adds a login ID of a kind, or has it proved first.
pub async fn add(
    cx: &UpkeepCx<'_>,
    kind: LoginIdType,
    typed: &str,
) -> Result<Result<Step, Refusal>, UpkeepError> {
    let rules = Rules::of(&cx.ctx.app.config, kind);
    let Some(key) = rules.new_key else { return Ok(Err(Refusal::NotAllowed)) };
    let checked = match check(cx, key, typed) {
        Ok(checked) => checked,
        Err(invalid) => return Ok(Err(Refusal::Invalid(invalid))),
    };
    decide(cx, &rules, Change::Add, checked).await
}

/// Puts another value in the place of a login ID, or has it proved first.
pub async fn change(
    cx: &UpkeepCx<'_>,
    id: &IdentityId,
    typed: &str,
) -> Result<Result<Step, Refusal>, UpkeepError> {
    let Some(current) = find_own(cx, id).await? else {
        return Ok(Err(Refusal::UnknownIdentity));
    };
    let rules = Rules::of(&cx.ctx.app.config, current.r#type);
    if !rules.may_change(&current.key) {
        return Ok(Err(Refusal::NotAllowed));
    }
    let checked = match check(cx, &current.key, typed) {
        Ok(checked) => checked,
        Err(invalid) => return Ok(Err(Refusal::Invalid(invalid))),
    };
    decide(cx, &rules, Change::Replace(id.clone()), checked).await
}

/// Has the person prove that a login ID which they have is theirs.
pub async fn prove(
    cx: &UpkeepCx<'_>,
    id: &IdentityId,
) -> Result<Result<Step, Refusal>, UpkeepError> {
    let Some(current) = find_own(cx, id).await? else {
        return Ok(Err(Refusal::UnknownIdentity));
    };
    if !Rules::of(&cx.ctx.app.config, current.r#type).can_be_proved {
        return Ok(Err(Refusal::NotAllowed));
    }
    let checked = CheckedLoginId {
        key: current.key,
        r#type: current.r#type,
        login_id: current.login_id,
        original_login_id: current.original_login_id,
        unique_key: current.unique_key,
    };
    proof::begin(cx, Change::Prove(id.clone()), checked).await
}

/// Removes a login ID with everything that hangs on it.
pub async fn remove(
    cx: &UpkeepCx<'_>,
    id: &IdentityId,
) -> Result<Result<LoginId, Refusal>, UpkeepError> {
    let ctx = cx.ctx;
    let mut tx = cx.store.write(&ctx.app.id).await?;
    lock(cx, &mut tx).await?;
    let Some(current) = own(cx, &mut tx, id).await? else {
        return Ok(Err(Refusal::UnknownIdentity));
    };
    if !Rules::of(&ctx.app.config, current.r#type).may_remove(&current.key) {
        return Ok(Err(Refusal::NotAllowed));
    }
    match detach_login_id(ctx, &mut tx, &current).await? {
        Detached::Detached => {}
        Detached::RefusedAsLast => return Ok(Err(Refusal::Last)),
        Detached::RefusedAsLastAuthenticator => return Ok(Err(Refusal::LastAuthenticator)),
    }
    record::detached(cx, &mut tx, &Identity::LoginId(current.clone())).await?;
    tx.commit().await?;
    Ok(Ok(current))
}

/// Writes at once, or asks for a proof where the project wants one and there is none.
async fn decide(
    cx: &UpkeepCx<'_>,
    rules: &Rules<'_>,
    change: Change,
    checked: CheckedLoginId,
) -> Result<Result<Step, Refusal>, UpkeepError> {
    let receipt = match admit(cx).await? {
        Ok(receipt) => receipt,
        Err(exhausted) => return Ok(Err(Refusal::RateLimited(exhausted))),
    };
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let incoming = NewIdentity::LoginId(checked.clone());
    let conflict = find_conflict(cx.ctx, &mut tx, &cx.session.user_id, &incoming).await?;
    let own_id = match &change {
        Change::Replace(id) => Some(id),
        Change::Add | Change::Prove(_) => None,
    };
    if let Some(existing) = conflict.filter(|it| Some(it.id()) != own_id) {
        return Ok(Err(taken(checked, existing)));
    }
    let claims = tx.verified_claims().list(&cx.session.user_id).await?;
    drop(tx);
    refund(cx.ctx, cx.kv, receipt).await?;
    let claim = checked.r#type.claim();
    let is_proved = claims.iter().any(|it| it.name == claim && it.value == checked.login_id);
    if rules.needs_proof && !is_proved {
        return proof::begin(cx, change, checked).await;
    }
    let written = write(cx, &change, checked, None).await?;
    Ok(written.map(|it| Step::Done(Box::new(it))))
}

/// Makes the change, with the channel by which the value was proved if it was.
async fn write(
    cx: &UpkeepCx<'_>,
    change: &Change,
    checked: CheckedLoginId,
    proved_by: Option<&str>,
) -> Result<Result<LoginId, Refusal>, UpkeepError> {
    let mut tx = cx.store.write(&cx.ctx.app.id).await?;
    lock(cx, &mut tx).await?;
    let written = match change {
        Change::Add => write_new(cx, &mut tx, checked).await?,
        Change::Replace(id) => write_other(cx, &mut tx, id, checked).await?,
        Change::Prove(id) => match own(cx, &mut tx, id).await? {
            Some(current) if current.login_id == checked.login_id => Ok(current),
            _ => Err(Refusal::UnknownIdentity),
        },
    };
    let login_id = match written {
        Ok(login_id) => login_id,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(channel) = proved_by {
        proof::note(cx, &mut tx, &login_id, channel).await?;
        if matches!(change, Change::Prove(_)) {
            record::verified(cx, &mut tx, &login_id).await?;
        }
    }
    tx.commit().await?;
    Ok(Ok(login_id))
}

async fn write_new(
    cx: &UpkeepCx<'_>,
    tx: &mut Tx,
    checked: CheckedLoginId,
) -> Result<Result<LoginId, Refusal>, UpkeepError> {
    let (ctx, user) = (cx.ctx, &cx.session.user_id);
    let identities = tx.identities().list(user).await?;
    let of_kind = identities.iter().filter(|it| it.login_id_type() == Some(checked.r#type));
    if of_kind.count() >= LOGIN_IDS_MAX {
        return Ok(Err(Refusal::TooMany));
    }
    match attach_login_id(ctx, tx, user, checked).await? {
        Attached::Attached(new) => {
            follow_identities(ctx, tx, user).await?;
            record::attached(cx, tx, &Identity::LoginId(new.clone())).await?;
            Ok(Ok(new))
        }
        Attached::Refused { existing, incoming } => {
            Ok(Err(taken(incoming, Identity::LoginId(existing))))
        }
    }
}

async fn write_other(
    cx: &UpkeepCx<'_>,
    tx: &mut Tx,
    id: &IdentityId,
    checked: CheckedLoginId,
) -> Result<Result<LoginId, Refusal>, UpkeepError> {
    let Some(current) = own(cx, tx, id).await? else { return Ok(Err(Refusal::UnknownIdentity)) };
    match change_login_id(cx.ctx, tx, &current, checked).await? {
        Attached::Attached(new) => {
            record::updated(cx, tx, (&current, &new)).await?;
            Ok(Ok(new))
        }
        Attached::Refused { existing, incoming } => {
            Ok(Err(taken(incoming, Identity::LoginId(existing))))
        }
    }
}

/// Counts and last ways in are read, decided and written by one at a time.
async fn lock(cx: &UpkeepCx<'_>, tx: &mut Tx) -> Result<(), UpkeepError> {
    Ok(tx.lock(&format!("identities {}", cx.session.user_id.as_str())).await?)
}

fn check(cx: &UpkeepCx<'_>, key: &str, typed: &str) -> Result<CheckedLoginId, InvalidLoginId> {
    let app = &cx.ctx.app;
    check_new(&app.config, &Lists::of(app), key, typed)
}

/// The answer tells whether somebody has this login ID, so asking often is limited.
async fn admit(cx: &UpkeepCx<'_>) -> Result<Result<Receipt, Exhausted>, UpkeepError> {
    match charge(cx.ctx, cx.kv, Limit::EnumerateAccounts, Subject::default()).await? {
        Charged::Charged(receipt) => Ok(Ok(receipt)),
        Charged::Exhausted(exhausted) => {
            record::limit_exhausted(cx, &exhausted).await?;
            Ok(Err(exhausted))
        }
    }
}

async fn find_own(cx: &UpkeepCx<'_>, id: &IdentityId) -> Result<Option<LoginId>, UpkeepError> {
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    own(cx, &mut tx, id).await
}

async fn own(
    cx: &UpkeepCx<'_>,
    tx: &mut Tx,
    id: &IdentityId,
) -> Result<Option<LoginId>, UpkeepError> {
    Ok(match tx.identities().find(id).await? {
        Some(Identity::LoginId(it)) if it.base.user_id == cx.session.user_id => Some(it),
        _ => None,
    })
}

fn taken(incoming: CheckedLoginId, existing: Identity) -> Refusal {
    Refusal::Taken { incoming: Box::new(incoming), existing: Box::new(existing) }
}
