//! The applications of others that a person has given access, and taking it back.
//!
//! A project's own applications need no consent and are not here.

use std::borrow::Cow;

use ::sessions::{clients, consent};
use appconfig::ClientConfig;
use axum::response::Response;
use domain::{Authorization, AuthorizationId};
use events::TerminationType;
use oauth::scope;
use serde_json::{Value, json};
use web::Fields;

use super::{Owner, context};
use crate::flash::{self, Flash};
use crate::problem::Problem;
use crate::visit::{Visit, see_other};

const PATH: &str = "/settings/authorized_apps";

pub async fn show(visit: Visit) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let given = list(&visit, &owner).await?;
    let own = json!({
        "apps": given.iter().map(|(it, client)| shown(it, client)).collect::<Vec<_>>(),
        "notice": flash::notice(&visit),
    });
    let page = visit.page("settings_authorized_apps");
    Ok(flash::told(&visit, page.render(&visit.ctx, context(&visit, &owner, own))))
}

/// Takes the consent back, and signs the application out with it.
pub async fn act(visit: Visit, fields: Fields) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let named = fields.get("authorization_id").map(AuthorizationId::new);
    let given = list(&visit, &owner).await?;
    let Some((chosen, client)) = given.into_iter().find(|(it, _)| Some(&it.id) == named.as_ref())
    else {
        return Ok(see_other(&visit.link(PATH, &[])));
    };
    let (ctx, user) = (&visit.ctx, &owner.session.user_id);
    let mut tx = visit.platform.store.write(&ctx.app.id).await?;
    let ended = consent::withdraw(ctx, &mut tx, user, &chosen.id).await?;
    if !ended.is_empty() {
        let kind = TerminationType::Individual;
        owner.recorder(&visit).sessions_terminated(&mut tx, &ended, kind).await?;
    }
    tx.commit().await?;
    visit.platform.sessions.forget(ctx, &ended).await;
    Ok(Flash::AppRevoked(name(&client).to_owned()).redirect(&visit, PATH))
}

/// How many there are, for the overview.
pub(super) async fn count(visit: &Visit, owner: &Owner) -> Result<usize, Problem> {
    Ok(list(visit, owner).await?.len())
}

async fn list<'v>(
    visit: &'v Visit,
    owner: &Owner,
) -> Result<Vec<(Authorization, Cow<'v, ClientConfig>)>, Problem> {
    let mut tx = visit.platform.store.read(&visit.ctx.app.id).await?;
    let all = tx.authorizations().list(&owner.session.user_id).await?;
    let mut of_others = Vec::new();
    for it in all {
        let client = clients::load(&visit.ctx, &mut tx, it.client_id.as_str()).await?;
        if let Some(client) = client.filter(|it| it.is_third_party()) {
            of_others.push((it, client));
        }
    }
    Ok(of_others)
}

fn name(client: &ClientConfig) -> &str {
    client.client_name.as_deref().unwrap_or(&client.name)
}

fn shown(it: &Authorization, client: &ClientConfig) -> Value {
    json!({
        "id": it.id.as_str(),
        "name": name(client),
        "client_uri": client.client_uri,
        "since": it.created_at.to_rfc3339(),
        "scope_keys": it.scopes.iter().filter_map(message_key).collect::<Vec<_>>(),
    })
}

/// What a scope means, where it means something to people.
fn message_key(scope: &str) -> Option<&'static str> {
    Some(match scope {
        scope::PROFILE => "v2.page.consent.scopes.profile",
        scope::EMAIL => "v2.page.consent.scopes.email",
        scope::PHONE => "v2.page.consent.scopes.phone",
        scope::ADDRESS => "v2.page.consent.scopes.address",
        scope::FULL_USERINFO => "v2.page.consent.scopes.full-userinfo",
        scope::OFFLINE_ACCESS => "aw-scope-offline-access",
        _ => return None,
    })
}
