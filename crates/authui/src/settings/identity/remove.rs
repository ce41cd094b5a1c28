//! Removing a login ID, after asking.

use axum::response::Response;
use domain::{LoginId, LoginIdType};
use serde_json::json;
use upkeep::login_id::{self, Rules};
use web::Fields;

use super::{Owner, context, find, list, list_path, may_remove, refused};
use crate::flash::Flash;
use crate::problem::Problem;
use crate::visit::Visit;

pub(super) async fn ask(visit: Visit, kind: LoginIdType) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let current = removable(&visit, &owner, kind, visit.query.get("identity_id"))?;
    let own = json!({
        "kind": kind.as_str(),
        "identity": { "id": current.base.id.as_str(), "value": current.login_id },
    });
    let page = visit.page("settings_identity_remove");
    Ok(page.render(&visit.ctx, context(&visit, &owner, own)))
}

pub(super) async fn act(
    visit: Visit,
    kind: LoginIdType,
    fields: Fields,
) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let current = removable(&visit, &owner, kind, fields.get("identity_id"))?;
    let source = owner.source(&visit);
    match login_id::remove(&owner.cx(&visit, &source), &current.base.id).await? {
        Ok(_) => Ok(Flash::IdentityRemoved(kind.as_str()).redirect(&visit, &list_path(kind))),
        Err(refusal) => {
            let wrong = refused::wrong(kind, refusal)?;
            Ok(list(&visit, &owner, kind, &[wrong]))
        }
    }
}

fn removable<'a>(
    visit: &Visit,
    owner: &'a Owner,
    kind: LoginIdType,
    id: Option<&str>,
) -> Result<&'a LoginId, Problem> {
    let current = find(owner, kind, id)?;
    let rules = Rules::of(&visit.ctx.app.config, kind);
    if may_remove(owner, &rules, current) { Ok(current) } else { Err(Problem::NotFound) }
}
