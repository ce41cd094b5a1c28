//! `change_password`: asked only when the password that was used must be replaced.

use accounts::password::{self, Prepared};
use appconfig::flow::FlowStep;
use serde_json::json;
use stdx::Secret;

use super::{Ask, Taken, Turn, password_policy, text};
use crate::engine::Input;
use crate::facts::{Authenticated, ChangedPassword, Facts};
use crate::refusal::Refusal;
use crate::shape::{Member, Shape};
use crate::stage::kind_of;
use crate::{FlowCx, FlowError, answer_or_error};

pub fn turn(cx: &FlowCx<'_>, facts: &Facts, step: &FlowStep) -> Turn {
    let reason = used_by(facts, step).and_then(|used| used.change_required);
    let Some(reason) = reason else {
        return Turn::Settled(Taken::Done);
    };
    let data = json!({
        "type": "new_password_data",
        "password_policy": password_policy::describe(cx.ctx),
        "force_change_reason": reason,
    });
    Turn::Ask(Ask::new(step.kind, data, Shape::single(vec![Member::Text("new_password")])))
}

pub async fn take(
    cx: &FlowCx<'_>,
    facts: &mut Facts,
    step: &FlowStep,
    input: &Input,
) -> Result<Taken, FlowError> {
    let missing = || FlowError::MissingFact { step: "change_password".to_owned() };
    let replaced = used_by(facts, step).ok_or_else(missing)?;
    let authenticator_id = replaced.authenticator_id.clone();
    let kind = kind_of(replaced.authentication);
    let user = facts.known_user("change_password")?;
    let new = Secret::new(text(input, "new_password").to_owned());
    let current = {
        let mut tx = cx.store.read(&cx.ctx.app.id).await?;
        tx.authenticators().find_password(&user, kind).await?
    };
    if let Some(current) = current {
        match cx.hasher.is_any(&new, vec![current.password_hash]).await {
            Ok(true) => return Ok(Taken::Refused(Refusal::PasswordReused)),
            Ok(false) => {}
            Err(error) => return answer_or_error(error.into()).map(Taken::Refused),
        }
    }
    match password::prepare(cx.ctx, cx.store, cx.hasher, Some(&user), &new).await {
        Ok(Prepared::Ready(password)) => {
            let hash = password.into_kept();
            let is_primary = kind == domain::AuthenticatorKind::Primary;
            facts.changed_passwords.push(ChangedPassword { authenticator_id, is_primary, hash });
            Ok(Taken::Done)
        }
        Ok(Prepared::Refused(rules)) => Ok(Taken::Refused(Refusal::PasswordPolicyViolated(rules))),
        Err(error) => answer_or_error(error).map(Taken::Refused),
    }
}

/// What the step named as `target_step` authenticated.
///
/// Without a name, or when that step was not taken: any password that must be replaced.
fn used_by<'f>(facts: &'f Facts, step: &FlowStep) -> Option<&'f Authenticated> {
    let named = step.target_step.as_deref().and_then(|name| facts.authenticated_by(name));
    named.or_else(|| facts.authenticated.iter().find(|it| it.change_required.is_some()))
}
