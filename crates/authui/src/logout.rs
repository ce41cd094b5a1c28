//! Signing out: asked first, so that a link on another site cannot do it.
//!
//! Applications send people here from their end-session endpoint, with `redirect_uri` saying
//! where to go afterwards (OpenID Connect RP-Initiated Logout §2).

use axum::response::{IntoResponse, Response};
use serde_json::json;
use sessions::end;
use web::sign_out_cookies;

use crate::problem::Problem;
use crate::record::Recorder;
use crate::return_to::after_logout;
use crate::visit::{Visit, found, with_cookies};

pub async fn ask(visit: Visit) -> Result<Response, Problem> {
    if visit.session().await?.is_none() {
        return Ok(leave(&visit));
    }
    let cancel_url = visit.link("/settings", &[]);
    Ok(visit.page("logout").render(&visit.ctx, json!({ "cancel_url": cancel_url })))
}

/// Ends the session and the group it belongs to, and makes the browser forget it.
pub async fn act(visit: Visit) -> Result<Response, Problem> {
    if let Some(session) = visit.session().await? {
        let ctx = &visit.ctx;
        let mut tx = visit.platform.store.write(&ctx.app.id).await?;
        let ended = end::session(ctx, &mut tx, &session).await?;
        Recorder { visit: &visit, session: &session }.signed_out(&mut tx, &ended).await?;
        tx.commit().await?;
        visit.platform.sessions.forget(ctx, &ended).await;
    }
    Ok(leave(&visit))
}

/// Off to where the application wanted, or the page that says it is done.
fn leave(visit: &Visit) -> Response {
    let app = &visit.ctx.app;
    let wanted =
        visit.query.get("redirect_uri").or_else(|| visit.query.get("post_logout_redirect_uri"));
    let default = app.config.ui.default_post_logout_redirect_uri.clone();
    let response = if let Some(to) = wanted.and_then(|it| after_logout(app, it)).or(default) {
        // Upstream says 302 here, also to a form, and whole addresses.
        let to = if to.starts_with('/') { format!("{}{to}", app.origin()) } else { to };
        found(&to)
    } else {
        let login_url = visit.link("/login", &[]);
        visit.page("signed_out").render(&visit.ctx, json!({ "login_url": login_url }))
    };
    with_cookies(response.into_response(), sign_out_cookies(app))
}
