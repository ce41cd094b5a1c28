//! The hosted pages: sign-up, login, settings, sign-out.
//!
//! A client of the flow engine like any other: a page renders one question, a form posts one
//! answer, and no rule of authentication lives here. What each template is given is in
//! `docs/pages.md`.

mod account;
mod dev;
mod entry;
mod flash;
mod frame;
mod hooked;
mod logout;
mod passkey;
mod pending;
mod phone;
mod policy;
mod problem;
mod questions;
mod record;
mod reset_password;
mod return_to;
mod select_account;
mod settings;
mod sign_in_link;
#[cfg(test)]
mod tests;
mod visit;
mod wrong;

use axum::Router;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::{get, post};
use web::Platform;

use problem::Problem;
use visit::Visit;

/// The pages. In development mode there is a demo app, and an inbox for what was not sent.
pub fn router(dev_mode: bool) -> Router<Platform> {
    let pages = Router::new()
        .route("/", get(home))
        .route("/_internals/oauth_entrypoint", get(entry::enter))
        .route("/select_account", get(select_account::ask).post(select_account::act))
        .merge(questions::router())
        .route("/logout", get(logout::ask).post(logout::act))
        .merge(links())
        .merge(passkeys())
        .merge(settings::router());
    let pages = if dev_mode { pages.merge(dev::router()) } else { pages };
    pages.layer(from_fn(frame::frame)).merge(settings::posted_router())
}

/// What links in mails lead to, at upstream's addresses; mails of old have another one.
fn links() -> Router<Platform> {
    let link = get(sign_in_link::ask).post(sign_in_link::approve);
    let reset = get(reset_password::ask).post(reset_password::answer);
    Router::new()
        .route("/authflow/v2/verify_login_link", link)
        .route("/authflow/v2/reset_password", reset.clone())
        .route("/flows/reset_password", reset)
        .route("/authflow/v2/reset_password/success", get(reset_password::done))
}

/// What scripts ask for passkeys.
fn passkeys() -> Router<Platform> {
    Router::new()
        .route("/_internals/passkey/request_options", post(passkey::request_options))
        .route("/_internals/passkey/creation_options", post(passkey::creation_options))
        .route("/.well-known/webauthn", get(passkey::related_origins))
}

/// The page for an address that leads nowhere.
#[expect(clippy::needless_pass_by_value, reason = "what is extracted is handed over")]
pub fn not_found(visit: Visit) -> std::future::Ready<Response> {
    let page = visit.page("not_found").with_status(http::StatusCode::NOT_FOUND);
    std::future::ready(page.render(&visit.ctx, serde_json::json!({ "home_url": "/" })))
}

/// The start page: whatever is next for whoever comes.
async fn home(visit: Visit) -> Result<Response, Problem> {
    let to = if visit.session().await?.is_some() { "/settings" } else { "/login" };
    Ok(visit::see_other(&visit.link(to, &[])))
}
