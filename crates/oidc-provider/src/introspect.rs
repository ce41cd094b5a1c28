//! `POST /oauth2/introspect` (RFC 7662).
//!
//! A client that can prove who it is asks about a token, and is told about its own, and about those
//! that are made out to it: whose audience is the client's id. A resource server is such a client,
//! with the URI of its resource as its id. About every other token, and about what is no token, it
//! learns the same: that it is not active (§2.2).

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use http::HeaderMap;
use limits::{Charged, Limit, Subject};
use oauth::{ErrorCode, OAuthError, Params};
use serde_json::{Value, json};
use sessions::{About, Kind, subject};
use web::{CtxOf, Platform};

use crate::client::ClientCredentials;
use crate::dpop::{confirmation, token_type};
use crate::error::{EndpointError, no_store};
use crate::guests::{From, admit};

const PATH: &str = "/oauth2/introspect";

pub async fn introspect(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    form: String,
) -> Response {
    match answer(&platform, &ctx, &headers, &form).await {
        Ok(answer) => {
            let mut response = Json(answer).into_response();
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
    form: &str,
) -> Result<Value, EndpointError> {
    // A wrong secret costs as much as at the token endpoint. A server that has the right one asks
    // with every request of its own, and gets back what it was charged.
    let limit = Limit::RequestToken;
    let receipt = match limits::charge(ctx, &platform.kv, limit, Subject::default()).await? {
        Charged::Charged(receipt) => receipt,
        Charged::Exhausted(_) => {
            let text = "rate limit exceeded, please try again later.";
            return Err(OAuthError::new(ErrorCode::RateLimited, text).into());
        }
    };
    let params = Params::parse(form)?;
    let credentials = ClientCredentials::read(&params, headers)?;
    let ctx = &admit(platform, ctx, Some(&credentials.client_id), From::Record).await?;
    let client = credentials.find(ctx)?;
    if client.is_public() {
        let text = "this client cannot prove who it is";
        let error = OAuthError::new(ErrorCode::InvalidClient, text);
        return Err(EndpointError::ClientAuthentication(error));
    }
    credentials.authenticate(platform, ctx, client, PATH).await?;
    limits::refund(ctx, &platform.kv, receipt).await?;
    let token =
        params.get("token").ok_or_else(|| OAuthError::invalid_request("token is required"))?;
    let about = platform.sessions.about(ctx, token).await?;
    let told = about.filter(|it| may_know(&client.client_id, it));
    Ok(told.map_or_else(|| json!({ "active": false }), |about| shown(ctx, &about)))
}

fn may_know(client_id: &str, about: &About) -> bool {
    about.client_id.as_str() == client_id || about.audience.as_deref() == Some(client_id)
}

fn shown(ctx: &Ctx, about: &About) -> Value {
    let sub = match &about.user_id {
        // As the client that has the token knows them.
        Some(user) => subject(ctx, Some(about.client_id.as_str()), user),
        None => format!("client_id_{}", about.client_id),
    };
    let mut answer = json!({
        "active": true,
        "scope": about.scopes.to_string(),
        "client_id": about.client_id.as_str(),
        "sub": sub,
        "iss": ctx.app.origin(),
        "iat": about.issued_at.seconds(),
        "exp": about.expires_at.seconds(),
        "aud": about.audience.as_deref().unwrap_or_else(|| ctx.app.origin()),
    });
    if let Some(session) = &about.session {
        answer["sid"] = json!(session.sid());
    }
    if about.kind == Kind::AccessToken {
        answer["token_type"] = json!(token_type(about.dpop_jkt.as_deref()));
    }
    if let Some(jkt) = &about.dpop_jkt {
        let (name, value) = confirmation(jkt);
        answer[name] = value;
    }
    answer
}

#[cfg(test)]
mod tests;
