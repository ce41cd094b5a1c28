//! The overview: a line for each thing that can be seen or changed.

use ::sessions::listing;
use appconfig::authentication::IdentityType;
use appconfig::identity::LoginIdKeyType;
use axum::response::Response;
use domain::{AuthenticatorKind, AuthenticatorType, LoginIdType, UserOverview};
use serde_json::{Value, json};

use super::{Owner, apps, context, deletion, providers};
use crate::problem::Problem;
use crate::visit::Visit;
use crate::{account, flash};

pub async fn show(visit: Visit) -> Result<Response, Problem> {
    let owner = Owner::of(&visit).await?;
    let session = &owner.session;
    let mut tx = visit.platform.store.read(&visit.ctx.app.id).await?;
    let listed = listing::list(&visit.ctx, &mut tx, &session.user_id, Some(session)).await?;
    drop(tx);
    let overview = &owner.overview;
    let can_be_deleted = upkeep::deletion::is_offered(&visit.ctx);
    let delete_account_url = can_be_deleted.then(|| visit.link(deletion::PATH, &[]));
    let own = json!({
        "user": {
            "id": overview.user.id.as_str(),
            "display_name": account::display_name(overview),
            "picture_url": account::picture_url(overview),
        },
        "identities": identities(&visit, overview),
        "password": password(overview),
        "biometric": visit.ctx.app.config.identity.biometric.list_enabled,
        "session_count": listed.len(),
        "providers": providers::connected(&visit, &owner),
        "app_count": apps::count(&visit, &owner).await?,
        "delete_account_url": delete_account_url,
        "notice": flash::notice(&visit),
    });
    let page = visit.page("settings").render(&visit.ctx, context(&visit, &owner, own));
    Ok(flash::told(&visit, page))
}

/// For each type its values, or null where the project has no such thing.
fn identities(visit: &Visit, overview: &UserOverview) -> Value {
    let values = |r#type: LoginIdType| {
        let values: Vec<&str> = account::login_ids(overview)
            .filter(|it| it.r#type == r#type)
            .map(|it| it.login_id.as_str())
            .collect();
        (!values.is_empty() || is_configured(visit, r#type)).then_some(values)
    };
    json!({
        "email": values(LoginIdType::Email),
        "phone": values(LoginIdType::Phone),
        "username": values(LoginIdType::Username),
    })
}

fn is_configured(visit: &Visit, r#type: LoginIdType) -> bool {
    let config = &visit.ctx.app.config;
    let kind = match r#type {
        LoginIdType::Email => LoginIdKeyType::Email,
        LoginIdType::Phone => LoginIdKeyType::Phone,
        LoginIdType::Username => LoginIdKeyType::Username,
    };
    config.authentication.identities.contains(&IdentityType::LoginId)
        && config.identity.login_id.find_type(kind).is_some()
}

fn password(overview: &UserOverview) -> Value {
    let mut authenticators = overview.authenticators.iter();
    let password = authenticators.find(|it| {
        it.r#type == AuthenticatorType::Password && it.kind == AuthenticatorKind::Primary
    });
    password.map_or(Value::Null, |it| json!({ "updated_at": it.updated_at.to_rfc3339() }))
}
