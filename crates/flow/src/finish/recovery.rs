//! A lost password is replaced. Nobody is signed in by that, and whoever was is so no more: the
//! person may have lost it to somebody.

use accounts::account::ProvedClaim;
use accounts::authenticator::{self, NewAuthenticator};
use accounts::password::{self, NewPassword};
use accounts::takeover::take_over;
use domain::{AuthenticatorKind, UserId};
use sessions::end;

use super::{Done, Written};
use crate::refusal::Refusal;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, stopped};

/// Writes the new password. Browsers that were trusted with the old one are trusted no more.
pub async fn write(cx: &FlowCx<'_>, state: &FlowState) -> Result<Written, FlowError> {
    let recovery = state.facts.recovery.as_ref().filter(|it| it.is_verified);
    let known = recovery.and_then(|it| Some((it.user_id.as_deref()?, it.hash.as_deref()?)));
    let Some((user, hash)) = known else {
        return Ok(Written::Refused(Refusal::InvalidRecoveryCode));
    };
    let user = UserId::new(user);
    let kind = AuthenticatorKind::Primary;
    let next = NewPassword::from_kept(hash.to_owned());
    let mut tx = cx.store.write(&cx.ctx.app.id).await?;
    if tx.users().find(&user).await?.is_none() {
        return Ok(Written::Refused(Refusal::InvalidRecoveryCode));
    }
    if let Some(current) = tx.authenticators().find_password(&user, kind).await? {
        password::replace(cx.ctx, &mut tx, &current, next).await.map_err(stopped)?;
    } else {
        let new = NewAuthenticator::Password { kind, password: next };
        authenticator::enrol(cx.ctx, &mut tx, &user, new).await.map_err(stopped)?;
    }
    tx.device_tokens().delete_all(&user).await?;
    if let Some(destination) = recovery.and_then(|it| it.destination.as_ref()) {
        let proved = ProvedClaim {
            name: destination.target.claim().to_owned(),
            value: destination.target.as_str().to_owned(),
            channel: Some(destination.channel.clone()),
        };
        take_over(cx.ctx, &mut tx, &user, &proved).await.map_err(stopped)?;
    }
    let ended = end::all_of(cx.ctx, &mut tx, &user, None).await?;
    tx.commit().await?;
    Ok(Written::Done(Done {
        user_id: user,
        amr: Vec::new(),
        authenticated_at: cx.ctx.now,
        session: None,
        cookie: None,
        device_token: None,
        ended,
    }))
}
