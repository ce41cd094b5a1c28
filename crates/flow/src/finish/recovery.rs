//! A lost password is replaced. Nobody is signed in by that.

use accounts::authenticator::{self, NewAuthenticator};
use accounts::password::{self, NewPassword};
use domain::{AuthenticatorKind, UserId};

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
    tx.commit().await?;
    Ok(Written::Done(Done {
        user_id: user,
        amr: Vec::new(),
        authenticated_at: cx.ctx.now,
        session: None,
        cookie: None,
        device_token: None,
        ended: Vec::new(),
    }))
}
