//! The page of a question.

use appconfig::ClientConfig;
use appconfig::flow::{FlowKind, StepType};
use axum::response::{IntoResponse, Response};
use domain::LoginIdType;
use flow::{Answer, Setting};
use oauth::LoginHint;
use serde_json::{Value, json};
use web::Fields;

use super::refused::Refused;
use super::step::Step;
use crate::pending::{Pending, shown_client};
use crate::problem::Problem;
use crate::visit::{Visit, with_cookies};
use crate::{phone, policy};

/// Renders the question, with what was wrong with the last answer and what it was.
pub fn question(
    visit: &Visit,
    pending: Option<&Pending>,
    asked: &Answer,
    refused: Option<(&Refused, &Fields)>,
) -> Response {
    let (state, cookie) = Step::seal(visit, &asked.state_token);
    let broken = refused.map(|it| it.0.broken.as_slice()).unwrap_or_default();
    if !can_show(asked) {
        return Problem::Misconfigured.into_response();
    }
    let (template, own) = match asked.ask.step {
        StepType::Identify => {
            ("identify", identify(visit, pending, asked, &state, refused.map(|it| it.1)))
        }
        StepType::Authenticate => ("password", json!({ "forgot_password_url": null })),
        StepType::CreateAuthenticator => ("create_password", new_password(visit, broken)),
        StepType::ChangePassword => {
            let mut own = new_password(visit, broken);
            own["cause"] = asked.ask.data["force_change_reason"].clone();
            ("change_password", own)
        }
        StepType::TerminateOtherSessions => {
            let cancel_url = client_of(visit, &asked.setting).and_then(|it| it.client_uri.clone());
            ("terminate_other_sessions", json!({ "cancel_url": cancel_url }))
        }
        StepType::Verify
        | StepType::FillInUserProfile
        | StepType::ViewRecoveryCode
        | StepType::PromptCreatePasskey
        | StepType::CheckAccountStatus
        | StepType::SelectDestination
        | StepType::VerifyAccountRecoveryCode
        | StepType::ResetPassword => return Problem::Misconfigured.into_response(),
    };
    let mut context = json!({
        "state": state,
        "login_id": asked.login_id,
        "not_you_url": visit.link(&visit.path, &[]),
        "client": shown_client(client_of(visit, &asked.setting)),
        "errors": refused.map(|it| &it.0.errors).into_iter().flatten().collect::<Vec<_>>(),
    });
    if let (Value::Object(context), Value::Object(own)) = (&mut context, own) {
        context.extend(own);
    }
    let mut page = visit.page(template);
    if let Some((refused, _)) = refused {
        page = page.with_status(refused.status);
    }
    with_cookies(page.render(&visit.ctx, context), cookie)
}

/// Whether we have a page for it: a login ID or a password is asked for. Others have a code, a
/// device or another provider to deal with, which flows of a project's own pages can.
pub fn can_show(asked: &Answer) -> bool {
    let offers = |can: fn(&str) -> bool| asked.ask.shape.variants.iter().any(|it| can(it.tag));
    match asked.ask.step {
        StepType::Identify => offers(|tag| LoginIdType::parse(tag).is_some()),
        // A second factor is set up on the way.
        StepType::Authenticate if asked.ask.data["type"] != "authentication_data" => false,
        StepType::Authenticate | StepType::CreateAuthenticator => {
            offers(|tag| matches!(tag, "primary_password" | "secondary_password"))
        }
        _ => true,
    }
}

/// The application that the flow is for.
pub fn client_of<'a>(visit: &'a Visit, setting: &Setting) -> Option<&'a ClientConfig> {
    let clients = &visit.ctx.app.config.oauth;
    setting.client_id.as_deref().and_then(|id| clients.find_client(id))
}

fn new_password(visit: &Visit, broken: &[&str]) -> Value {
    json!({ "policy": policy::shown(&visit.ctx.app.config, broken) })
}

fn identify(
    visit: &Visit,
    pending: Option<&Pending>,
    asked: &Answer,
    state: &str,
    posted: Option<&Fields>,
) -> Value {
    let config = &visit.ctx.app.config;
    let offered: Vec<LoginIdType> =
        asked.ask.shape.variants.iter().filter_map(|it| LoginIdType::parse(it.tag)).collect();
    let chosen = posted.and_then(|it| it.get("x_login_id_type"));
    let chosen = chosen.or_else(|| visit.query.get("x_login_id_type"));
    let chosen = chosen.and_then(LoginIdType::parse).filter(|it| offered.contains(it));
    let hinted = hint(pending).filter(|(r#type, _)| offered.contains(r#type));
    let current = chosen.or(hinted.as_ref().map(|it| it.0)).or(offered.first().copied());
    let hinted = hinted.filter(|(r#type, _)| Some(*r#type) == current).map(|it| it.1);
    let typed = posted.and_then(|it| it.get("login_id")).map(str::to_owned).or(hinted);
    let option = |r#type: &LoginIdType| {
        let pairs = [("x_login_id_type", r#type.as_str()), ("x_step", state)];
        json!({
            "type": r#type.as_str(),
            "current": Some(*r#type) == current,
            "href": visit.link(&visit.path, &pairs),
        })
    };
    let is_closed = config.authentication.public_signup_disabled;
    let kind = asked.flow.kind;
    let phone = phone::hint(config);
    json!({
        "flow": kind,
        "login_id_type": current.map(LoginIdType::as_str),
        "login_id": typed.unwrap_or_default(),
        "options": offered.iter().map(option).collect::<Vec<_>>(),
        "oauth_providers": [],
        "passkey_autofill": false,
        "phone_prefix": phone.prefix,
        "phone_example": phone.example,
        "signup_url":
            (kind == FlowKind::Login && !is_closed).then(|| visit.link("/signup", &[])),
        "login_url": (kind == FlowKind::Signup).then(|| visit.link("/login", &[])),
    })
}

/// What the application thinks the person signs in with: a prefill, not a rule.
fn hint(pending: Option<&Pending>) -> Option<(LoginIdType, String)> {
    match pending?.login_hint()? {
        LoginHint::Plain(text) if text.is_empty() => None,
        LoginHint::Plain(text) if text.contains('@') => Some((LoginIdType::Email, text)),
        LoginHint::Plain(text) if text.starts_with('+') => Some((LoginIdType::Phone, text)),
        LoginHint::Plain(text) => Some((LoginIdType::Username, text)),
        LoginHint::LoginId { email, phone, username, .. } => {
            let email = email.map(|it| (LoginIdType::Email, it));
            let phone = || phone.map(|it| (LoginIdType::Phone, it));
            let username = || username.map(|it| (LoginIdType::Username, it));
            email.or_else(phone).or_else(username)
        }
        LoginHint::AppSessionToken(_) | LoginHint::Anonymous { .. } => None,
    }
}
