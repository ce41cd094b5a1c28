//! Pages for developers, in development mode only: the demo app, and what was not sent.

mod inbox;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use serde_json::json;
use web::Platform;

use crate::problem::Problem;
use crate::visit::Visit;

/// The client that `init` writes into a new project.
const DEMO_CLIENT: &str = "demo";

pub fn router() -> Router<Platform> {
    Router::new()
        .route("/demo", get(demo))
        .route("/inbox", get(inbox::show))
        .route("/inbox/html", get(inbox::html))
}

/// The demo app, where the project has a client for it.
async fn demo(visit: Visit) -> Result<Response, Problem> {
    let app = &visit.ctx.app;
    let client = app.config.oauth.find_client(DEMO_CLIENT).ok_or(Problem::NotFound)?;
    let here = format!("{}/demo", app.origin());
    if !client.redirect_uris.contains(&here) {
        return Err(Problem::NotFound);
    }
    let after_logout = client.post_logout_redirect_uris.iter().find(|it| **it == here);
    let context = json!({
        "demo": {
            "client_id": client.client_id,
            "issuer": app.origin(),
            "redirect_uri": here,
            "post_logout_redirect_uri": after_logout.unwrap_or(&here),
            "settings_url": "/settings",
            "scopes": [
                "openid",
                "offline_access",
                "https://authgear.com/scopes/full-userinfo",
            ],
        },
        "inbox_url": "/inbox",
    });
    Ok(visit.page("demo").render(&visit.ctx, context))
}
