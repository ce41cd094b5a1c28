//! What a page of ours asks a browser for a passkey, before or beside a flow; and where else the
//! project's passkeys may be used.
//!
//! The answers of the browser go to the flow: as `assertion_response` where somebody names or proves
//! themselves, as `creation_response` where a passkey is offered.

use accounts::passkey::challenge::{self, Ceremony};
use accounts::passkey::{self, Party};
use appconfig::authentication::PrimaryAuthenticatorType;
use axum::Json;
use axum::response::{IntoResponse, Response};
use limits::{Charged, Limit, Subject};
use serde_json::{Map, json};
use web::{ApiError, ErrorName, Fields};

use crate::account;
use crate::problem::Problem;
use crate::visit::Visit;

/// `POST /_internals/passkey/request_options`: for whichever passkey the person has. With
/// `conditional=true` the browser suggests them in a form (WebAuthn Level 3 §5.1.4).
pub async fn request_options(visit: Visit, fields: Fields) -> Result<Response, Problem> {
    if let Some(refusal) = admit(&visit).await? {
        return Ok(refusal);
    }
    let (ctx, kv) = (&visit.ctx, &visit.platform.kv);
    let challenge = challenge::issue(ctx, kv, &Ceremony::Request).await?;
    let mut options = passkey::request_options(&Party::of(ctx), &challenge, std::iter::empty());
    let asked = fields.get("conditional").or_else(|| visit.query.get("conditional"));
    if asked == Some("true") {
        options["mediation"] = json!("conditional");
    }
    Ok(web::result(options))
}

/// `POST /_internals/passkey/creation_options`: for whoever is signed in.
pub async fn creation_options(visit: Visit) -> Result<Response, Problem> {
    if let Some(refusal) = admit(&visit).await? {
        return Ok(refusal);
    }
    let ctx = &visit.ctx;
    let nobody = || ApiError::new(ErrorName::BadRequest, "BadRequest", "session not found");
    let Some(session) = visit.session().await? else { return Ok(nobody().into_response()) };
    let mut tx = visit.platform.store.read(&ctx.app.id).await?;
    let Some(overview) = tx.users().find_overview(&session.user_id).await? else {
        return Ok(nobody().into_response());
    };
    let own = passkey::list(&mut tx, &session.user_id).await?;
    drop(tx);
    let ceremony = Ceremony::creation(&session.user_id);
    let challenge = challenge::issue(ctx, &visit.platform.kv, &ceremony).await?;
    let name = account::main_login_id(&overview);
    let user = &session.user_id;
    let options = passkey::creation_options(&Party::of(ctx), &challenge, user, &name, &own);
    Ok(web::result(options))
}

/// `GET /.well-known/webauthn`: related origins (WebAuthn Level 3 §5.11).
pub async fn related_origins(visit: Visit) -> Result<Response, Problem> {
    let origins = passkey::related_origins(&visit.ctx.app);
    if !takes_passkeys(&visit) || origins.is_empty() {
        return Err(Problem::NotFound);
    }
    Ok(Json(json!({ "origins": origins })).into_response())
}

/// Each call keeps a challenge for a while, so it is charged as a step of a flow is.
async fn admit(visit: &Visit) -> Result<Option<Response>, Problem> {
    if !takes_passkeys(visit) {
        return Err(Problem::NotFound);
    }
    let (ctx, kv) = (&visit.ctx, &visit.platform.kv);
    Ok(match limits::charge(ctx, kv, Limit::WalkFlow, Subject::default()).await? {
        Charged::Charged(_) => None,
        Charged::Exhausted(exhausted) => {
            let (name, message) = (ErrorName::TooManyRequest, "request rate limited");
            let info = exhausted.details();
            let info: Map<_, _> = info.as_object().cloned().unwrap_or_default();
            Some(ApiError::new(name, "RateLimited", message).with_info(info).into_response())
        }
    })
}

fn takes_passkeys(visit: &Visit) -> bool {
    let config = &visit.ctx.app.config.authentication;
    config.has_primary(PrimaryAuthenticatorType::Passkey)
}
