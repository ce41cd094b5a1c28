//! Going on as whoever is signed in to this browser already.
//!
//! The account is offered when the flow begins, and the session must still be its own when it is
//! chosen (`docs/specs/custom-ui-select-account.md` of upstream).

use appconfig::flow::{FlowKind, FlowStep, Identification};
use domain::UserId;
use sessions::{Session, SessionRef};

use super::super::{Taken, kind_of_step};
use super::{Chosen, known};
use crate::facts::{ContinuedFact, IdentityFact};
use crate::refusal::Refusal;
use crate::state::{FlowState, OfferedAccount};
use crate::{FlowCx, FlowError};

/// What a grant must be good for to stand for the browser.
const PRE_AUTHENTICATED_URL: &str = "https://authgear.com/scopes/pre-authenticated-url";

/// Works out which account is offered, once for a flow.
pub async fn compute(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
) -> Result<(), FlowError> {
    let is_declared =
        step.one_of.iter().any(|it| it.identification == Some(Identification::SelectAccount));
    if state.is_account_computed || !is_declared {
        return Ok(());
    }
    state.is_account_computed = true;
    let setting = &state.setting;
    let must_sign_in = setting.prompt.iter().any(|it| it == "login");
    let Some(session) = eligible(cx).filter(|_| !must_sign_in) else { return Ok(()) };
    if setting.suppresses_idp_session_cookie {
        return Ok(());
    }
    state.offered_account = Some(OfferedAccount {
        user_id: session.user_id.as_str().to_owned(),
        display_name: display_name(cx, &session.user_id).await?,
    });
    Ok(())
}

fn eligible<'a>(cx: &FlowCx<'a>) -> Option<&'a Session> {
    cx.browser.session.filter(|session| {
        matches!(session.session, SessionRef::Idp(_)) || session.allows(PRE_AUTHENTICATED_URL)
    })
}

/// What the person recognises the account by: their primary address, number or name.
async fn display_name(cx: &FlowCx<'_>, user: &UserId) -> Result<String, FlowError> {
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let identities = tx.identities().list(user).await?;
    let mut named = identities.iter().map(domain::Identity::display_id);
    Ok(named.find(|it| !it.is_empty()).unwrap_or_default().to_owned())
}

pub fn take(cx: &FlowCx<'_>, state: &mut FlowState, step: &FlowStep, at: Chosen) -> Taken {
    let offered = state.offered_account.clone();
    let session = eligible(cx).filter(|session| {
        offered.as_ref().is_some_and(|it| it.user_id == session.user_id.as_str())
    });
    let Some(session) = session else {
        return Taken::Refused(Refusal::SelectAccountSessionChanged);
    };
    if kind_of_step(state) == FlowKind::SignupLogin {
        return at.switch(step, true);
    }
    let display = offered.map(|it| it.display_name).unwrap_or_default();
    let identity = IdentityFact::Known { display };
    let taken =
        known::found(state, at.identified(step, identity, None), &session.user_id, at.branch);
    if let (Taken::Branch(_), SessionRef::Idp(id)) = (&taken, &session.session) {
        state.facts.continued_session = Some(ContinuedFact {
            session_id: id.as_str().to_owned(),
            amr: session.amr.clone(),
            authenticated_at: session.authenticated_at.0,
        });
    }
    taken
}
