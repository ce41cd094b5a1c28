//! What is written down of a change, in the transaction that makes it.

use accounts::models::{identity_model, load_user_model};
use domain::{Identity, LoginId};
use events::{Event, record};
use limits::Exhausted;
use store::Tx;

use crate::{UpkeepCx, UpkeepError};

/// Writes down that the person has another identity.
pub(crate) async fn attached(
    cx: &UpkeepCx<'_>,
    tx: &mut Tx,
    identity: &Identity,
) -> Result<(), UpkeepError> {
    let user = load_user_model(cx.ctx, tx, identity.user_id()).await?;
    let model = identity_model(cx.ctx, identity);
    let event = match identity {
        Identity::LoginId(it) => Event::LoginIdAdded { user, r#type: it.r#type, identity: model },
        Identity::OAuth(_) => Event::OAuthConnected { user, identity: model },
        // Nobody is told of the others one by one.
        Identity::Ldap(_)
        | Identity::Anonymous(_)
        | Identity::Passkey(_)
        | Identity::Biometric(_) => return Ok(()),
    };
    Ok(record(cx.ctx, tx, cx.source, event).await?)
}

/// Writes down that the person no longer has an identity.
pub(crate) async fn detached(
    cx: &UpkeepCx<'_>,
    tx: &mut Tx,
    identity: &Identity,
) -> Result<(), UpkeepError> {
    let user = load_user_model(cx.ctx, tx, identity.user_id()).await?;
    let model = identity_model(cx.ctx, identity);
    let event = match identity {
        Identity::LoginId(it) => Event::LoginIdRemoved { user, r#type: it.r#type, identity: model },
        Identity::OAuth(_) => Event::OAuthDisconnected { user, identity: model },
        // Nobody is told of the others one by one.
        Identity::Ldap(_)
        | Identity::Anonymous(_)
        | Identity::Passkey(_)
        | Identity::Biometric(_) => return Ok(()),
    };
    Ok(record(cx.ctx, tx, cx.source, event).await?)
}

/// Writes down that a login ID has another value.
pub(crate) async fn updated(
    cx: &UpkeepCx<'_>,
    tx: &mut Tx,
    (old, new): (&LoginId, &LoginId),
) -> Result<(), UpkeepError> {
    let user = load_user_model(cx.ctx, tx, &new.base.user_id).await?;
    let model = |it: &LoginId| identity_model(cx.ctx, &Identity::LoginId(it.clone()));
    let (r#type, old, new) = (new.r#type, model(old), model(new));
    Ok(record(cx.ctx, tx, cx.source, Event::LoginIdUpdated { user, r#type, old, new }).await?)
}

/// Writes down that the person proved that a login ID is theirs.
pub(crate) async fn verified(
    cx: &UpkeepCx<'_>,
    tx: &mut Tx,
    login_id: &LoginId,
) -> Result<(), UpkeepError> {
    let user = load_user_model(cx.ctx, tx, &login_id.base.user_id).await?;
    let identity = identity_model(cx.ctx, &Identity::LoginId(login_id.clone()));
    let event = Event::LoginIdVerified { user, r#type: login_id.r#type, identity };
    Ok(record(cx.ctx, tx, cx.source, event).await?)
}

/// Writes down, at once, that a limit turned the person away. Limits that are only ours are
/// nobody's event.
pub(crate) async fn limit_exhausted(
    cx: &UpkeepCx<'_>,
    exhausted: &Exhausted,
) -> Result<(), UpkeepError> {
    let (name, group) = (exhausted.limit.name(exhausted.scope), exhausted.limit.group());
    if group.is_empty() {
        return Ok(());
    }
    let mut tx = cx.store.write(&cx.ctx.app.id).await?;
    let event = Event::RateLimitBlocked { name, group: group.to_owned() };
    record(cx.ctx, &mut tx, cx.source, event).await?;
    Ok(tx.commit().await?)
}
