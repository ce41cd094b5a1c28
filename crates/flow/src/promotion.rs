//! Whom a promote flow is about: somebody anonymous, whom their app names in the login hint.
//!
//! An app with a key in its device signs that it is them; an app in a browser has fetched a code
//! with their session. The visit that presents either first may present it again, so that a page
//! can be opened twice; once the person has a name, there is nothing left to present it for.

use domain::AnonymousIdentity;
use oauth::LoginHint;
use sessions::anonymous::{Action, Presented, Proved, of_code, prove};

use crate::facts::Person;
use crate::refusal::Refusal;
use crate::shape::Cause;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, record};

/// Makes the flow one about the person of its login hint; the refusal when there is none.
pub async fn begin(cx: &FlowCx<'_>, state: &mut FlowState) -> Result<Option<Refusal>, FlowError> {
    let hint = state.setting.login_hint.as_deref().map(LoginHint::parse);
    let Some(LoginHint::Anonymous { promotion_code, jwt }) = hint else {
        return Ok(Some(nobody_named()));
    };
    let found = match (promotion_code, jwt) {
        (Some(code), _) => of_code(cx.ctx, cx.store, cx.kv, &code, visit(state)).await?,
        (None, Some(jwt)) => by_key(cx, state, &jwt).await?,
        (None, None) => return Ok(Some(nobody_named())),
    };
    let Some(identity) = found else { return Ok(Some(Refusal::InvalidCredentials)) };
    let id = identity.base.user_id.as_str().to_owned();
    state.facts.person = Some(Person { id, is_new: false });
    state.facts.anonymous_identity_id = Some(identity.base.id.as_str().to_owned());
    Ok(None)
}

async fn by_key(
    cx: &FlowCx<'_>,
    state: &FlowState,
    jwt: &str,
) -> Result<Option<AnonymousIdentity>, FlowError> {
    let source = record::source(cx, &state.setting);
    let holder = Some(visit(state));
    let presented = Presented { jwt, action: Action::Promote, holder, source: &source };
    Ok(match prove(cx.ctx, cx.store, cx.kv, presented).await? {
        Proved::Known(identity) => Some(identity),
        Proved::New(_) | Proved::Refused => None,
    })
}

/// What may present the same thing again: a visit to the pages, or else this flow alone.
fn visit(state: &FlowState) -> &str {
    state.setting.oauth_session_id.as_deref().unwrap_or(&state.flow_id)
}

fn nobody_named() -> Refusal {
    Refusal::ValidationFailed(vec![Cause {
        location: "/url_query".to_owned(),
        kind: "required",
        details: serde_json::json!({ "missing": ["login_hint"] }),
    }])
}
