//! HTTP under limits: a time for the whole exchange, a size for the answer, no cookies, and no
//! redirects that were not asked for.
//!
//! There are three ways out. `fixed` is for services whose addresses are ours to say. `guarded` is
//! for addresses that a project says: it does not reach into the network we are in. `idp` is the
//! same for identity providers, unless the process says through which proxy they are reached.

mod guard;

use std::time::Duration;

use ::http::{HeaderMap, Method, StatusCode};
use bytes::Bytes;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Proxy, RequestBuilder};
use url::Url;

pub(crate) use guard::Guard;

use crate::settings::{Settings, SettingsError};
use crate::trust::Trust;

/// A server that does not take a connection by then is not going to.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Idle connections to one host: enough for a burst, few enough to be polite.
const IDLE_MAX: usize = 8;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("the address is not one that may be called")]
    Forbidden,
    #[error("there was no answer in time")]
    Timeout,
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the server could not be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("the answer (status {0}) is not what was expected")]
    Unreadable(u16),
}

/// How long an exchange may take and how large its answer may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub timeout: Duration,
    pub answer_bytes_max: usize,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

#[derive(Clone, Debug)]
pub(crate) struct Http {
    pub fixed: Client,
    guarded: Client,
    idp: Client,
    guard: Guard,
    is_idp_guarded: bool,
    idp_stand_in: Option<String>,
}

/// By which way a request to an address from a configuration goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Route {
    Guarded,
    Idp,
}

impl Bounds {
    pub const fn new(timeout_seconds: u64, answer_bytes_max: usize) -> Self {
        Self { timeout: Duration::from_secs(timeout_seconds), answer_bytes_max }
    }
}

impl Answer {
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, HttpError> {
        serde_json::from_slice(&self.body).map_err(|_| self.unreadable())
    }

    pub fn unreadable(&self) -> HttpError {
        HttpError::Unreadable(self.status.as_u16())
    }
}

impl Http {
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let guard = Guard::new(settings.allowed.clone());
        let fixed = finish(builder(settings)?)?;
        let mut guarded = builder(settings)?;
        // Behind a proxy the names are the proxy's to look up, and what it lets through is
        // for its own rules to say.
        if settings.proxy.is_none() {
            guarded = guarded.dns_resolver(guard.clone());
        }
        let idp_stand_in = settings.endpoints.idp.clone();
        let is_idp_guarded = settings.idp_proxy.is_none() && idp_stand_in.is_none();
        let mut idp = builder(&idp_settings(settings))?;
        if settings.proxy.is_none() && is_idp_guarded {
            idp = idp.dns_resolver(guard.clone());
        }
        let (guarded, idp) = (finish(guarded)?, finish(idp)?);
        Ok(Self { fixed, guarded, idp, guard, is_idp_guarded, idp_stand_in })
    }

    /// Begins a request to an address that a project says.
    pub fn request(
        &self,
        route: Route,
        method: Method,
        url: &Url,
    ) -> Result<RequestBuilder, HttpError> {
        let (client, is_guarded) = match route {
            Route::Guarded => (&self.guarded, true),
            Route::Idp => (&self.idp, self.is_idp_guarded),
        };
        if is_guarded && !self.guard.allows(url) {
            return Err(HttpError::Forbidden);
        }
        match (&self.idp_stand_in, route) {
            (Some(base), Route::Idp) => Ok(client.request(method, stand_in(base, url))),
            _ => Ok(client.request(method, url.clone())),
        }
    }
}

/// Where the stand-in at `base` plays the part of `url`.
fn stand_in(base: &str, url: &Url) -> String {
    let query = url.query().map(|it| format!("?{it}")).unwrap_or_default();
    format!("{base}/{}{}{query}", url.host_str().unwrap_or_default(), url.path())
}

/// Sends a request and reads its answer.
pub(crate) async fn exchange(request: RequestBuilder, bounds: Bounds) -> Result<Answer, HttpError> {
    let mut response = request.timeout(bounds.timeout).send().await.map_err(no_answer)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
        if body.len() + chunk.len() > bounds.answer_bytes_max {
            return Err(HttpError::TooLarge(bounds.answer_bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    let headers = std::mem::take(response.headers_mut());
    Ok(Answer { status: response.status(), headers, body: body.into() })
}

/// Makes the body of a request a form.
pub(crate) fn form(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header(::http::header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
}

fn no_answer(error: reqwest::Error) -> HttpError {
    if guard::refused(&error) {
        return HttpError::Forbidden;
    }
    // Addresses can hold credentials, and errors are logged.
    let error = error.without_url();
    if error.is_timeout() { HttpError::Timeout } else { HttpError::Unreachable(error) }
}

fn builder(settings: &Settings) -> Result<ClientBuilder, SettingsError> {
    let builder = Client::builder()
        .user_agent("Authwarden")
        .redirect(Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_max_idle_per_host(IDLE_MAX)
        .no_proxy();
    let builder = match &settings.proxy {
        Some(proxy) => builder.proxy(parse_proxy(proxy)?),
        None => builder,
    };
    let trust = Trust::with(settings.ca_file.as_deref())?;
    Ok(builder.tls_backend_preconfigured(trust.client_config()?))
}

/// The settings as identity providers are reached.
fn idp_settings(settings: &Settings) -> Settings {
    Settings {
        proxy: settings.idp_proxy.clone().or_else(|| settings.proxy.clone()),
        ca_file: settings.idp_ca_file.clone().or_else(|| settings.ca_file.clone()),
        ..settings.clone()
    }
}

fn parse_proxy(address: &str) -> Result<Proxy, SettingsError> {
    Proxy::all(address).map_err(|_| SettingsError::Proxy(address.to_owned()))
}

fn finish(builder: ClientBuilder) -> Result<Client, SettingsError> {
    builder.build().map_err(|error| SettingsError::Tls(error.into()))
}

#[cfg(test)]
mod tests;
