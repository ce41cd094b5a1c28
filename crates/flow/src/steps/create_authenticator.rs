//! `create_authenticator`: the person chooses how they will prove it from now on.

use accounts::password::{self, Prepared};
use appconfig::flow::{Authentication, FlowStep};
use serde_json::json;
use stdx::Secret;

use super::{Ask, Taken, Turn, branch_of, password_policy, text};
use crate::engine::Input;
use crate::facts::{Facts, NewPassword};
use crate::refusal::Refusal;
use crate::shape::{Member, Shape, Variant};
use crate::{FlowCx, FlowError, answer_or_error};

pub fn turn(cx: &FlowCx<'_>, step: &FlowStep) -> Turn {
    let declared = || step.one_of.iter().filter_map(|branch| branch.authentication);
    let offered: Vec<Authentication> = declared().filter(|it| is_password(*it)).collect();
    if offered.is_empty() {
        let first = declared().next().map_or("create_authenticator", Authentication::as_str);
        return Turn::Settled(Taken::Refused(Refusal::Unsupported { step: first.to_owned() }));
    }
    let policy = password_policy::describe(cx.ctx);
    let option = |it: &Authentication| json!({ "authentication": it, "password_policy": policy });
    let options: Vec<_> = offered.iter().map(option).collect();
    let variants = offered
        .iter()
        .map(|it| Variant { tag: it.as_str(), required: vec![Member::Text("new_password")] });
    let data = json!({ "type": "create_authenticator_data", "options": options });
    let shape = Shape::one_of("authentication", variants.collect());
    Turn::Ask(Ask::new(step.kind, data, shape))
}

pub async fn take(
    cx: &FlowCx<'_>,
    facts: &mut Facts,
    step: &FlowStep,
    input: &Input,
) -> Result<Taken, FlowError> {
    let (branch, authentication) = branch_of(step, input)?;
    // A new person has no history; somebody who is known must not repeat theirs.
    let user = facts.person.as_ref().filter(|it| !it.is_new).and_then(|_| facts.user_id());
    let password = Secret::new(text(input, "new_password").to_owned());
    match password::prepare(cx.ctx, cx.store, cx.hasher, user.as_ref(), &password).await {
        Ok(Prepared::Ready(password)) => {
            facts.new_passwords.push(NewPassword {
                is_primary: authentication == Authentication::PrimaryPassword,
                hash: password.into_kept(),
            });
            Ok(Taken::Branch(branch))
        }
        Ok(Prepared::Refused(rules)) => Ok(Taken::Refused(Refusal::PasswordPolicyViolated(rules))),
        Err(error) => answer_or_error(error).map(Taken::Refused),
    }
}

pub(super) const fn is_password(authentication: Authentication) -> bool {
    matches!(authentication, Authentication::PrimaryPassword | Authentication::SecondaryPassword)
}
