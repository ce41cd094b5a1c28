//! The devices that sign somebody in with a key behind their biometric lock, and how to be rid of
//! one. A project shows them with `identity.biometric.list_enabled`.

use ::sessions::biometric::{device_model, disable};
use axum::response::Response;
use domain::{BiometricIdentity, Identity};
use serde_json::{Value, json};
use web::Fields;

use super::{Owner, context};
use crate::flash::{self, Flash};
use crate::problem::Problem;
use crate::visit::{Visit, see_other};

const PATH: &str = "/settings/biometric";

pub async fn show(visit: Visit) -> Result<Response, Problem> {
    let owner = owner(&visit).await?;
    let devices: Vec<Value> = devices(&owner).map(shown).collect();
    let own = json!({ "devices": devices, "notice": flash::notice(&visit) });
    let page = visit.page("settings_biometric").render(&visit.ctx, context(&visit, &owner, own));
    Ok(flash::told(&visit, page))
}

/// Takes the key of one device away. What does not name one changes nothing.
pub async fn act(visit: Visit, fields: Fields) -> Result<Response, Problem> {
    let owner = owner(&visit).await?;
    let named = fields.get("identity_id").filter(|_| fields.get("action") == Some("remove"));
    let found = devices(&owner).find(|it| Some(it.base.id.as_str()) == named);
    let Some(device) = found else { return Ok(see_other(&visit.link(PATH, &[]))) };
    let ctx = &visit.ctx;
    let mut tx = visit.platform.store.write(&ctx.app.id).await?;
    // Two tabs at once: the second has nothing to take away.
    if tx.identities().find(&device.base.id).await?.is_none() {
        return Ok(see_other(&visit.link(PATH, &[])));
    }
    let identity = Identity::Biometric(device.clone());
    let source = owner.recorder(&visit).source();
    let ended = disable(ctx, &mut tx, &identity, &source).await?;
    tx.commit().await?;
    visit.platform.sessions.forget(ctx, &ended).await;
    Ok(Flash::BiometricRemoved(device_model(device).unwrap_or_default()).redirect(&visit, PATH))
}

async fn owner(visit: &Visit) -> Result<Owner, Problem> {
    if !visit.ctx.app.config.identity.biometric.list_enabled {
        return Err(Problem::NotFound);
    }
    Owner::of(visit).await
}

fn devices(owner: &Owner) -> impl Iterator<Item = &BiometricIdentity> {
    owner.overview.identities.iter().filter_map(|it| match &it.identity {
        Identity::Biometric(it) => Some(it),
        _ => None,
    })
}

fn shown(it: &BiometricIdentity) -> Value {
    json!({
        "id": it.base.id.as_str(),
        "name": device_model(it),
        "created_at": it.base.created_at.to_rfc3339(),
    })
}
