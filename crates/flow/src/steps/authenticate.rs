//! `authenticate`: the person proves it.
//!
//! A primary password is offered even to somebody who has none, so that the page where a lost
//! password is recovered can be reached, and nobody learns which accounts have passwords.

use accounts::password::{self, MustChange, PasswordCheck};
use appconfig::flow::{Authentication, FlowStep};
use domain::{AuthenticatorKind, UserId};
use limits::Limit;
use limits::lockout::Method;
use serde_json::json;
use stdx::Secret;

use super::create_authenticator::is_password;
use super::{Ask, Taken, Turn, branch_of, text};
use crate::engine::Input;
use crate::facts::{Authenticated, ChangeReason, Facts};
use crate::guard;
use crate::refusal::Refusal;
use crate::shape::{Member, Shape, Variant};
use crate::state::FlowState;
use crate::{FlowCx, FlowError, answer_or_error};

pub async fn turn(cx: &FlowCx<'_>, facts: &Facts, step: &FlowStep) -> Result<Turn, FlowError> {
    let user = facts.known_user("authenticate")?;
    let mut offered = Vec::new();
    for authentication in step.one_of.iter().filter_map(|branch| branch.authentication) {
        if is_password(authentication) && may_use(cx, facts, &user, authentication).await? {
            offered.push(authentication);
        }
    }
    if offered.is_empty() {
        return Ok(Turn::Settled(if step.is_optional() {
            Taken::Done
        } else {
            Taken::Refused(Refusal::NoAuthenticator)
        }));
    }
    let options: Vec<_> = offered.iter().map(|it| json!({ "authentication": it })).collect();
    let variants = offered
        .iter()
        .map(|it| Variant { tag: it.as_str(), required: vec![Member::Text("password")] });
    // Device tokens belong to a later storey: none can be asked for yet.
    let data = json!({
        "type": "authentication_data",
        "options": options,
        "device_token_enabled": false,
    });
    let shape = Shape::one_of("authentication", variants.collect());
    Ok(Turn::Ask(Ask::new(step.kind, data, shape)))
}

pub async fn take(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    step: &FlowStep,
    input: &Input,
) -> Result<Taken, FlowError> {
    let (branch, authentication) = branch_of(step, input)?;
    let user = state.facts.known_user("authenticate")?;
    let admitted = guard::admit(cx, &user, Limit::VerifyPassword, Method::Password).await?;
    let attempt = match admitted {
        Ok(attempt) => attempt,
        Err(refusal) => return Ok(Taken::Refused(refusal)),
    };
    let password = Secret::new(text(input, "password").to_owned());
    let whose = Some((&user, kind_of(authentication)));
    match password::verify(cx.ctx, cx.store, cx.hasher, whose, &password).await {
        Ok(PasswordCheck::Right { authenticator, must_change }) => {
            guard::give_back(cx, &user, attempt).await?;
            state.facts.authenticated.push(Authenticated {
                step: step.name.clone(),
                authentication,
                authenticator_id: authenticator.base.id.as_str().to_owned(),
                change_required: must_change.map(reason_of),
            });
            Ok(Taken::Branch(branch))
        }
        // A person without a password and a wrong password look the same from outside.
        Ok(PasswordCheck::Wrong | PasswordCheck::Absent) => {
            guard::note_wrong_password(cx, &state.setting, &user, kind_of(authentication)).await?;
            Ok(Taken::Refused(Refusal::InvalidCredentials))
        }
        Err(error) => {
            // Nobody looked at the password.
            guard::give_back(cx, &user, attempt).await?;
            answer_or_error(error).map(Taken::Refused)
        }
    }
}

/// Whether this way is open to the person, and was not used in this flow already.
async fn may_use(
    cx: &FlowCx<'_>,
    facts: &Facts,
    user: &UserId,
    authentication: Authentication,
) -> Result<bool, FlowError> {
    if facts.authenticated.iter().any(|it| it.authentication == authentication) {
        return Ok(false);
    }
    if authentication == Authentication::PrimaryPassword {
        return Ok(true);
    }
    let mut tx = cx.store.read(&cx.ctx.app.id).await?;
    let kind = kind_of(authentication);
    Ok(tx.authenticators().find_password(user, kind).await?.is_some())
}

pub(super) const fn kind_of(authentication: Authentication) -> AuthenticatorKind {
    match authentication {
        Authentication::PrimaryPassword
        | Authentication::PrimaryPasskey
        | Authentication::PrimaryOobOtpEmail
        | Authentication::PrimaryOobOtpSms => AuthenticatorKind::Primary,
        Authentication::SecondaryPassword
        | Authentication::SecondaryTotp
        | Authentication::SecondaryOobOtpEmail
        | Authentication::SecondaryOobOtpSms
        | Authentication::RecoveryCode
        | Authentication::DeviceToken => AuthenticatorKind::Secondary,
    }
}

const fn reason_of(must_change: MustChange) -> ChangeReason {
    match must_change {
        MustChange::Policy => ChangeReason::Policy,
        MustChange::Expired => ChangeReason::Expiry,
    }
}
