//! Accounts at other providers: connecting one, coming back from there, and letting go of it.
//!
//! What ties the way back to the way there is a cookie of this browser, with the token that
//! `upkeep` gave out, and the `state` in the address: no other browser can finish the visit, and
//! neither can another person in this one.

mod visits;

use accounts::identity::provider;
use appconfig::identity::{OAuthProvider, ProviderType};
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use domain::{Identity, IdentityId, OAuthIdentity};
use http::StatusCode;
use oauth::SettingsAction;
use serde_json::{Value, json};
use upkeep::link::{self, Refusal};
use web::{Fields, Platform};

use super::{Owner, context};
use crate::flash::{self, Flash};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::wrong::Wrong;

const PATH: &str = "/settings/identity/oauth";
const CALLBACK: &str = "/sso/oauth2/callback/{alias}";

pub(super) fn router() -> Router<Platform> {
    Router::new().route(PATH, get(show).post(act)).route(CALLBACK, get(visits::come_back))
}

/// Where a provider's page posts its answer. It comes from another site, as it should.
pub(super) fn posted_router() -> Router<Platform> {
    Router::new().route(CALLBACK, post(visits::posted_back))
}

/// The names of what is connected, for the overview; null where the project has no providers.
pub(super) fn connected(visit: &Visit, owner: &Owner) -> Value {
    let names: Vec<&str> = owned(owner).map(|it| it.provider.r#type.as_str()).collect();
    let has_any = link::providers(&visit.ctx).next().is_some() || !names.is_empty();
    if has_any { json!(names) } else { Value::Null }
}

async fn show(visit: Visit) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    if let Some(wrong) = in_the_way(&visit, &owner) {
        return Ok(page_of(&visit, &owner, StatusCode::OK, Some(wrong)));
    }
    match owner.action.as_ref().and_then(|it| it.alias()) {
        // The app has said all that there is to say.
        Some(alias) if owner.does(SettingsAction::LinkOAuth) => {
            visits::begin(&visit, &owner, alias).await
        }
        _ => Ok(flash::told(&visit, page(&visit, &owner, None))),
    }
}

/// Why what an app asks for cannot be done.
fn in_the_way(visit: &Visit, owner: &Owner) -> Option<Wrong> {
    let alias = owner.action.as_ref()?.alias()?;
    let invariant = |key| Some(Wrong::form("InvariantViolated", key));
    let Some(provider) = link::providers(&visit.ctx).find(|it| it.alias == alias) else {
        return Some(Wrong::form("BadRequest", "aw-error-provider-unknown"));
    };
    let namespace = provider::id_of(provider);
    let is_connected = owned(owner).any(|it| Some(&it.provider) == namespace.as_ref());
    match (owner.does(SettingsAction::LinkOAuth), is_connected) {
        (true, true) => invariant("aw-error-provider-connected"),
        (false, false) => invariant("aw-error-provider-not-connected"),
        (true, false) | (false, true) => None,
    }
}

async fn act(visit: Visit, fields: Fields) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    // The second name of each is upstream's.
    let action = fields.get("action").or_else(|| fields.get("x_action"));
    match action {
        Some("connect" | "add") => {
            let alias = fields.get("provider_alias").or_else(|| fields.get("x_provider_alias"));
            visits::begin(&visit, &owner, alias.unwrap_or_default()).await
        }
        Some("disconnect" | "remove") => {
            let id = fields.get("identity_id").or_else(|| fields.get("q_identity_id"));
            disconnect(&visit, &owner, &IdentityId::new(id.unwrap_or_default())).await
        }
        _ => Ok(page(&visit, &owner, None)),
    }
}

async fn disconnect(visit: &Visit, owner: &Owner, id: &IdentityId) -> Result<Response, Problem> {
    let source = owner.source(visit);
    match link::unlink(&owner.cx(visit, &source), id).await? {
        Ok(identity) => {
            let flash = Flash::ProviderDisconnected(type_of(&identity));
            let what = SettingsAction::UnlinkOAuth;
            owner.done(visit, what, || flash.redirect(visit, PATH)).await
        }
        Err(refusal) => Ok(page(visit, owner, Some(wrong(&refusal)?))),
    }
}

/// What the page says when nothing was connected or let go of.
fn wrong(refusal: &Refusal) -> Result<Wrong, Problem> {
    Ok(match refusal {
        Refusal::UnknownIdentity | Refusal::RemovalDisabled => return Err(Problem::NotFound),
        Refusal::UnknownToken | Refusal::OthersToken | Refusal::StateMismatch => {
            return Err(Problem::Expired);
        }
        Refusal::UnknownProvider | Refusal::InvalidRedirectUri => {
            Wrong::form("BadRequest", "aw-error-provider-unknown")
        }
        Refusal::MissingCredentials => {
            Wrong::form("OAuthProviderMissingCredentials", "aw-error-provider-failed")
        }
        Refusal::Provider(refusal) => Wrong::form(refusal.reason(), "aw-error-provider-failed"),
        Refusal::Unreachable => Wrong::form("OAuthProtocolError", "aw-error-provider-failed"),
        Refusal::Taken { .. } => Wrong::form("InvariantViolated", "aw-error-provider-taken"),
        Refusal::TooMany => Wrong::form("InvariantViolated", "aw-error-identity-limit"),
        Refusal::Last => Wrong::form("InvariantViolated", "v2.error.remove-last-identity"),
    })
}

fn page(visit: &Visit, owner: &Owner, wrong: Option<Wrong>) -> Response {
    let status = if wrong.is_none() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    page_of(visit, owner, status, wrong)
}

fn page_of(visit: &Visit, owner: &Owner, status: StatusCode, wrong: Option<Wrong>) -> Response {
    let offered: Vec<&OAuthProvider> = link::providers(&visit.ctx).collect();
    let namespaces: Vec<_> = offered.iter().map(|it| provider::id_of(it)).collect();
    let mut lines = Vec::new();
    // An app that asks for one thing has one line.
    let only = owner.action.as_ref().and_then(|it| it.alias());
    for (provider, namespace) in offered.iter().zip(&namespaces) {
        if only.is_some_and(|alias| alias != provider.alias) {
            continue;
        }
        let same = |it: &&OAuthIdentity| Some(&it.provider) == namespace.as_ref();
        let identity = owned(owner).find(same);
        lines.push(line(visit, owner, (Some(provider), identity)));
    }
    // What was connected at a provider that is offered no more can still be let go of.
    let others = owned(owner).filter(|it| !namespaces.contains(&Some(it.provider.clone())));
    let others = others.filter(|_| only.is_none());
    lines.extend(others.map(|it| line(visit, owner, (None, Some(it)))));
    let own = json!({
        "providers": lines,
        "notice": if wrong.is_none() { flash::notice(visit) } else { Value::Null },
        "errors": wrong.into_iter().collect::<Vec<_>>(),
    });
    let page = visit.page("settings_oauth").with_status(status);
    page.render(&visit.ctx, context(visit, owner, own))
}

fn line(
    visit: &Visit,
    owner: &Owner,
    (provider, identity): (Option<&OAuthProvider>, Option<&OAuthIdentity>),
) -> Value {
    let account = identity.map(|it| Identity::OAuth(it.clone()).display_id().to_owned());
    let kind = provider.and_then(|it| it.kind).map(ProviderType::as_str);
    let kind = kind.or(identity.map(|it| it.provider.r#type.as_str()));
    json!({
        "alias": provider.map_or("", |it| it.alias.as_str()),
        "type": kind,
        "identity_id": identity.map(|it| it.base.id.as_str()),
        "account": account.filter(|it| !it.is_empty()),
        "can_connect": provider.is_some_and(|it| it.create_disabled != Some(true)),
        "can_disconnect": owner.overview.identities.len() > 1
            && identity.is_some_and(|it| link::may_remove(&visit.ctx, it)),
    })
}

fn owned(owner: &Owner) -> impl Iterator<Item = &OAuthIdentity> {
    owner.overview.identities.iter().filter_map(|it| match &it.identity {
        Identity::OAuth(it) => Some(it),
        _ => None,
    })
}

fn type_of(identity: &Identity) -> String {
    match identity {
        Identity::OAuth(it) => it.provider.r#type.clone(),
        _ => String::new(),
    }
}
