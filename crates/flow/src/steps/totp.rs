//! Authenticator apps: showing a secret, and seeing that the app has it.

use accounts::totp;
use appconfig::flow::{Authentication, FlowStep};
use serde_json::json;
use stdx::Secret;

use super::{Ask, Taken, Turn, text};
use crate::engine::Input;
use crate::facts::{Enrolled, EnrolledFact};
use crate::refusal::Refusal;
use crate::shape::{Member, Shape};
use crate::stage::Stage;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, guard};
use domain::AuthenticatorType;
use limits::Limit;

/// No list of authenticators shows more of a name.
const DISPLAY_NAME_MAX: usize = 100;

/// Makes a secret. It is nobody's until a code of it was seen.
pub fn begin(cx: &FlowCx<'_>, branch: usize, authentication: Authentication) -> Taken {
    let secret = totp::new_secret(&cx.ctx.rng).reveal().clone();
    Taken::Stay(Stage::Totp { branch, authentication, secret })
}

/// Shows the secret.
pub fn ask(cx: &FlowCx<'_>, state: &FlowState, step: &FlowStep, secret: &str) -> Turn {
    let account = state.facts.identified.iter().map(|it| it.identity.display());
    let account = account.into_iter().find(|it| !it.is_empty()).unwrap_or_default();
    let uri = totp::otpauth_uri(&Secret::new(secret.to_owned()), cx.ctx.app.origin(), &account);
    let data = json!({ "type": "create_totp_data", "secret": secret, "otpauth_uri": uri });
    let shape = Shape::single(vec![Member::Text("code"), Member::MayBeText("display_name")]);
    let mut ask = Ask::new(step.kind, data, shape);
    ask.authentication = Some(Authentication::SecondaryTotp);
    Turn::Ask(ask)
}

/// Takes a code of the new secret.
pub async fn confirm(
    cx: &FlowCx<'_>,
    state: &mut FlowState,
    branch: usize,
    authentication: Authentication,
    secret: String,
    input: &Input,
) -> Result<Taken, FlowError> {
    let receipt = match guard::charge(cx, Limit::VerifyTotp, None).await? {
        Ok(receipt) => receipt,
        Err(exhausted) => return Ok(Taken::Refused(exhausted)),
    };
    let code = text(input, "code").trim();
    let used_step = totp::matching_step(&Secret::new(secret.clone()), code, cx.ctx.now);
    if used_step.is_none() {
        return Ok(Taken::Refused(Refusal::WrongCode(AuthenticatorType::Totp)));
    }
    guard::refund(cx, receipt).await?;
    let display_name = match text(input, "display_name").trim() {
        "" => format!("TOTP @ {}", cx.ctx.now),
        named => named.chars().take(DISPLAY_NAME_MAX).collect(),
    };
    let what = EnrolledFact::Totp { secret, display_name, used_step };
    state.facts.enrolled.push(Enrolled { authentication, what });
    Ok(Taken::Branch(branch))
}
