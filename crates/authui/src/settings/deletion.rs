//! Giving up the account, for whoever the project lets do that.

use axum::response::Response;
use http::StatusCode;
use oauth::SettingsAction;
use serde_json::json;
use stdx::Timestamp;
use upkeep::deletion::{self, Refusal};
use web::Fields;

use super::{Owner, context};
use crate::hooked::Said;
use crate::problem::Problem;
use crate::visit::{Visit, with_cookies};
use crate::wrong::Wrong;

pub(super) const PATH: &str = "/settings/delete_account";

pub async fn ask(visit: Visit) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    if !deletion::is_offered(&visit.ctx) {
        return Err(Problem::NotFound);
    }
    Ok(page(&visit, &owner, None))
}

pub async fn act(visit: Visit, fields: Fields) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    // The second is upstream's word for it.
    let is_confirmed = fields.get("confirm").is_some() || fields.get("delete") == Some("DELETE");
    if !is_confirmed {
        let wrong = Wrong::form("ValidationFailed", "aw-error-confirm-required");
        return Ok(page(&visit, &owner, Some(wrong)));
    }
    let source = owner.source(&visit);
    match deletion::schedule(&owner.cx(&visit, &source)).await? {
        Ok(at) => {
            let what = SettingsAction::DeleteAccount;
            let response = owner.done(&visit, what, || closed(&visit, at)).await?;
            Ok(with_cookies(response, web::sign_out_cookies(&visit.ctx.app)))
        }
        Err(Refusal::NotAllowed | Refusal::Closed) => Err(Problem::NotFound),
        Err(Refusal::Hook(refusal)) => Ok(page(&visit, &owner, Some(Said::wrong(&refusal)))),
    }
}

/// What is left to say to somebody who is signed out now.
fn closed(visit: &Visit, at: Timestamp) -> Response {
    let own = json!({
        "status": "scheduled_deletion_by_end_user",
        "reason": null,
        "at": at.to_rfc3339(),
        "return_url": null,
    });
    visit.page("account_status").render(&visit.ctx, own)
}

fn page(visit: &Visit, owner: &Owner, wrong: Option<Wrong>) -> Response {
    let status = if wrong.is_none() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let own = json!({
        "delete_at": deletion::due_at(&visit.ctx).to_rfc3339(),
        "errors": wrong.into_iter().collect::<Vec<_>>(),
    });
    let page = visit.page("settings_delete_account").with_status(status);
    page.render(&visit.ctx, context(visit, owner, own))
}
