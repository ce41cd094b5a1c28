//! The email addresses, phone numbers and usernames of an account: the list of one kind. Adding,
//! changing and removing one are beside this file.

mod edit;
mod remove;

use accounts::attributes::{Change, Party, Updated, update_standard};
use appconfig::identity::{LoginIdKeyConfig, LoginIdKeyType};
use appconfig::user_profile::{AccessLevel, StandardAttribute};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use domain::{Identity, IdentityOverview, LoginId, LoginIdType};
use http::StatusCode;
use serde_json::{Value, json};
use web::{Fields, Platform};

use super::{Owner, context};
use crate::account;
use crate::flash::{self, Flash};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::wrong::Wrong;

/// More of one kind than anybody needs.
const IDENTITIES_MAX: usize = 20;

pub(super) fn router() -> Router<Platform> {
    let mut router = Router::new();
    for kind in LoginIdType::ALL {
        let path = |verb: &str| format!("/settings/identity/{verb}_{kind}");
        router = router
            .route(
                &list_path(kind),
                get(move |visit| show(visit, kind))
                    .post(move |visit, fields| make_primary(visit, kind, fields)),
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
    router
}

fn list_path(kind: LoginIdType) -> String {
    format!("/settings/identity/{kind}")
}

async fn show(visit: Visit, kind: LoginIdType) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    Ok(flash::told(&visit, list(&visit, &owner, kind, &[])))
}

/// Makes one address or number the one that applications see.
async fn make_primary(
    visit: Visit,
    kind: LoginIdType,
    fields: Fields,
) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let chosen = find(&owner, kind, fields.get("identity_id"))?;
    let change = Change::from_form(&format!("/{}", kind.claim()), &chosen.login_id);
    let (ctx, user) = (&visit.ctx, &owner.session.user_id);
    let mut tx = visit.platform.store.write(&ctx.app.id).await?;
    match update_standard(ctx, &mut tx, Party::EndUser, user, &[change]).await? {
        Updated::Updated(_) => {
            owner.recorder(&visit).profile_updated(&mut tx).await?;
            tx.commit().await?;
            let flash = Flash::PrimaryChanged(chosen.login_id.clone());
            Ok(flash.redirect(&visit, &list_path(kind)))
        }
        Updated::Refused(refusal) => {
            let wrong = Wrong::form(refusal.reason(), "aw-error-not-allowed");
            Ok(list(&visit, &owner, kind, &[wrong]))
        }
    }
}

fn list(visit: &Visit, owner: &Owner, kind: LoginIdType, errors: &[Wrong]) -> Response {
    let primary = owner.overview.user.standard_attributes.get(kind.claim());
    let rules = Rules::of(visit, kind);
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
                "verified": rules.shown_proof(overview),
                "can_be_primary": rules.may_choose_primary,
                "edit_url": rules.may_change(&it.key).then(|| link("change")),
                "remove_url": may_remove(visit, owner, it).then(|| link("remove")),
            })
        })
        .collect();
    let may_add = rules.new_key.is_some() && identities.len() < IDENTITIES_MAX;
    let add_url = may_add.then(|| visit.link(&format!("/settings/identity/add_{kind}"), &[]));
    let own = json!({
        "kind": kind.as_str(),
        "identities": identities,
        "add_url": add_url,
        "errors": errors,
        "notice": if errors.is_empty() { flash::notice(visit) } else { Value::Null },
    });
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::FORBIDDEN };
    let page = visit.page("settings_identity").with_status(status);
    page.render(&visit.ctx, context(visit, owner, own))
}

/// What the project lets people do with one kind of login ID.
struct Rules<'a> {
    keys: Vec<&'a LoginIdKeyConfig>,
    /// The key that a new one fills; none when people may not add any.
    new_key: Option<&'a str>,
    /// Whether a value is worth something only when its owner proved that it is theirs.
    ///
    /// Proving takes a message, and messages are sent while signing up only: until they are sent
    /// from here too, such values cannot be added or changed here.
    needs_proof: bool,
    can_be_proved: bool,
    may_choose_primary: bool,
}

impl<'a> Rules<'a> {
    fn of(visit: &'a Visit, kind: LoginIdType) -> Self {
        let config = &visit.ctx.app.config;
        let (key_type, attribute, claim) = match kind {
            LoginIdType::Email => (
                LoginIdKeyType::Email,
                StandardAttribute::Email,
                Some(&config.verification.claims.email),
            ),
            LoginIdType::Phone => (
                LoginIdKeyType::Phone,
                StandardAttribute::PhoneNumber,
                Some(&config.verification.claims.phone_number),
            ),
            LoginIdType::Username => {
                (LoginIdKeyType::Username, StandardAttribute::PreferredUsername, None)
            }
        };
        let keys: Vec<_> =
            config.identity.login_id.keys.iter().filter(|it| it.kind == key_type).collect();
        let needs_proof = claim.is_some_and(|it| it.enabled && it.required);
        let mut open = keys.iter().filter(|it| it.can_create() && !needs_proof);
        let access = &config.user_profile.standard_attributes.access_control;
        let access = access.iter().find(|it| it.pointer == attribute);
        let level = access.map(|it| it.access_control.end_user());
        Self {
            new_key: open.next().map(|it| it.key.as_str()),
            keys,
            needs_proof,
            can_be_proved: claim.is_some_and(|it| it.enabled),
            may_choose_primary: level == Some(AccessLevel::ReadWrite),
        }
    }

    fn may_change(&self, key: &str) -> bool {
        !self.needs_proof && self.keys.iter().any(|it| it.key == key && it.can_update())
    }

    fn shown_proof(&self, it: &IdentityOverview) -> Option<bool> {
        self.can_be_proved.then_some(it.is_verified)
    }
}

fn may_remove(visit: &Visit, owner: &Owner, it: &LoginId) -> bool {
    let key = visit.ctx.app.config.identity.login_id.find_key(&it.key);
    owner.overview.identities.len() > 1 && key.is_none_or(LoginIdKeyConfig::can_delete)
}

/// The identity that a link or a form names, if it is the person's own and of this kind.
fn find<'a>(owner: &'a Owner, kind: LoginIdType, id: Option<&str>) -> Result<&'a LoginId, Problem> {
    let mut own = account::login_ids(&owner.overview).filter(|it| it.r#type == kind);
    own.find(|it| Some(it.base.id.as_str()) == id).ok_or(Problem::NotFound)
}
