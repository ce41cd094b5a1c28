//! A token of ours says who somebody is. It proves nothing more than that.

use appconfig::flow::{FlowKind, FlowStep};
use sessions::KnownIdToken;

use super::super::{Taken, kind_of_step, text};
use super::{Chosen, known};
use crate::engine::Input;
use crate::facts::{Identified, IdentityFact};
use crate::refusal::{IdentityDetails, Refusal};
use crate::state::FlowState;
use crate::{FlowCx, FlowError};

pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    at: Chosen,
    input: &Input,
) -> Result<Taken, FlowError> {
    let Some(token) = KnownIdToken::read(cx.ctx, text(input, "id_token")) else {
        return Ok(Taken::Refused(Refusal::InvalidIdToken));
    };
    let Some(user) = token.user(cx.sessions, cx.ctx).await? else {
        return Ok(Taken::Refused(Refusal::InvalidIdToken));
    };
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    if tx.users().find(&user).await?.is_none() {
        return Ok(Taken::Refused(Refusal::UserNotFound(IdentityDetails::new(None, None))));
    }
    drop(tx);
    if kind_of_step(state) == FlowKind::SignupLogin {
        return Ok(at.switch(step, true));
    }
    let identity = IdentityFact::Known { display: String::new() };
    let id_token = Some(text(input, "id_token").to_owned());
    let identified = Identified { id_token, ..at.identified(step, identity, None) };
    Ok(known::found(state, identified, &user, at.branch))
}
