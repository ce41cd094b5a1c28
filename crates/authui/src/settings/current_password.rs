//! Asking for the current password before something that matters.
//!
//! A session may be somebody else's hands on an open browser, so tries are limited and counted
//! exactly as they are at sign-in.

use accounts::password::{self, PasswordCheck};
use domain::{AuthenticatorKind, PasswordAuthenticator};
use limits::Limit;
use limits::attempt::{self, Admitted, Attempt};
use limits::lockout::Method;
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
    if !visit.platform.hasher.has_room() {
        return Ok(Err(Wrong::busy()));
    }
    let attempt = match admit(visit, owner).await? {
        Ok(attempt) => attempt,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let (ctx, platform) = (&visit.ctx, &visit.platform);
    let typed = Secret::new(typed.to_owned());
    let whose = Some((&owner.session.user_id, AuthenticatorKind::Primary));
    match password::verify(ctx, &platform.store, &platform.hasher, whose, &typed).await {
        Ok(PasswordCheck::Right { authenticator, .. }) => {
            give_back(visit, owner, attempt).await?;
            Ok(Ok(authenticator))
        }
        Ok(PasswordCheck::Wrong | PasswordCheck::Absent) => {
            note_wrong(visit, owner).await?;
            Ok(Err(Wrong::password(FIELD)))
        }
        Err(error) => {
            // Nobody looked at the password.
            give_back(visit, owner, attempt).await?;
            Ok(Err(hasher_says(FIELD, error)?))
        }
    }
}

async fn admit(visit: &Visit, owner: &Owner) -> Result<Result<Attempt, Wrong>, Problem> {
    let (store, kv) = (&visit.platform.store, &visit.platform.kv);
    let (user, limit) = (&owner.session.user_id, Limit::VerifyPassword);
    let slow_down = |reason| Wrong::form(reason, "v2.error.rate-limited");
    Ok(match attempt::admit(&visit.ctx, store, kv, user, limit, Method::Password).await? {
        Admitted::Attempt(attempt) => Ok(attempt),
        Admitted::Locked { .. } => Err(slow_down("AccountLockout")),
        Admitted::Exhausted(_) => Err(slow_down("RateLimited")),
    })
}

async fn give_back(visit: &Visit, owner: &Owner, attempt: Attempt) -> Result<(), Problem> {
    let (store, kv) = (&visit.platform.store, &visit.platform.kv);
    Ok(attempt::give_back(&visit.ctx, store, kv, &owner.session.user_id, attempt).await?)
}

/// It is counted already; this is for the audit log.
async fn note_wrong(visit: &Visit, owner: &Owner) -> Result<(), Problem> {
    let mut tx = visit.platform.store.write(&visit.ctx.app.id).await?;
    owner.recorder(visit).wrong_password(&mut tx).await?;
    Ok(tx.commit().await?)
}
