//! `/oauth2/register`: clients register themselves (RFC 7591) and manage what they said (RFC 7592).
//!
//! Off unless the project says so, and then for whoever has an initial access token, or for anybody.
//! What is registered is a third party's client, whatever it says of itself.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use ctx::Ctx;
use domain::{ClientId, RegisteredClient};
use http::{HeaderMap, StatusCode};
use oauth::{ErrorCode, OAuthError};
use serde_json::{Map, Value, json};
use sessions::clients::{self, METADATA_BYTES_MAX, MetadataError};
use stdx::{constant_time_eq, sha256_hex};
use web::{CtxOf, Platform};

use crate::error::{EndpointError, no_store};
use crate::guests::charge_new;

/// What we say, and do not take from whoever registers (RFC 7591 §3.2.1).
const OURS: [&str; 6] = [
    "client_id",
    "client_secret",
    "client_id_issued_at",
    "client_secret_expires_at",
    "registration_access_token",
    "registration_client_uri",
];

pub async fn register(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    headers: HeaderMap,
    body: String,
) -> Response {
    respond(StatusCode::CREATED, create(&platform, &ctx, &headers, &body).await)
}

pub async fn read(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let found = find(&platform, &ctx, &headers, &id).await;
    respond(StatusCode::OK, found.map(|client| told(&ctx, &client, None)))
}

pub async fn update(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    respond(StatusCode::OK, replace(&platform, &ctx, &headers, (&id, &body)).await)
}

pub async fn delete(
    State(platform): State<Platform>,
    CtxOf(ctx): CtxOf,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match remove(&platform, &ctx, &headers, &id).await {
        Ok(()) => {
            let mut response = StatusCode::NO_CONTENT.into_response();
            no_store(response.headers_mut());
            response
        }
        Err(error) => error.into_response(),
    }
}

fn respond(status: StatusCode, answer: Result<Value, EndpointError>) -> Response {
    match answer {
        Ok(answer) => {
            let mut response = (status, Json(answer)).into_response();
            no_store(response.headers_mut());
            response
        }
        Err(error) => error.into_response(),
    }
}

async fn create(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    body: &str,
) -> Result<Value, EndpointError> {
    let config = &ctx.app.config.oauth.x_client_registration;
    if !config.enabled {
        return Err(not_allowed());
    }
    if !config.open && !has_initial_token(ctx, headers) {
        return Err(not_allowed());
    }
    charge_new(platform, ctx).await?;
    let id = ctx.rng.uuid();
    let metadata = checked(&id, body)?;
    let secret = has_secret(&metadata).then(|| ctx.rng.token());
    let token = ctx.rng.token();
    let client = RegisteredClient {
        id: ClientId::new(id),
        metadata: Value::Object(metadata).to_string(),
        secret_hash: secret.as_deref().map(sha256_hex),
        registration_token_hash: Some(sha256_hex(&token)),
        created_at: ctx.now,
        updated_at: ctx.now,
    };
    let mut tx = platform.store.write(&ctx.app.id).await?;
    tx.registered_clients().put(&client).await?;
    tx.commit().await?;
    let mut told = told(ctx, &client, secret);
    told["registration_access_token"] = json!(token);
    Ok(told)
}

/// RFC 7592 §2.2: what is not said any more is gone.
async fn replace(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    (id, body): (&str, &str),
) -> Result<Value, EndpointError> {
    let known = find(platform, ctx, headers, id).await?;
    let metadata = checked(id, body)?;
    let wants_secret = has_secret(&metadata);
    let secret = (wants_secret && known.secret_hash.is_none()).then(|| ctx.rng.token());
    let secret_hash = secret.as_deref().map(sha256_hex).or(known.secret_hash.clone());
    let client = RegisteredClient {
        metadata: Value::Object(metadata).to_string(),
        secret_hash: secret_hash.filter(|_| wants_secret),
        updated_at: ctx.now,
        ..known
    };
    let mut tx = platform.store.write(&ctx.app.id).await?;
    // It may have been deleted since it was looked up.
    if tx.registered_clients().find(&client.id).await?.is_none() {
        return Err(not_allowed());
    }
    tx.registered_clients().put(&client).await?;
    tx.commit().await?;
    Ok(told(ctx, &client, secret))
}

/// RFC 7592 §2.3: its grants are over with it, since a client that is not there has none.
async fn remove(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    id: &str,
) -> Result<(), EndpointError> {
    let known = find(platform, ctx, headers, id).await?;
    let mut tx = platform.store.write(&ctx.app.id).await?;
    tx.registered_clients().delete(&known.id).await?;
    tx.commit().await?;
    Ok(())
}

/// The client whose token the request has.
async fn find(
    platform: &Platform,
    ctx: &Ctx,
    headers: &HeaderMap,
    id: &str,
) -> Result<RegisteredClient, EndpointError> {
    if !ctx.app.config.oauth.x_client_registration.enabled {
        return Err(not_allowed());
    }
    let mut tx = platform.store.read(&ctx.app.id).await?;
    let found = tx.registered_clients().find(&ClientId::new(id)).await?;
    let presented = bearer(ctx, headers).map(sha256_hex);
    let is_own = |it: &RegisteredClient| {
        let (known, presented) = (it.registration_token_hash.as_ref(), presented.as_ref());
        known.zip(presented).is_some_and(|(a, b)| constant_time_eq(a.as_bytes(), b.as_bytes()))
    };
    // RFC 7592 §2: nobody learns whether there is such a client.
    found.filter(is_own).ok_or_else(not_allowed)
}

fn bearer<'a>(ctx: &Ctx, headers: &'a HeaderMap) -> Option<&'a str> {
    web::credentials(&ctx.app, headers).bearer
}

fn has_initial_token(ctx: &Ctx, headers: &HeaderMap) -> bool {
    let Some(presented) = bearer(ctx, headers) else { return false };
    let known = ctx.app.secrets.client_registration.iter().flat_map(|it| it.tokens.reveal());
    // All of them are compared, so that the time does not tell which one was close.
    known.filter(|it| constant_time_eq(it.as_bytes(), presented.as_bytes())).count() > 0
}

fn not_allowed() -> EndpointError {
    EndpointError::NoSession(OAuthError::new(
        ErrorCode::InvalidToken,
        "registration is not allowed",
    ))
}

fn has_secret(metadata: &Map<String, Value>) -> bool {
    let method = metadata.get("token_endpoint_auth_method").and_then(Value::as_str);
    !matches!(method, Some("none" | "private_key_jwt"))
}

/// What the client says of itself, if it makes a client.
fn checked(id: &str, body: &str) -> Result<Map<String, Value>, EndpointError> {
    let malformed = || {
        let text = "the metadata are not a JSON object of moderate size";
        EndpointError::from(OAuthError::new(ErrorCode::InvalidClientMetadata, text))
    };
    if body.len() > METADATA_BYTES_MAX {
        return Err(malformed());
    }
    let mut metadata: Map<String, Value> = serde_json::from_str(body).map_err(|_| malformed())?;
    for name in OURS {
        metadata.remove(name);
    }
    match clients::config(id, &metadata) {
        Ok(_) => Ok(metadata),
        Err(error) => {
            let code = match &error {
                MetadataError::RedirectUri(_) => ErrorCode::InvalidRedirectUri,
                MetadataError::Metadata(_) => ErrorCode::InvalidClientMetadata,
            };
            Err(OAuthError::new(code, error.to_string()).into())
        }
    }
}

/// RFC 7591 §3.2.1. A secret is told once.
fn told(ctx: &Ctx, client: &RegisteredClient, secret: Option<String>) -> Value {
    let mut told: Value = serde_json::from_str(&client.metadata).unwrap_or_else(|_| json!({}));
    let id = client.id.as_str();
    told["client_id"] = json!(id);
    told["client_id_issued_at"] = json!(client.created_at.seconds());
    told["registration_client_uri"] = json!(format!("{}/oauth2/register/{id}", ctx.app.origin()));
    if told.get("token_endpoint_auth_method").is_none() {
        told["token_endpoint_auth_method"] = json!("client_secret_basic");
    }
    if let Some(secret) = secret {
        told["client_secret"] = json!(secret);
        told["client_secret_expires_at"] = json!(0);
    }
    told
}

#[cfg(test)]
mod tests;
