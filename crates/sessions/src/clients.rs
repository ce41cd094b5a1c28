//! Clients that are not in the configuration: what they say of themselves becomes a client like the
//! others.
//!
//! Whoever registers is a third party: people are asked for their consent, and the client sees what
//! its scopes say. Nothing of what a stranger wrote decides more than that.

use std::borrow::Cow;

use appconfig::{ApplicationType, ClientAuthentication, ClientConfig, JwkSet, SigningAlgorithm};
use ctx::Ctx;
use domain::{ClientId, RegisteredClient};
use serde_json::{Map, Value};
use store::Tx;
use url::Url;

use crate::error::Result;

/// A client has a few, and each is compared with every request.
const REDIRECT_URIS_MAX: usize = 20;
const URI_BYTES_MAX: usize = 2048;
/// It stands on a page.
const NAME_CHARS_MAX: usize = 100;
/// Its keys and everything else it says of itself.
pub const METADATA_BYTES_MAX: usize = 16 * 1024;

/// Why metadata make no client (RFC 7591 §3.2.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    #[error("{0}")]
    RedirectUri(&'static str),
    #[error("{0}")]
    Metadata(&'static str),
}

/// The client of this name: the project's, or one that came by itself.
pub async fn load<'a>(
    ctx: &'a Ctx,
    tx: &mut Tx,
    id: &str,
) -> Result<Option<Cow<'a, ClientConfig>>> {
    if let Some(client) = ctx.app.config.oauth.find_client(id) {
        return Ok(Some(Cow::Borrowed(client)));
    }
    if !ctx.app.config.oauth.takes_unknown_clients() {
        return Ok(None);
    }
    let found = tx.registered_clients().find(&ClientId::new(id)).await?;
    Ok(found.as_ref().and_then(config_of).map(Cow::Owned))
}

/// The client that a row makes.
pub fn config_of(client: &RegisteredClient) -> Option<ClientConfig> {
    let metadata: Map<String, Value> = serde_json::from_str(&client.metadata).ok()?;
    config(client.id.as_str(), &metadata).ok()
}

/// The client that metadata make (RFC 7591 §2), as far as it is allowed.
pub fn config(
    id: &str,
    metadata: &Map<String, Value>,
) -> std::result::Result<ClientConfig, MetadataError> {
    let text = |name: &str| metadata.get(name).and_then(Value::as_str).map(str::to_owned);
    let name = text("client_name").unwrap_or_else(|| id.to_owned());
    let name: String = name.chars().filter(|it| !it.is_control()).take(NAME_CHARS_MAX).collect();
    let method = authentication(text("token_endpoint_auth_method").as_deref())?;
    let algorithm = match text("id_token_signed_response_alg").as_deref() {
        None | Some("RS256") => None,
        Some(other) => Some(
            SigningAlgorithm::from_word(other)
                .ok_or(MetadataError::Metadata("the signing algorithm is not supported"))?,
        ),
    };
    let mut client = ClientConfig::of_third_party(id, &name);
    client.redirect_uris = redirect_uris(metadata)?;
    client.client_uri = page(text("client_uri"))?;
    client.policy_uri = page(text("policy_uri"))?;
    client.tos_uri = page(text("tos_uri"))?;
    client.x_any_loopback_port = true;
    client.x_token_endpoint_auth_method = Some(method);
    client.x_id_token_signed_response_alg = algorithm;
    client.x_jwks = keys(metadata)?;
    client.x_jwks_uri = page(text("jwks_uri"))?;
    if method == ClientAuthentication::PrivateKeyJwt
        && client.x_jwks.is_none()
        && client.x_jwks_uri.is_none()
    {
        return Err(MetadataError::Metadata("private_key_jwt needs jwks or jwks_uri"));
    }
    let flag = |name: &str| metadata.get(name).and_then(Value::as_bool).unwrap_or_default();
    client.x_dpop_bound_access_tokens = flag("dpop_bound_access_tokens");
    client.x_require_pushed_authorization_requests = flag("require_pushed_authorization_requests");
    debug_assert_eq!(client.x_application_type, Some(ApplicationType::ThirdPartyApp));
    Ok(client)
}

/// RFC 7591 §2: a secret by header, unless it says otherwise.
fn authentication(
    method: Option<&str>,
) -> std::result::Result<ClientAuthentication, MetadataError> {
    let word = method.unwrap_or("client_secret_basic");
    ClientAuthentication::from_word(word)
        .ok_or(MetadataError::Metadata("token_endpoint_auth_method is not supported"))
}

/// Absolute, without a fragment, and nothing that a browser would run (RFC 6749 §3.1.2).
fn redirect_uris(metadata: &Map<String, Value>) -> std::result::Result<Vec<String>, MetadataError> {
    let refused = |text| Err(MetadataError::RedirectUri(text));
    let listed = metadata.get("redirect_uris").and_then(Value::as_array);
    let Some(listed) = listed.filter(|it| !it.is_empty()) else {
        return refused("redirect_uris is required");
    };
    if listed.len() > REDIRECT_URIS_MAX {
        return refused("there are too many redirect_uris");
    }
    let mut uris = Vec::new();
    for uri in listed {
        let Some(uri) = uri.as_str().filter(|it| it.len() <= URI_BYTES_MAX) else {
            return refused("a redirect URI is malformed");
        };
        if !is_redirect_uri(uri) {
            return refused("a redirect URI is not allowed");
        }
        uris.push(uri.to_owned());
    }
    Ok(uris)
}

/// HTTPS anywhere, HTTP on the device itself, or a scheme of an app's own, which has a dot in it
/// (RFC 8252 §7.1).
fn is_redirect_uri(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let is_plain = url.fragment().is_none() && url.username().is_empty();
    let is_known = match url.scheme() {
        "https" => url.host_str().is_some(),
        "http" => matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")),
        scheme => scheme.contains('.'),
    };
    is_plain && is_known && !uri.chars().any(|it| it.is_whitespace() || it.is_control())
}

/// An address that stands on a page, or that is called.
fn page(uri: Option<String>) -> std::result::Result<Option<String>, MetadataError> {
    let Some(uri) = uri else { return Ok(None) };
    let url = Url::parse(&uri).ok().filter(|it| it.scheme() == "https");
    if url.is_none() || uri.len() > URI_BYTES_MAX {
        return Err(MetadataError::Metadata("an address is not one of HTTPS"));
    }
    Ok(Some(uri))
}

fn keys(metadata: &Map<String, Value>) -> std::result::Result<Option<JwkSet>, MetadataError> {
    let Some(set) = metadata.get("jwks") else { return Ok(None) };
    let keys = set.get("keys").and_then(Value::as_array).filter(|it| (1..=32).contains(&it.len()));
    let keys = keys.ok_or(MetadataError::Metadata("jwks is malformed"))?;
    let is_public = |key: &Value| key.get("d").is_none() && key.get("k").is_none();
    if !keys.iter().all(is_public) {
        return Err(MetadataError::Metadata("jwks has private keys in it"));
    }
    Ok(Some(JwkSet { keys: keys.clone() }))
}

#[cfg(test)]
mod tests;
