//! The page on which the code is typed that went to an address or a number.

use axum::response::Response;
use domain::{LoginId, LoginIdType};
use http::StatusCode;
use serde_json::{Value, json};
use stdx::Secret;
use upkeep::login_id::{self, Refusal, Step, Waiting};
use web::Fields;

use super::{Owner, context, edit, list, list_path, refused};
use crate::flash::{self, Flash};
use crate::problem::Problem;
use crate::visit::{Visit, see_other};
use crate::wrong::Wrong;

/// The name under which the token of the change is in the address.
const TOKEN: &str = "q_token";

/// Where the page of one kind is.
pub(super) fn path(kind: LoginIdType) -> String {
    format!("/settings/identity/verify_{kind}")
}

/// To the page, for the change that waits.
pub(super) fn redirect(visit: &Visit, kind: LoginIdType, token: &Secret<String>) -> Response {
    see_other(&visit.link(&path(kind), &[(TOKEN, token.reveal())]))
}

/// Has the person prove that what they have is theirs.
pub(super) async fn begin(
    visit: &Visit,
    owner: &Owner,
    chosen: &LoginId,
) -> Result<Response, Problem> {
    let kind = chosen.r#type;
    let source = owner.source(visit);
    match login_id::prove(&owner.cx(visit, &source), &chosen.base.id).await? {
        Ok(Step::Waiting(token)) => Ok(redirect(visit, kind, &token)),
        Ok(Step::Done(_)) => Ok(see_other(&visit.link(&list_path(kind), &[]))),
        Err(refusal) => {
            let wrong = refused::wrong(kind, refusal)?;
            Ok(list(visit, owner, kind, &[wrong]))
        }
    }
}

pub(super) async fn ask(visit: Visit, kind: LoginIdType) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let waiting = look(&visit, &owner, kind).await?;
    Ok(flash::told(&visit, page(&visit, &owner, &waiting, None)))
}

pub(super) async fn answer(
    visit: Visit,
    kind: LoginIdType,
    fields: Fields,
) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let waiting = look(&visit, &owner, kind).await?;
    let source = owner.source(&visit);
    let cx = owner.cx(&visit, &source);
    let token = token(&visit)?;
    let refusal = if let Some("resend" | "choose") = fields.get("action") {
        match login_id::send(&cx, token, fields.get("channel")).await? {
            Ok(()) => {
                let pairs = [(TOKEN, token)];
                return Ok(Flash::CodeSent.redirect_with(&visit, &path(kind), &pairs));
            }
            Err(refusal) => refusal,
        }
    } else {
        let Some(code) = fields.get("code") else {
            let wrong = Wrong::at("code", "ValidationFailed", "aw-error-code-required");
            return Ok(page(&visit, &owner, &waiting, Some(wrong)));
        };
        match login_id::finish(&cx, token, &Secret::new(code.to_owned())).await? {
            Ok(_) => return done(&visit, &owner, &waiting).await,
            Err(refusal) => refusal,
        }
    };
    let wrong = refused::wrong(kind, refusal)?;
    // What stood beside the address stands above the code.
    let wrong = if wrong.field.as_deref() == Some("login_id") {
        Wrong { field: None, ..wrong }
    } else {
        wrong
    };
    let waiting = look(&visit, &owner, kind).await?;
    Ok(page(&visit, &owner, &waiting, Some(wrong)))
}

async fn done(visit: &Visit, owner: &Owner, waiting: &Waiting) -> Result<Response, Problem> {
    match waiting.identity_id {
        None => edit::added(visit, owner, waiting.kind).await,
        Some(_) => edit::changed(visit, owner, waiting.kind).await,
    }
}

fn token(visit: &Visit) -> Result<&str, Problem> {
    visit.query.get(TOKEN).ok_or(Problem::Expired)
}

async fn look(visit: &Visit, owner: &Owner, kind: LoginIdType) -> Result<Waiting, Problem> {
    let source = owner.source(visit);
    match login_id::look(&owner.cx(visit, &source), token(visit)?).await? {
        Ok(waiting) if waiting.kind == kind => Ok(waiting),
        Ok(_) | Err(Refusal::UnknownToken | Refusal::OthersToken) => Err(Problem::Expired),
        Err(_) => Err(Problem::NotFound),
    }
}

fn page(visit: &Visit, owner: &Owner, waiting: &Waiting, wrong: Option<Wrong>) -> Response {
    let channel = |it: &appconfig::authenticator::OobChannel| it.as_str();
    let wait = waiting.can_resend_at.seconds_since(visit.ctx.now).max(0);
    let status = if wrong.is_none() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let own = json!({
        "kind": waiting.kind.as_str(),
        "target": waiting.target,
        "channel": waiting.channel.as_ref().map(channel),
        "channels": waiting.channels.iter().map(channel).collect::<Vec<_>>(),
        "code_length": waiting.code_length,
        "resend_in_seconds": wait,
        "cancel_url": visit.link(&list_path(waiting.kind), &[]),
        "notice": if wrong.is_none() { flash::notice(visit) } else { Value::Null },
        "errors": wrong.into_iter().collect::<Vec<_>>(),
    });
    let page = visit.page("settings_identity_verify").with_status(status);
    page.render(&visit.ctx, context(visit, owner, own))
}
