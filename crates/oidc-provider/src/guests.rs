//! Clients that are not in the configuration, for the time of a request.
//!
//! Rules look a client up in the project's snapshot. Where a request names one that is not there,
//! the request goes on with a copy of the snapshot that has it: nothing below has to know that there
//! are two kinds, and what is changed or deleted is so with the next request.

use std::sync::Arc;
use std::time::Duration;

use appconfig::ClientConfig;
use ctx::{App, Ctx};
use domain::{ClientId, RegisteredClient};
use kv::{Charge, Key, Rate};
use moka::sync::Cache;
use oauth::{ErrorCode, OAuthError};
use serde_json::{Map, Value};
use sessions::clients;
use stdx::{Timestamp, sha256_hex};
use url::Url;
use web::Platform;

use crate::error::EndpointError;

/// Copies that are kept, so that they are not made for each request: the clients of a busy minute.
const COPIES_MAX: u64 = 64;
const COPY_KEPT: Duration = Duration::from_mins(5);

/// How long a document about a client counts before it is asked for again.
const DOCUMENT_FRESH_SECONDS: i64 = 10 * 60;

/// How long a document that was no good is not asked for again: whoever names an address must not
/// make us knock there without end.
const DOCUMENT_REFUSED_SECONDS: i64 = 60;

/// A client is a row that stays. People install a few apps in an hour; a flood is not people.
const NEW_BY_ADDRESS: Rate = Rate { period_millis: 60 * 60 * 1000, burst: 30 };
const NEW: Rate = Rate { period_millis: 60 * 60 * 1000, burst: 2_000 };

const CLIENT_ID_BYTES_MAX: usize = 512;

struct Copies(Cache<(String, Timestamp), Arc<App>>);

impl Copies {
    fn new(_: &App) -> Self {
        Self(Cache::builder().max_capacity(COPIES_MAX).time_to_live(COPY_KEPT).build())
    }
}

/// Where a client may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// Only from what is on record.
    Record,
    /// And from its document, if its name is an address.
    Document,
}

/// The context in which the client of this name is found, if there is one.
pub async fn admit(
    platform: &Platform,
    ctx: &Ctx,
    client_id: Option<&str>,
    from: From,
) -> Result<Ctx, EndpointError> {
    let config = &ctx.app.config.oauth;
    let unknown = client_id.filter(|id| config.find_client(id).is_none());
    let Some(id) = unknown.filter(|it| it.len() <= CLIENT_ID_BYTES_MAX) else {
        return Ok(ctx.clone());
    };
    if !config.takes_unknown_clients() {
        return Ok(ctx.clone());
    }
    let mut tx = platform.store.read(&ctx.app.id).await?;
    let mut found = tx.registered_clients().find(&ClientId::new(id)).await?;
    drop(tx);
    if config.x_client_id_metadata_documents_enabled && is_document(id) {
        let is_fresh =
            |it: &RegisteredClient| ctx.now.seconds_since(it.updated_at) < DOCUMENT_FRESH_SECONDS;
        if from == From::Document && !found.as_ref().is_some_and(is_fresh) {
            found = Some(by_document(platform, ctx, id, found).await?);
        }
    }
    let Some(client) = found else { return Ok(ctx.clone()) };
    Ok(with(ctx, &client))
}

fn with(ctx: &Ctx, client: &RegisteredClient) -> Ctx {
    let copies = ctx.app.derived(Copies::new);
    let name = (client.id.as_str().to_owned(), client.updated_at);
    let app = copies.0.get(&name).or_else(|| {
        let config = clients::config_of(client)?;
        let app = Arc::new(ctx.app.with_client(config, client.secret_hash.clone()));
        copies.0.insert(name, app.clone());
        Some(app)
    });
    app.map_or_else(|| ctx.clone(), |app| Ctx { app, ..ctx.clone() })
}

/// Whether a name is the address of a document about a client: HTTPS, with a path, and nothing in it
/// by which two addresses could be one (draft-ietf-oauth-client-id-metadata-document §2).
fn is_document(id: &str) -> bool {
    let Ok(url) = Url::parse(id) else { return false };
    let is_plain = url.as_str() == id
        && url.fragment().is_none()
        && url.query().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    is_plain && url.scheme() == "https" && url.path() != "/"
}

/// Fetches the document and puts it on record. One that cannot be had leaves what was on record.
async fn by_document(
    platform: &Platform,
    ctx: &Ctx,
    id: &str,
    known: Option<RegisteredClient>,
) -> Result<RegisteredClient, EndpointError> {
    let refused = Key::new(&ctx.app.id, "client_document_refused", &sha256_hex(id));
    if platform.kv.get(&refused, ctx.now).await?.is_none() {
        if known.is_none() {
            charge_new(platform, ctx).await?;
        }
        match fetch(platform, id).await {
            Ok(metadata) => return put(platform, ctx, id, &metadata, known).await,
            Err(problem) => {
                tracing::warn!(client_id = id, problem, "a document about a client is not good");
                let seconds = DOCUMENT_REFUSED_SECONDS;
                platform.kv.put(&refused, b"refused", seconds, ctx.now).await?;
            }
        }
    }
    let unknown = || {
        let text = "the document about the client could not be read";
        OAuthError::new(ErrorCode::InvalidClient, text).into()
    };
    known.ok_or_else(unknown)
}

async fn fetch(platform: &Platform, id: &str) -> Result<Map<String, Value>, String> {
    let document = platform.outbound.fetch_client_document(id).await;
    let mut metadata = document.map_err(|error| error.to_string())?;
    if metadata.get("client_id").and_then(Value::as_str) != Some(id) {
        return Err("the document is about another client".to_owned());
    }
    // §4.1 of the draft: nobody has agreed on a secret with whoever reads this.
    let method = metadata.entry("token_endpoint_auth_method").or_insert_with(|| "none".into());
    if !matches!(method.as_str(), Some("none" | "private_key_jwt")) {
        return Err("a document cannot promise a secret".to_owned());
    }
    // A name is what anybody likes it to be; the host is not.
    let host = Url::parse(id).ok().and_then(|it| it.host_str().map(str::to_owned));
    let host = host.unwrap_or_default();
    let name = match metadata.get("client_name").and_then(Value::as_str) {
        Some(name) => format!("{} ({host})", name.chars().take(50).collect::<String>()),
        None => host,
    };
    metadata.insert("client_name".to_owned(), name.into());
    clients::config(id, &metadata).map_err(|error| error.to_string())?;
    Ok(metadata)
}

async fn put(
    platform: &Platform,
    ctx: &Ctx,
    id: &str,
    metadata: &Map<String, Value>,
    known: Option<RegisteredClient>,
) -> Result<RegisteredClient, EndpointError> {
    let client = RegisteredClient {
        id: ClientId::new(id),
        metadata: Value::Object(metadata.clone()).to_string(),
        secret_hash: None,
        registration_token_hash: None,
        created_at: known.map_or(ctx.now, |it| it.created_at),
        updated_at: ctx.now,
    };
    let mut tx = platform.store.write(&ctx.app.id).await?;
    tx.registered_clients().put(&client).await?;
    tx.commit().await?;
    Ok(client)
}

/// What it costs to come as a client that was not here before.
pub async fn charge_new(platform: &Platform, ctx: &Ctx) -> Result<(), EndpointError> {
    for (name, rate) in [(sha256_hex(&ctx.caller.ip), NEW_BY_ADDRESS), ("all".to_owned(), NEW)] {
        let key = Key::new(&ctx.app.id, "new_client", &name);
        if let Charge::Exhausted { .. } = platform.kv.charge(&key, rate, 1.0, ctx.now).await? {
            let text = "rate limit exceeded, please try again later.";
            return Err(OAuthError::new(ErrorCode::RateLimited, text).into());
        }
    }
    Ok(())
}

/// Whether a secret is that of the client that came with the request.
pub fn has_secret(ctx: &Ctx, client: &ClientConfig, secret: &str) -> bool {
    let known = ctx.app.secret_hash_of_guest(&client.client_id);
    known.is_some_and(|it| stdx::constant_time_eq(it.as_bytes(), sha256_hex(secret).as_bytes()))
}

#[cfg(test)]
mod tests;
