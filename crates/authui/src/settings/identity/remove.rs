//! Removing a login ID, after asking.

use accounts::account::{Detached, detach_login_id};
use axum::response::Response;
use domain::{LoginId, LoginIdType};
use serde_json::json;
use web::Fields;

use super::{Owner, context, find, list, list_path, may_remove};
use crate::flash::Flash;
use crate::problem::Problem;
use crate::visit::Visit;
use crate::wrong::Wrong;

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
    let ctx = &visit.ctx;
    let mut tx = visit.platform.store.write(&ctx.app.id).await?;
    match detach_login_id(ctx, &mut tx, current).await? {
        Detached::Detached => {
            owner.recorder(&visit).login_id_removed(&mut tx, current).await?;
            tx.commit().await?;
            Ok(Flash::IdentityRemoved(kind.as_str()).redirect(&visit, &list_path(kind)))
        }
        Detached::RefusedAsLast => {
            let wrong = Wrong::form("InvariantViolated", "v2.error.remove-last-identity");
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
    if may_remove(visit, owner, current) { Ok(current) } else { Err(Problem::NotFound) }
}
