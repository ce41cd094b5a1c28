//! Adding a login ID, and putting another value in the place of one.

use axum::response::Response;
use domain::{LoginId, LoginIdType};
use http::StatusCode;
use serde_json::json;
use upkeep::login_id::{self, Refusal, Rules, Step};
use web::Fields;

use super::super::action::{Action, adding, changing};
use super::{Owner, context, find, list_path, proof, refused};
use crate::flash::Flash;
use crate::phone;
use crate::problem::Problem;
use crate::visit::Visit;
use crate::wrong::Wrong;

pub(super) async fn ask_new(visit: Visit, kind: LoginIdType) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    if Rules::of(&visit.ctx.app.config, kind).new_key.is_none() {
        return Err(Problem::NotFound);
    }
    let proposed = owner.action.as_ref().and_then(Action::login_id).unwrap_or_default();
    Ok(form(&visit, &owner, kind, None, &proposed, None))
}

pub(super) async fn add(
    visit: Visit,
    kind: LoginIdType,
    fields: Fields,
) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let typed = fields.get("login_id").unwrap_or_default();
    let source = owner.source(&visit);
    match login_id::add(&owner.cx(&visit, &source), kind, typed).await? {
        Ok(Step::Waiting(token)) => Ok(proof::redirect(&visit, kind, &token)),
        Ok(Step::Done(_)) => added(&visit, &owner, kind).await,
        Err(refusal) => refuse(&visit, &owner, kind, None, (typed, refusal)),
    }
}

pub(super) async fn ask(visit: Visit, kind: LoginIdType) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let current = find(&owner, kind, visit.query.get("identity_id"))?;
    if !Rules::of(&visit.ctx.app.config, kind).may_change(&current.key) {
        return Err(Problem::NotFound);
    }
    Ok(form(&visit, &owner, kind, Some(current), &current.login_id, None))
}

pub(super) async fn change(
    visit: Visit,
    kind: LoginIdType,
    fields: Fields,
) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let current = find(&owner, kind, visit.query.get("identity_id"))?;
    let typed = fields.get("login_id").unwrap_or_default();
    let source = owner.source(&visit);
    match login_id::change(&owner.cx(&visit, &source), &current.base.id, typed).await? {
        Ok(Step::Waiting(token)) => Ok(proof::redirect(&visit, kind, &token)),
        Ok(Step::Done(_)) => changed(&visit, &owner, kind).await,
        Err(refusal) => refuse(&visit, &owner, kind, Some(current), (typed, refusal)),
    }
}

/// Back to the list with the news, or to the app.
pub(super) async fn added(
    visit: &Visit,
    owner: &Owner,
    kind: LoginIdType,
) -> Result<Response, Problem> {
    let flash = Flash::IdentityAdded(kind.as_str());
    owner.done(visit, adding(kind), || flash.redirect(visit, &list_path(kind))).await
}

/// Back to the list with the news, or to the app.
pub(super) async fn changed(
    visit: &Visit,
    owner: &Owner,
    kind: LoginIdType,
) -> Result<Response, Problem> {
    let flash = Flash::IdentityChanged(kind.as_str());
    owner.done(visit, changing(kind), || flash.redirect(visit, &list_path(kind))).await
}

fn refuse(
    visit: &Visit,
    owner: &Owner,
    kind: LoginIdType,
    current: Option<&LoginId>,
    (typed, refusal): (&str, Refusal),
) -> Result<Response, Problem> {
    let wrong = refused::wrong(kind, refusal)?;
    Ok(form(visit, owner, kind, current, typed, Some(wrong)))
}

fn form(
    visit: &Visit,
    owner: &Owner,
    kind: LoginIdType,
    current: Option<&LoginId>,
    typed: &str,
    wrong: Option<Wrong>,
) -> Response {
    let hint = phone::hint(&visit.ctx.app.config);
    let status = if wrong.is_none() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let own = json!({
        "kind": kind.as_str(),
        "identity": current.map(|it| json!({ "id": it.base.id.as_str(), "value": it.login_id })),
        "login_id": typed,
        "phone_prefix": hint.prefix,
        "phone_example": hint.example,
        "errors": wrong.into_iter().collect::<Vec<_>>(),
    });
    let page = visit.page("settings_identity_edit").with_status(status);
    page.render(&visit.ctx, context(visit, owner, own))
}
