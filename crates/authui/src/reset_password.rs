//! The page behind the link of a recovery mail: another password.
//!
//! Looking at it uses nothing up. The code in the address is handed to the recovery flow together
//! with the first password that is sent; if that is refused, the form goes on with the flow's state.

use accounts::otp::{self, LinkStanding, Purpose};
use appconfig::flow::StepType;
use axum::response::Response;
use flow::{Answer, Input, Refusal, Reply};
use http::StatusCode;
use serde_json::json;
use stdx::Secret;
use web::Fields;

use crate::policy;
use crate::problem::Problem;
use crate::questions::{Refused, Step, cx, new_password, refusal_page};
use crate::visit::{Visit, see_other, with_cookies};

/// Where it ends.
const SUCCESS_PATH: &str = "/authflow/v2/reset_password/success";

pub async fn ask(visit: Visit) -> Result<Response, Problem> {
    let code = visit.query.get("code").unwrap_or_default();
    let secret = Secret::new(code.to_owned());
    let purpose = Purpose::ForgotPassword;
    let standing = otp::inspect_link(&visit.ctx, &visit.platform.kv, purpose, &secret).await?;
    if standing != LinkStanding::Open {
        return Err(over(&visit, standing));
    }
    let login_id = flow::recovering(&cx(&visit), code).await?;
    Ok(form(&visit, login_id.as_deref(), None, None))
}

pub async fn answer(visit: Visit, fields: Fields) -> Result<Response, Problem> {
    let code = visit.query.get("code").unwrap_or_default();
    let new = match new_password(&fields) {
        Ok(new) => new,
        Err(wrong) => {
            let login_id = flow::recovering(&cx(&visit), code).await?;
            let refused = Refused::by_form(wrong);
            let state = fields.get("x_state");
            return Ok(form(&visit, login_id.as_deref(), state, Some(&refused)));
        }
    };
    let reply = if let Some(step) = fields.get("x_state") {
        let token = Step::open(&visit, step).ok_or(Problem::Expired)?;
        flow::look(&cx(&visit), &token).await?
    } else {
        let input = Input::from_iter([("account_recovery_code".to_owned(), code.into())]);
        flow::feed(&cx(&visit), "", &input).await?
    };
    let asked = match reply {
        Reply::Asked(asked) if asked.ask.step == StepType::ResetPassword => asked,
        Reply::Asked(_) | Reply::Finished(_) => return Err(Problem::Misconfigured),
        Reply::Refused(refusal) => return refused_link(&visit, refusal),
    };
    let input = Input::from_iter([("new_password".to_owned(), new.into())]);
    match flow::feed(&cx(&visit), &asked.state_token, &input).await? {
        Reply::Finished(_) => Ok(see_other(&visit.link(SUCCESS_PATH, &[]))),
        Reply::Asked(_) => Err(Problem::Misconfigured),
        Reply::Refused(refusal) => ask_again(&visit, &asked, refusal),
    }
}

/// The new password counts. Nobody is signed in by that.
#[expect(clippy::needless_pass_by_value, reason = "what is extracted is handed over")]
pub fn done(visit: Visit) -> std::future::Ready<Response> {
    let context = json!({ "login_url": visit.link("/login", &[]) });
    std::future::ready(visit.page("reset_password_success").render(&visit.ctx, context))
}

/// The link leads nowhere, or nowhere now.
fn refused_link(visit: &Visit, refusal: Refusal) -> Result<Response, Problem> {
    match refusal {
        Refusal::InvalidRecoveryCode | Refusal::FlowNotFound => {
            Err(over(visit, LinkStanding::Unknown))
        }
        refusal => refusal_page(visit, None, refusal),
    }
}

fn over(visit: &Visit, standing: LinkStanding) -> Problem {
    let message_key = match standing {
        LinkStanding::Used => "aw-error-reset-link-used",
        LinkStanding::Replaced => "aw-error-reset-link-replaced",
        LinkStanding::Open | LinkStanding::Approved | LinkStanding::Unknown => {
            "aw-error-reset-link-invalid"
        }
    };
    Problem::RecoveryLinkOver { message_key, login_url: visit.link("/login", &[]) }
}

fn ask_again(visit: &Visit, asked: &Answer, refusal: Refusal) -> Result<Response, Problem> {
    match Refused::of(visit, asked, None, refusal)? {
        Ok(refused) => {
            let (state, cookie) = Step::seal(visit, &asked.state_token);
            let page = form(visit, asked.login_id.as_deref(), Some(&state), Some(&refused));
            Ok(with_cookies(page, cookie))
        }
        Err(page) => Ok(page),
    }
}

/// The form; `state` names the step once the code was used up.
fn form(
    visit: &Visit,
    login_id: Option<&str>,
    state: Option<&str>,
    refused: Option<&Refused>,
) -> Response {
    let broken = refused.map(|it| it.broken.as_slice()).unwrap_or_default();
    let context = json!({
        "state": state,
        "login_id": login_id,
        "policy": policy::shown(&visit.ctx.app.config, broken),
        "errors": refused.map(|it| it.errors.as_slice()).unwrap_or_default(),
    });
    let status = refused.map_or(StatusCode::OK, |it| it.status);
    visit.page("reset_password").with_status(status).render(&visit.ctx, context)
}
