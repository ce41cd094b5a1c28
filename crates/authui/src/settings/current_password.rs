//! Asking for the current password before something that matters.
//!
//! A session may be somebody else's hands on an open browser, so tries are limited and counted
//! exactly as they are at sign-in.

use accounts::password::{self, PasswordCheck};
use domain::{AuthenticatorKind, PasswordAuthenticator};
use limits::lockout::{self, LockState, Method};
use limits::{Charged, Limit, Receipt, Subject, charge, refund};
use stdx::Secret;
use web::Fields;

use super::Owner;
use super::password::hasher_says;
use crate::problem::Problem;
use crate::visit::Visit;
use crate::wrong::Wrong;

const FIELD: &str = "old_password";

/// The password that is there, if the person knows it.
pub async fn check(
    visit: &Visit,
    owner: &Owner,
    fields: &Fields,
) -> Result<Result<PasswordAuthenticator, Wrong>, Problem> {
    let Some(typed) = fields.get(FIELD) else {
        let key = "v2.error.old-password-required";
        return Ok(Err(Wrong::at(FIELD, "ValidationFailed", key)));
    };
    let receipt = match admit(visit, owner).await? {
        Ok(receipt) => receipt,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let (ctx, platform) = (&visit.ctx, &visit.platform);
    let typed = Secret::new(typed.to_owned());
    let whose = Some((&owner.session.user_id, AuthenticatorKind::Primary));
    match password::verify(ctx, &platform.store, &platform.hasher, whose, &typed).await {
        Ok(PasswordCheck::Right { authenticator, .. }) => {
            refund(ctx, &platform.kv, receipt).await?;
            Ok(Ok(authenticator))
        }
        Ok(PasswordCheck::Wrong | PasswordCheck::Absent) => {
            count_wrong(visit, owner).await?;
            Ok(Err(Wrong::password(FIELD)))
        }
        Err(error) => Ok(Err(hasher_says(FIELD, error)?)),
    }
}

async fn admit(visit: &Visit, owner: &Owner) -> Result<Result<Receipt, Wrong>, Problem> {
    let (ctx, user) = (&visit.ctx, &owner.session.user_id);
    let slow_down = |reason| Wrong::form(reason, "v2.error.rate-limited");
    let mut tx = visit.platform.store.read(&ctx.app.id).await?;
    let state = lockout::check(ctx, &mut tx, user).await?;
    drop(tx);
    if matches!(state, LockState::Locked { .. }) {
        return Ok(Err(slow_down("AccountLockout")));
    }
    let subject = Subject { user: Some(user), ..Subject::default() };
    let charged = charge(ctx, &visit.platform.kv, Limit::VerifyPassword, subject).await?;
    Ok(match charged {
        Charged::Charged(receipt) => Ok(receipt),
        Charged::Exhausted(_) => Err(slow_down("RateLimited")),
    })
}

async fn count_wrong(visit: &Visit, owner: &Owner) -> Result<(), Problem> {
    let ctx = &visit.ctx;
    let mut tx = visit.platform.store.write(&ctx.app.id).await?;
    lockout::count(ctx, &mut tx, &owner.session.user_id, Method::Password).await?;
    owner.recorder(visit).wrong_password(&mut tx).await?;
    Ok(tx.commit().await?)
}
