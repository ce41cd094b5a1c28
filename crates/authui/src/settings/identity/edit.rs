//! Adding a login ID, and putting another value in the place of one.

use accounts::account::{Attached, attach_login_id, change_login_id};
use accounts::attributes::follow_identities;
use accounts::login_id::{CheckedLoginId, Lists, check_new};
use axum::response::Response;
use domain::{LoginId, LoginIdType};
use http::StatusCode;
use limits::{Charged, Limit, Receipt, Subject, charge, refund};
use serde_json::json;
use web::Fields;

use super::{IDENTITIES_MAX, Owner, Rules, context, find, list_path};
use crate::flash::Flash;
use crate::problem::Problem;
use crate::visit::Visit;
use crate::wrong::Wrong;
use crate::{account, phone};

pub(super) async fn ask_new(visit: Visit, kind: LoginIdType) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    new_key(&visit, &owner, kind)?;
    Ok(form(&visit, &owner, kind, None, "", None))
}

pub(super) async fn add(
    visit: Visit,
    kind: LoginIdType,
    fields: Fields,
) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let key = new_key(&visit, &owner, kind)?;
    let typed = fields.get("login_id").unwrap_or_default();
    let checked = match check(&visit, kind, &key, typed) {
        Ok(checked) => checked,
        Err(wrong) => return Ok(form(&visit, &owner, kind, None, typed, Some(wrong))),
    };
    let (ctx, user) = (&visit.ctx, &owner.session.user_id);
    let receipt = match admit(&visit).await? {
        Ok(receipt) => receipt,
        Err(wrong) => return Ok(form(&visit, &owner, kind, None, typed, Some(wrong))),
    };
    let mut tx = visit.platform.store.write(&ctx.app.id).await?;
    match attach_login_id(ctx, &mut tx, user, checked).await? {
        Attached::Attached(added) => {
            follow_identities(ctx, &mut tx, user).await?;
            owner.recorder(&visit).login_id_added(&mut tx, &added).await?;
            refund(ctx, &visit.platform.kv, receipt).await?;
            tx.commit().await?;
            Ok(Flash::IdentityAdded(kind.as_str()).redirect(&visit, &list_path(kind)))
        }
        Attached::Refused { .. } => Ok(form(&visit, &owner, kind, None, typed, Some(taken(kind)))),
    }
}

pub(super) async fn ask(visit: Visit, kind: LoginIdType) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let current = changeable(&visit, &owner, kind)?;
    Ok(form(&visit, &owner, kind, Some(current), &current.login_id, None))
}

pub(super) async fn change(
    visit: Visit,
    kind: LoginIdType,
    fields: Fields,
) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let current = changeable(&visit, &owner, kind)?;
    let typed = fields.get("login_id").unwrap_or_default();
    let checked = match check(&visit, kind, &current.key, typed) {
        Ok(checked) => checked,
        Err(wrong) => return Ok(form(&visit, &owner, kind, Some(current), typed, Some(wrong))),
    };
    let ctx = &visit.ctx;
    let receipt = match admit(&visit).await? {
        Ok(receipt) => receipt,
        Err(wrong) => return Ok(form(&visit, &owner, kind, Some(current), typed, Some(wrong))),
    };
    let mut tx = visit.platform.store.write(&ctx.app.id).await?;
    match change_login_id(ctx, &mut tx, current, checked).await? {
        Attached::Attached(changed) => {
            owner.recorder(&visit).login_id_updated(&mut tx, current, &changed).await?;
            refund(ctx, &visit.platform.kv, receipt).await?;
            tx.commit().await?;
            Ok(Flash::IdentityChanged(kind.as_str()).redirect(&visit, &list_path(kind)))
        }
        Attached::Refused { .. } => {
            Ok(form(&visit, &owner, kind, Some(current), typed, Some(taken(kind))))
        }
    }
}

/// The answer tells whether somebody has this login ID, so asking often is limited.
async fn admit(visit: &Visit) -> Result<Result<Receipt, Wrong>, Problem> {
    let (kv, limit) = (&visit.platform.kv, Limit::EnumerateAccounts);
    Ok(match charge(&visit.ctx, kv, limit, Subject::default()).await? {
        Charged::Charged(receipt) => Ok(receipt),
        Charged::Exhausted(_) => Err(Wrong::form("RateLimited", "v2.error.rate-limited")),
    })
}

/// The key that a new one fills, where people may add one.
fn new_key(visit: &Visit, owner: &Owner, kind: LoginIdType) -> Result<String, Problem> {
    let count = account::login_ids(&owner.overview).filter(|it| it.r#type == kind).count();
    let key = Rules::of(visit, kind).new_key.filter(|_| count < IDENTITIES_MAX);
    key.map(str::to_owned).ok_or(Problem::NotFound)
}

fn changeable<'a>(
    visit: &Visit,
    owner: &'a Owner,
    kind: LoginIdType,
) -> Result<&'a LoginId, Problem> {
    let current = find(owner, kind, visit.query.get("identity_id"))?;
    let may_change = Rules::of(visit, kind).may_change(&current.key);
    if may_change { Ok(current) } else { Err(Problem::NotFound) }
}

fn check(
    visit: &Visit,
    kind: LoginIdType,
    key: &str,
    typed: &str,
) -> Result<CheckedLoginId, Wrong> {
    let app = &visit.ctx.app;
    check_new(&app.config, &Lists::of(app), key, typed)
        .map_err(|invalid| Wrong::login_id(kind, &invalid))
}

fn taken(kind: LoginIdType) -> Wrong {
    Wrong::at("login_id", "InvariantViolated", "v2.error.settings-account-conflict").with(json!({
        "IdentityTypeIncoming": "login_id",
        "LoginIDTypeIncoming": kind.as_str(),
        "LoginIDNameIncoming": kind.as_str(),
        "FlowType": "",
        "OAuthProviderNameIncoming": "",
        "OAuthProviderNameExisting": "",
    }))
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
