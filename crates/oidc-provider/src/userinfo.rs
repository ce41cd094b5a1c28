//! `GET` and `POST /oauth2/userinfo` (OpenID Connect Core §5.3).

use accounts::claims::claims;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use http::HeaderMap;
use oauth::{ErrorCode, OAuthError, Params};
use serde_json::{Map, Value};
use sessions::dpop::ProofError;
use sessions::{Credentials, Resolved, Session};
use web::{CtxOf, Platform};

use crate::dpop::{self, Presented};
use crate::error::{EndpointError, no_store};
use crate::id_token::opens;

const PATH: &str = "/oauth2/userinfo";

pub async fn get(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
) -> Response {
    let credentials = web::credentials(&ctx.app, &headers);
    let proof = web::dpop_proof(&ctx, &headers, ("GET", PATH));
    respond(answer(&platform, &ctx, &headers, credentials, proof).await)
}

/// RFC 6750 §2.2: the token may come in the form. One that is in the header too must not.
pub async fn post(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    form: String,
) -> Response {
    let params = Params::parse(&form).unwrap_or_default();
    let mut credentials = web::credentials(&ctx.app, &headers);
    match (credentials.bearer, params.get("access_token")) {
        (Some(_), Some(_)) => {
            let error = OAuthError::invalid_request("the access token is repeated");
            return EndpointError::Refused(error).into_response();
        }
        (None, in_form) => credentials.bearer = in_form,
        (Some(_), None) => {}
    }
    let proof = web::dpop_proof(&ctx, &headers, ("POST", PATH));
    respond(answer(&platform, &ctx, &headers, credentials, proof).await)
}

fn respond(answer: Result<Map<String, Value>, EndpointError>) -> Response {
    match answer {
        Ok(claims) => {
            let mut response = Json(claims).into_response();
            no_store(response.headers_mut());
            response
        }
        Err(error) => error.into_response(),
    }
}

async fn answer(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    mut credentials: Credentials<'_>,
    proof: Presented,
) -> Result<Map<String, Value>, EndpointError> {
    if let Err(error @ ProofError::Repeated) = proof {
        return Err(OAuthError::new(ErrorCode::InvalidDpopProof, error.to_string()).into());
    }
    // SDKs send proofs with tokens that are bound to nothing: what they are worth is asked only of
    // a token that is.
    credentials.proof = proof.as_ref().ok().and_then(Option::as_ref);
    // `invalid_grant`, where RFC 6750 has `invalid_token`: SDKs forget their session by it.
    let no_session = || match &proof {
        Err(error) if web::is_dpop_scheme(headers) => {
            EndpointError::NoProof(OAuthError::new(ErrorCode::InvalidDpopProof, error.to_string()))
        }
        Ok(_) if web::is_dpop_scheme(headers) => EndpointError::NoProof(dpop::other_key()),
        _ => EndpointError::NoSession(OAuthError::invalid_grant("invalid session")),
    };
    let Resolved::Session(session) = platform.sessions.resolve(ctx, credentials).await? else {
        return Err(no_session());
    };
    let mut tx = platform.store.read(&ctx.app.id).await?;
    let overview = tx.users().find_overview(&session.user_id).await?;
    let overview = overview.ok_or_else(no_session)?;
    let person = claims(ctx, &overview);

    let shows = |claim: &str| session.allows(oauth::scope::FULL_ACCESS) || may_see(&session, claim);
    let is_first_party = is_first_party(ctx, &session);
    let mut answer = person.always;
    let client_id = session.client_id.as_ref().map(domain::ClientId::as_str);
    let named = sessions::subject(ctx, client_id, &session.user_id);
    answer.insert("sub".to_owned(), named.into());
    answer.extend(person.account.into_iter().filter(|(name, _)| shows(name)));
    answer.extend(person.standard.into_iter().filter(|(name, _)| is_first_party || shows(name)));
    if is_first_party {
        answer.insert("custom_attributes".to_owned(), Value::Object(person.custom));
    }
    Ok(answer)
}

fn may_see(session: &Session, claim: &str) -> bool {
    opens(&session.scopes, claim)
}

/// A browser session is the project's own.
fn is_first_party(ctx: &Ctx, session: &Session) -> bool {
    let id = session.client_id.as_ref();
    id.is_none_or(|id| {
        let client = ctx.app.config.oauth.find_client(id.as_str());
        client.is_some_and(appconfig::ClientConfig::is_first_party)
    })
}

#[cfg(test)]
mod tests;
