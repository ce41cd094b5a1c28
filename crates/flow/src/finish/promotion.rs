//! The end of being anonymous: the account stays what it was, but for what it is known by.

use accounts::{attributes, identity, models};
use domain::{Identity, IdentityId, UserId};
use events::{Event, UserModel, record as record_event};
use store::Tx;

use super::account;
use crate::refusal::Refusal;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, record, stopped};

/// Gives an anonymous person what they said they are, in place of being nobody. After a refusal
/// the transaction must not be committed.
pub async fn write(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    user: &UserId,
    state: &FlowState,
) -> Result<Option<Refusal>, FlowError> {
    // Of two flows about the same person, one gets here first.
    tx.lock(&format!("promote {user}")).await?;
    let Some(anonymous) = find(tx, user, state).await? else {
        return Ok(Some(Refusal::InvalidCredentials));
    };
    let before = models::load_user_model(cx.ctx, tx, user).await.map_err(stopped)?;
    let refusal = account::update(cx, tx, user, state).await?;
    if refusal.is_some() {
        return Ok(refusal);
    }
    identity::detach(cx.ctx, tx, &anonymous).await.map_err(stopped)?;
    learn(cx, tx, user, state).await?;
    promoted(cx, tx, before, state).await?;
    Ok(None)
}

/// What the person is still anonymous by.
async fn find(
    tx: &mut Tx,
    user: &UserId,
    state: &FlowState,
) -> Result<Option<Identity>, FlowError> {
    let Some(id) = &state.facts.anonymous_identity_id else { return Ok(None) };
    let found = tx.identities().find(&IdentityId::new(id.clone())).await?;
    Ok(found.filter(|it| matches!(it, Identity::Anonymous(_)) && it.user_id() == user))
}

/// Keeps what providers and directories say of the person.
async fn learn(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    user: &UserId,
    state: &FlowState,
) -> Result<(), FlowError> {
    let told: Vec<_> =
        state.facts.identified.iter().filter_map(|it| it.identity.to_new()).collect();
    let told = told.iter().filter_map(identity::NewIdentity::profile);
    attributes::learn(cx.ctx, tx, user, told).await.map_err(stopped)
}

async fn promoted(
    cx: &FlowCx<'_>,
    tx: &mut Tx,
    anonymous: UserModel,
    state: &FlowState,
) -> Result<(), FlowError> {
    let user = models::load_user_model(cx.ctx, tx, &anonymous.id).await.map_err(stopped)?;
    let identities = tx.identities().list(&user.id).await?;
    let identities = identities.iter().map(|it| models::identity_model(cx.ctx, it)).collect();
    let event = Event::UserAnonymousPromoted { anonymous, user, identities };
    Ok(record_event(cx.ctx, tx, &record::source(cx, &state.setting), event).await?)
}
