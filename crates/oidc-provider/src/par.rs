//! `POST /oauth2/par`: a client says beforehand what it will send a browser for (RFC 9126).
//!
//! The client proves itself, the request is checked as if it had come by a browser, and what is
//! left for the browser to carry is a name that is good once, for a moment.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use http::{HeaderMap, StatusCode};
use limits::{Charged, Limit, Subject};
use oauth::{AuthorizationRequest, ErrorCode, OAuthError, Params};
use serde_json::json;
use web::{CtxOf, Platform};

use crate::authorize::{check_rules, destination};
use crate::client::ClientCredentials;
use crate::dpop;
use crate::error::{EndpointError, no_store};
use crate::guests::{From, admit};
use crate::resource;
use crate::unpack::{self, PUSHED_SECONDS};

const PATH: &str = "/oauth2/par";

/// What is about this request, and not about the one that is pushed.
const ABOUT_THE_CLIENT: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

pub async fn par(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    form: String,
) -> Response {
    match push(&platform, &ctx, &headers, &form).await {
        Ok(request_uri) => {
            let body = json!({ "request_uri": request_uri, "expires_in": PUSHED_SECONDS });
            let mut response = (StatusCode::CREATED, Json(body)).into_response();
            no_store(response.headers_mut());
            response
        }
        Err(error) => error.into_response(),
    }
}

async fn push(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    form: &str,
) -> Result<String, EndpointError> {
    // What is kept for a public client costs whoever sends it as much as a guess at a code.
    if let Charged::Exhausted(_) =
        limits::charge(ctx, &platform.kv, Limit::RequestToken, Subject::default()).await?
    {
        let text = "rate limit exceeded, please try again later.";
        return Err(OAuthError::new(ErrorCode::RateLimited, text).into());
    }
    let proof = dpop::presented(ctx, headers, PATH);
    let params = Params::parse(form)?;
    // RFC 9126 §2.1 (2).
    if params.get("request_uri").is_some() {
        return Err(OAuthError::invalid_request("request_uri cannot be pushed").into());
    }
    let credentials = ClientCredentials::read(&params, headers)?;
    let ctx = &admit(platform, ctx, Some(&credentials.client_id), From::Document).await?;
    let client = credentials.find(ctx)?;
    credentials.authenticate(platform, ctx, client, PATH).await?;
    let mut params = params;
    params.set("client_id", client.client_id.clone());
    let (mut params, way) = unpack::unpack_object(platform, ctx, &params).await?;
    for name in ABOUT_THE_CLIENT {
        params.remove(name);
    }
    // RFC 9449 §10.1: a proof here is as good as naming its key.
    if let Some(proof) = dpop::prove_if_any(platform, ctx, client, proof).await? {
        if params.get("dpop_jkt").is_some_and(|named| named != proof.jkt()) {
            return Err(dpop::other_key().into());
        }
        params.set("dpop_jkt", proof.jkt().to_owned());
    }
    destination(ctx, &mut params)?;
    let request = AuthorizationRequest::parse(&params)?;
    check_rules(client, &request)?;
    resource::check(ctx, request.resource.as_deref())?;
    unpack::Way { is_pushed: true, ..way }.check(client)?;
    unpack::keep(ctx, &platform.kv, params, way.is_signed).await
}

#[cfg(test)]
mod tests;
