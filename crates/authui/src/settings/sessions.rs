//! Where the account is signed in, and ways out of there.

use ::sessions::listing::{self, Listed};
use ::sessions::{SessionRef, end};
use axum::response::Response;
use events::TerminationType;
use serde_json::{Value, json};
use web::Fields;

use super::{Owner, context};
use crate::flash::{self, Flash};
use crate::problem::Problem;
use crate::visit::{Visit, see_other};

const PATH: &str = "/settings/sessions";

pub async fn show(visit: Visit) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let listed = list(&visit, &owner).await?;
    let own = json!({
        "sessions": listed.iter().map(shown).collect::<Vec<_>>(),
        "notice": flash::notice(&visit),
    });
    let page = visit.page("settings_sessions").render(&visit.ctx, context(&visit, &owner, own));
    Ok(flash::told(&visit, page))
}

/// Signs out one other session, or all of them. What does not name one changes nothing.
pub async fn act(visit: Visit, fields: Fields) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let named = fields.get("session_id").and_then(SessionRef::from_sid);
    match (fields.get("action"), named) {
        (Some("revoke"), Some(named)) => revoke(&visit, &owner, &named).await,
        (Some("revoke_others"), _) => revoke_others(&visit, &owner).await,
        _ => Ok(see_other(&visit.link(PATH, &[]))),
    }
}

async fn revoke(visit: &Visit, owner: &Owner, named: &SessionRef) -> Result<Response, Problem> {
    let listed = list(visit, owner).await?;
    // Only what the page offers: other sessions of the same person.
    let Some(chosen) = listed.into_iter().find(|it| it.session == *named && !it.is_current) else {
        return Ok(see_other(&visit.link(PATH, &[])));
    };
    let ctx = &visit.ctx;
    let mut tx = visit.platform.store.write(&ctx.app.id).await?;
    let ended = end::one_of(ctx, &mut tx, &owner.session.user_id, &chosen.session).await?;
    let recorder = owner.recorder(visit);
    recorder.sessions_terminated(&mut tx, &ended, TerminationType::Individual).await?;
    tx.commit().await?;
    visit.platform.sessions.forget(ctx, &ended).await;
    Ok(Flash::SessionRevoked(chosen.display_name).redirect(visit, PATH))
}

async fn revoke_others(visit: &Visit, owner: &Owner) -> Result<Response, Problem> {
    let count = list(visit, owner).await?.iter().filter(|it| !it.is_current).count();
    let ctx = &visit.ctx;
    let session = &owner.session;
    let mut tx = visit.platform.store.write(&ctx.app.id).await?;
    let ended = end::all_of(ctx, &mut tx, &session.user_id, Some(session)).await?;
    if !ended.is_empty() {
        let kind = TerminationType::AllExceptCurrent;
        owner.recorder(visit).sessions_terminated(&mut tx, &ended, kind).await?;
    }
    tx.commit().await?;
    visit.platform.sessions.forget(ctx, &ended).await;
    Ok(Flash::OtherSessionsRevoked(count).redirect(visit, PATH))
}

async fn list(visit: &Visit, owner: &Owner) -> Result<Vec<Listed>, Problem> {
    let session = &owner.session;
    let mut tx = visit.platform.store.read(&visit.ctx.app.id).await?;
    Ok(listing::list(&visit.ctx, &mut tx, &session.user_id, Some(session)).await?)
}

fn shown(it: &Listed) -> Value {
    let last_active_at = it.last_access.at.unwrap_or(it.created_at);
    json!({
        "id": it.session.sid(),
        "current": it.is_current,
        "kind": kind(it),
        "name": (!it.display_name.is_empty()).then_some(&it.display_name),
        "app_name": it.application_name,
        "ip": it.last_access.ip,
        // Where an address is, is not known to us.
        "country_code": null,
        "country_key": null,
        "last_active_at": last_active_at.to_rfc3339(),
    })
}

fn kind(it: &Listed) -> &'static str {
    let user_agent = &it.last_access.user_agent;
    let says = |word: &str| user_agent.contains(word);
    if it.application_name.is_some() {
        "app"
    } else if says("iPad") || says("Android") && !says("Mobile") {
        "tablet"
    } else if says("iPhone") || says("Android") {
        "phone"
    } else if says("Windows") || says("Mac OS X") || says("Linux") || says("CrOS") {
        "desktop"
    } else {
        "unknown"
    }
}
