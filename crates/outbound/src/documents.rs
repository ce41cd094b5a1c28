//! What other servers publish about themselves: discovery documents and keys.
//!
//! Both are remembered by their address, for a while and in bounded number. A token that names a
//! key we do not know has the keys fetched anew, but not more often than every few seconds, so
//! that invented names cannot make us knock without end.

use std::sync::Arc;

use ctx::Ctx;
use http::Method;
use jose::{JwsError, Jwt, KeySet, Unverified};
use moka::sync::Cache;
use serde::Deserialize;
use serde_json::{Map, Value};
use stdx::Timestamp;
use url::Url;

use crate::Outbound;
use crate::http::{Bounds, HttpError, Route, exchange};

/// A large key set is some tens of kilobytes.
const BOUNDS: Bounds = Bounds::new(5, 256 * 1024);
/// A document about a client has a few lines, and somebody waits for it.
const CLIENT_BOUNDS: Bounds = Bounds::new(5, 16 * 1024);
/// Providers rotate keys over hours, and announce them before.
const FRESH_SECONDS: i64 = 600;
/// How long the keys are not asked for again, whatever tokens name.
const REFETCH_SECONDS: i64 = 10;
/// Issuers of all projects together, on one node.
const DOCUMENTS_MAX: u64 = 1_000;

/// What became of a token that somebody else signed.
#[derive(Debug)]
pub enum SignedElsewhere {
    /// The signature is good. Its claims are still to be checked.
    Genuine(Box<Jwt>),
    Refused(JwsError),
}

/// OpenID Connect Discovery 1.0 §3, as far as it is used.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Discovery {
    #[serde(default)]
    pub issuer: String,
    #[serde(default)]
    pub authorization_endpoint: String,
    #[serde(default)]
    pub token_endpoint: String,
    #[serde(default)]
    pub userinfo_endpoint: String,
    #[serde(default)]
    pub jwks_uri: String,
}

pub(crate) struct Documents {
    discovery: Cache<(Route, String), Remembered<Discovery>>,
    keys: Cache<(Route, String), Remembered<KeySet>>,
}

struct Remembered<T> {
    fetched_at: Timestamp,
    document: Arc<T>,
}

impl Default for Documents {
    fn default() -> Self {
        Self { discovery: Cache::new(DOCUMENTS_MAX), keys: Cache::new(DOCUMENTS_MAX) }
    }
}

impl<T> Clone for Remembered<T> {
    fn clone(&self) -> Self {
        Self { fetched_at: self.fetched_at, document: self.document.clone() }
    }
}

impl<T> Remembered<T> {
    fn is_younger(&self, ctx: &Ctx, seconds: i64) -> bool {
        (0..seconds).contains(&ctx.now.seconds_since(self.fetched_at))
    }
}

impl Outbound {
    /// Verifies `token` with the keys that are published at `jwks_uri`.
    pub async fn verify_signed_elsewhere(
        &self,
        ctx: &Ctx,
        jwks_uri: &str,
        token: &str,
    ) -> Result<SignedElsewhere, HttpError> {
        self.verify_by(ctx, Route::Guarded, jwks_uri, token).await
    }

    pub(crate) async fn verify_by(
        &self,
        ctx: &Ctx,
        route: Route,
        jwks_uri: &str,
        token: &str,
    ) -> Result<SignedElsewhere, HttpError> {
        let token = match Unverified::parse(token) {
            Ok(token) => token,
            Err(error) => return Ok(SignedElsewhere::Refused(error)),
        };
        let cache = &self.0.documents.keys;
        let address = (route, jwks_uri.to_owned());
        let mut keys = cache.get(&address).filter(|it| it.is_younger(ctx, FRESH_SECONDS));
        if let Some(known) = &keys
            && !known.document.has_key_for(&token)
            && !known.is_younger(ctx, REFETCH_SECONDS)
        {
            // Whoever comes while we ask is answered from what is known.
            cache.insert(address.clone(), Remembered { fetched_at: ctx.now, ..known.clone() });
            keys = None;
        }
        if let Some(known) = keys {
            return Ok(verify(&known.document, &token));
        }
        let set: Value = self.fetch_document(route, jwks_uri).await?;
        let document = Arc::new(KeySet::read(&set));
        cache.insert(address, Remembered { fetched_at: ctx.now, document: document.clone() });
        Ok(verify(&document, &token))
    }

    /// What a client says of itself at the address that is its name. Not remembered: that is for
    /// whoever believes it.
    pub async fn fetch_client_document(
        &self,
        address: &str,
    ) -> Result<Map<String, Value>, HttpError> {
        let url = Url::parse(address).map_err(|_| HttpError::Forbidden)?;
        let request = self.0.http.request(Route::Guarded, Method::GET, &url)?;
        let answer = exchange(request, CLIENT_BOUNDS).await?;
        if answer.status.is_success() { answer.json() } else { Err(answer.unreadable()) }
    }

    pub(crate) async fn discover(
        &self,
        ctx: &Ctx,
        route: Route,
        url: &str,
    ) -> Result<Arc<Discovery>, HttpError> {
        let cache = &self.0.documents.discovery;
        let address = (route, url.to_owned());
        let known = cache.get(&address).filter(|it| it.is_younger(ctx, FRESH_SECONDS));
        if let Some(known) = known {
            return Ok(known.document);
        }
        let document = Arc::new(self.fetch_document::<Discovery>(route, url).await?);
        cache.insert(address, Remembered { fetched_at: ctx.now, document: document.clone() });
        Ok(document)
    }

    async fn fetch_document<T: serde::de::DeserializeOwned>(
        &self,
        route: Route,
        url: &str,
    ) -> Result<T, HttpError> {
        let url = Url::parse(url).map_err(|_| HttpError::Forbidden)?;
        let answer = exchange(self.0.http.request(route, Method::GET, &url)?, BOUNDS).await?;
        if answer.status.is_success() { answer.json() } else { Err(answer.unreadable()) }
    }
}

fn verify(keys: &KeySet, token: &Unverified<'_>) -> SignedElsewhere {
    match keys.verify(token) {
        Ok(jwt) => SignedElsewhere::Genuine(Box::new(jwt)),
        Err(error) => SignedElsewhere::Refused(error),
    }
}

#[cfg(test)]
mod tests;
