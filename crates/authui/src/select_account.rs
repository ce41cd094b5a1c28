//! Somebody is signed in here already: go on as that person, or as somebody else.

use std::sync::Arc;

use axum::response::Response;
use domain::UserOverview;
use oauth::LoginHint;
use serde_json::json;
use sessions::{AuthenticationInfo, Session, SessionRef, authentication_info};
use web::Fields;

use crate::account;
use crate::entry::first_page;
use crate::pending::{Pending, shown_client};
use crate::problem::Problem;
use crate::visit::{Visit, see_other};

/// The person whose session can answer the request.
pub struct Candidate {
    session: Arc<Session>,
    overview: UserOverview,
}

impl Candidate {
    /// Whoever is signed in to this browser, unless the request asks for more than that.
    pub async fn of(visit: &Visit, pending: &Pending) -> Result<Option<Self>, Problem> {
        let request = &pending.session.request;
        // The application wants nothing to do with the browser's session.
        if pending.session.login_required || request.suppresses_idp_session_cookie() {
            return Ok(None);
        }
        let Some(session) = visit.session().await? else { return Ok(None) };
        if !matches!(session.session, SessionRef::Idp(_)) {
            return Ok(None);
        }
        let hint = pending.session.user_id_hint.as_deref();
        if hint.is_some_and(|hint| hint != session.user_id.as_str()) {
            return Ok(None);
        }
        let mut tx = visit.platform.store.read(&visit.ctx.app.id).await?;
        let overview = tx.users().find_overview(&session.user_id).await?;
        let overview = overview.filter(|it| is_hinted(it, pending.login_hint().as_ref()));
        Ok(overview.map(|overview| Self { session, overview }))
    }
}

/// Whether a hint that names a login ID names one of this person.
fn is_hinted(overview: &UserOverview, hint: Option<&LoginHint>) -> bool {
    let Some(LoginHint::LoginId { email, phone, username, .. }) = hint else { return true };
    let named = [email, phone, username].into_iter().flatten();
    let mut named = named.map(|it| it.to_lowercase());
    named.any(|named| account::login_ids(overview).any(|it| it.login_id.to_lowercase() == named))
}

pub async fn ask(visit: Visit) -> Result<Response, Problem> {
    let (pending, candidate) = find(&visit).await?;
    let Some(candidate) = candidate else {
        return Ok(see_other(&visit.link(first_page(&visit, Some(&pending)), &[])));
    };
    let clients = &visit.ctx.app.config.oauth;
    let client = clients.find_client(&pending.session.request.client_id);
    let context = json!({
        "client": shown_client(client),
        "account": account::shown(&candidate.overview),
    });
    Ok(visit.page("select_account").render(&visit.ctx, context))
}

pub async fn act(visit: Visit, fields: Fields) -> Result<Response, Problem> {
    let (pending, candidate) = find(&visit).await?;
    match candidate {
        Some(candidate) if fields.get("action") == Some("continue") => {
            proceed(&visit, &pending, &candidate).await
        }
        // Somebody else, or nobody is signed in any more.
        _ => Ok(see_other(&visit.link("/login", &[]))),
    }
}

/// Back into the authorization request, with what the session proves.
pub async fn proceed(
    visit: &Visit,
    pending: &Pending,
    candidate: &Candidate,
) -> Result<Response, Problem> {
    let session = &candidate.session;
    let info = AuthenticationInfo {
        user_id: session.user_id.clone(),
        amr: session.amr.clone(),
        authenticated_at: session.authenticated_at,
        oauth_session_id: pending.id.clone(),
        session: Some(session.session.clone()),
    };
    let code = authentication_info::save(&visit.ctx, &visit.platform.kv, &info).await?;
    let pairs = [("code", code.as_str()), ("x_ref", pending.id.as_str())];
    Ok(see_other(&visit.link("/oauth2/consent", &pairs)))
}

async fn find(visit: &Visit) -> Result<(Pending, Option<Candidate>), Problem> {
    let pending = Pending::of(visit).await?.ok_or(Problem::Expired)?;
    let candidate = Candidate::of(visit, &pending).await?;
    Ok((pending, candidate))
}
