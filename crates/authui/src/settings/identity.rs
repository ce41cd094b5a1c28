//! The email addresses, phone numbers and usernames of an account: the list of one kind. Adding,
//! changing, proving and removing one are beside this file; the rules are `upkeep`'s.

mod edit;
mod proof;
mod refused;
mod remove;

use accounts::attributes::{Change, Party, Updated, update_standard};
use appconfig::user_profile::{AccessLevel, StandardAttribute};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use domain::{Identity, LoginId, LoginIdType};
use http::StatusCode;
use serde_json::{Value, json};
use upkeep::login_id::Rules;
use web::{Fields, Platform};

use super::{Owner, context};
use crate::account;
use crate::flash::{self, Flash};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::wrong::Wrong;

pub(super) fn router() -> Router<Platform> {
    let mut router = Router::new();
    for kind in LoginIdType::ALL {
        let path = |verb: &str| format!("/settings/identity/{verb}_{kind}");
        router = router
            .route(
                &list_path(kind),
                get(move |visit| show(visit, kind))
                    .post(move |visit, fields| act(visit, kind, fields)),
            )
            .route(
                &path("add"),
                get(move |visit| edit::ask_new(visit, kind))
                    .post(move |visit, fields| edit::add(visit, kind, fields)),
            )
            .route(
                &path("change"),
                get(move |visit| edit::ask(visit, kind))
                    .post(move |visit, fields| edit::change(visit, kind, fields)),
            )
            .route(
                &path("remove"),
                get(move |visit| remove::ask(visit, kind))
                    .post(move |visit, fields| remove::act(visit, kind, fields)),
            );
    }
    for kind in [LoginIdType::Email, LoginIdType::Phone] {
        let handlers = get(move |visit| proof::ask(visit, kind))
            .post(move |visit, fields| proof::answer(visit, kind, fields));
        router = router.route(&proof::path(kind), handlers);
    }
    router
}

fn list_path(kind: LoginIdType) -> String {
    format!("/settings/identity/{kind}")
}

async fn show(visit: Visit, kind: LoginIdType) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    Ok(flash::told(&visit, list(&visit, &owner, kind, &[])))
}

async fn act(visit: Visit, kind: LoginIdType, fields: Fields) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let chosen = find(&owner, kind, fields.get("identity_id"))?;
    match fields.get("action") {
        Some("verify") => proof::begin(&visit, &owner, chosen).await,
        _ => make_primary(&visit, &owner, chosen).await,
    }
}

/// Makes one address or number the one that applications see.
async fn make_primary(visit: &Visit, owner: &Owner, chosen: &LoginId) -> Result<Response, Problem> {
    let kind = chosen.r#type;
    let change = Change::from_form(&format!("/{}", kind.claim()), &chosen.login_id);
    let (ctx, user) = (&visit.ctx, &owner.session.user_id);
    let mut tx = visit.platform.store.write(&ctx.app.id).await?;
    match update_standard(ctx, &mut tx, Party::EndUser, user, &[change]).await? {
        Updated::Updated(_) => {
            owner.recorder(visit).profile_updated(&mut tx).await?;
            tx.commit().await?;
            let flash = Flash::PrimaryChanged(chosen.login_id.clone());
            Ok(flash.redirect(visit, &list_path(kind)))
        }
        Updated::Refused(refusal) => {
            let wrong = Wrong::form(refusal.reason(), "aw-error-not-allowed");
            Ok(list(visit, owner, kind, &[wrong]))
        }
    }
}

fn list(visit: &Visit, owner: &Owner, kind: LoginIdType, errors: &[Wrong]) -> Response {
    let primary = owner.overview.user.standard_attributes.get(kind.claim());
    let rules = Rules::of(&visit.ctx.app.config, kind);
    let may_choose_primary = may_choose_primary(visit, kind);
    let of_kind = owner.overview.identities.iter().filter_map(|it| {
        let Identity::LoginId(login_id) = &it.identity else { return None };
        (login_id.r#type == kind).then_some((it, login_id))
    });
    let identities: Vec<Value> = of_kind
        .map(|(overview, it)| {
            let link = |verb: &str| {
                let path = format!("/settings/identity/{verb}_{kind}");
                visit.link(&path, &[("identity_id", it.base.id.as_str())])
            };
            json!({
                "id": it.base.id.as_str(),
                "value": it.login_id,
                "primary": primary.is_some_and(|primary| *primary == it.login_id),
                "verified": rules.can_be_proved.then_some(overview.is_verified),
                "can_be_verified": rules.can_be_proved && !overview.is_verified,
                "can_be_primary": may_choose_primary,
                "edit_url": rules.may_change(&it.key).then(|| link("change")),
                "remove_url": may_remove(owner, &rules, it).then(|| link("remove")),
            })
        })
        .collect();
    let add_url = visit.link(&format!("/settings/identity/add_{kind}"), &[]);
    let own = json!({
        "kind": kind.as_str(),
        "identities": identities,
        "add_url": rules.new_key.map(|_| add_url),
        "errors": errors,
        "notice": if errors.is_empty() { flash::notice(visit) } else { Value::Null },
    });
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::FORBIDDEN };
    let page = visit.page("settings_identity").with_status(status);
    page.render(&visit.ctx, context(visit, owner, own))
}

fn may_choose_primary(visit: &Visit, kind: LoginIdType) -> bool {
    let attribute = match kind {
        LoginIdType::Email => StandardAttribute::Email,
        LoginIdType::Phone => StandardAttribute::PhoneNumber,
        LoginIdType::Username => StandardAttribute::PreferredUsername,
    };
    let access = &visit.ctx.app.config.user_profile.standard_attributes.access_control;
    let access = access.iter().find(|it| it.pointer == attribute);
    access.map(|it| it.access_control.end_user()) == Some(AccessLevel::ReadWrite)
}

fn may_remove(owner: &Owner, rules: &Rules<'_>, it: &LoginId) -> bool {
    owner.overview.identities.len() > 1 && rules.may_remove(&it.key)
}

/// The identity that a link or a form names, if it is the person's own and of this kind.
fn find<'a>(owner: &'a Owner, kind: LoginIdType, id: Option<&str>) -> Result<&'a LoginId, Problem> {
    let mut own = account::login_ids(&owner.overview).filter(|it| it.r#type == kind);
    own.find(|it| Some(it.base.id.as_str()) == id).ok_or(Problem::NotFound)
}
