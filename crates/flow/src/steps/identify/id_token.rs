//! A token of ours says who somebody is. It proves nothing more than that.

use appconfig::flow::{FlowKind, FlowStep};
use domain::UserId;

use super::super::{Taken, kind_of_step, text};
use super::{Chosen, known};
use crate::engine::Input;
use crate::facts::{Identified, IdentityFact};
use crate::refusal::{IdentityDetails, Refusal};
use crate::state::FlowState;
use crate::{FlowCx, FlowError};

/// What access tokens say they are (RFC 9068 §2.1): those are for APIs, not for this.
const ACCESS_TOKEN_TYPE: &str = "at+jwt";

pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    at: Chosen,
    input: &Input,
) -> Result<Taken, FlowError> {
    let Ok(token) = cx.ctx.app.keys.verify(text(input, "id_token")) else {
        return Ok(Taken::Refused(Refusal::InvalidIdToken));
    };
    let subject = token.claims.get("sub").and_then(serde_json::Value::as_str);
    let is_access_token =
        token.header.typ.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(ACCESS_TOKEN_TYPE));
    let Some(subject) = subject.filter(|_| !is_access_token) else {
        return Ok(Taken::Refused(Refusal::InvalidIdToken));
    };
    let user = UserId::new(subject);
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
