//! Where the authorization endpoint sends people: on to the page that is next for them.
//!
//! The order of reasons is upstream's: whom the application asked for, what page it asked for,
//! whether this browser is signed in, and whether it ever was.

use axum::response::Response;
use oauth::LoginHint;

use crate::pending::Pending;
use crate::problem::Problem;
use crate::questions::{PROMOTE, REAUTHENTICATE};
use crate::select_account::{self, Candidate};
use crate::visit::{Visit, see_other};

/// Says that somebody has signed in here before.
pub const SIGNED_UP_COOKIE: &str = "signed_up";

pub async fn enter(visit: Visit) -> Result<Response, Problem> {
    let Some(pending) = Pending::of(&visit).await? else {
        return Ok(see_other(&visit.link(first_page(&visit, None), &[])));
    };
    if matches!(pending.login_hint(), Some(LoginHint::Anonymous { .. })) {
        // Whoever is signed in, this is about the account that the application names.
        return Ok(see_other(&visit.link(PROMOTE, &[])));
    }
    if pending.session.login_required && pending.session.may_reauthenticate {
        // The application knows who it is, and wants to be sure of it.
        return Ok(see_other(&visit.link(REAUTHENTICATE, &[])));
    }
    let candidate = Candidate::of(&visit, &pending).await?;
    if pending.session.user_id_hint.is_some() {
        // The application named the person: there is nobody to select.
        return match candidate {
            Some(candidate) => select_account::proceed(&visit, &pending, &candidate).await,
            None => Ok(see_other(&visit.link("/login", &[]))),
        };
    }
    let path = match candidate {
        Some(_) => "/select_account",
        None => first_page(&visit, Some(&pending)),
    };
    Ok(see_other(&visit.link(path, &[])))
}

/// Signing in or signing up, for whoever is not signed in.
pub fn first_page(visit: &Visit, pending: Option<&Pending>) -> &'static str {
    let config = &visit.ctx.app.config;
    let is_closed = config.authentication.public_signup_disabled;
    if is_closed || config.ui.signup_login_flow_enabled {
        return "/login";
    }
    let asked = pending.and_then(|it| it.session.request.x.page.as_deref());
    let hint = pending.and_then(Pending::login_hint);
    match (asked, hint) {
        (Some("signup"), _) => "/signup",
        (Some("login"), _) | (_, Some(LoginHint::LoginId { .. })) => "/login",
        _ if visit.cookie(SIGNED_UP_COOKIE) == Some("true") => "/login",
        _ => "/signup",
    }
}
