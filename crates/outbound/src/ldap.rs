//! Directories that people sign in with: find the one entry of a name, then bind as it.
//!
//! What a person types goes into the filter escaped (RFC 4515 §3), and an empty password is
//! never shown to a server: to a server that is a bind without a name, which succeeds
//! (RFC 4513 §5.1.2).

mod entry;

use std::sync::Arc;
use std::time::Duration;

use appconfig::Template;
use appconfig::identity::LdapServer;
use ctx::Ctx;
use ldap3::{
    DerefAliases, Ldap, LdapConnAsync, LdapConnSettings, Scope, SearchEntry, SearchOptions,
};
use rustls::ClientConfig;
use tokio::task::JoinSet;
use url::Url;

pub use entry::LdapEntry;

use crate::Outbound;
use crate::settings::SettingsError;
use crate::trust::Trust;

/// For connecting, and for each operation.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(10);
/// Everything together; a person is waiting.
const SIGN_IN_TIMEOUT: Duration = Duration::from_secs(30);
/// Enough to see that a name is not unique.
const ENTRIES_MAX: i32 = 2;
/// No directory has longer names.
const USERNAME_BYTES_MAX: usize = 512;
/// RFC 4511 §4.1.9.
const SUCCESS: u32 = 0;
const SIZE_LIMIT_EXCEEDED: u32 = 4;
const INVALID_CREDENTIALS: u32 = 49;

/// What a directory says of a name and a password.
#[derive(Debug, Clone, PartialEq)]
pub enum LdapOutcome {
    SignedIn(Box<LdapEntry>),
    /// There is no such person, or more than one, or the password is not theirs.
    InvalidCredentials,
}

/// Why a directory could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum LdapError {
    #[error("the configuration of the directory is wrong: {0}")]
    Configuration(&'static str),
    #[error("the directory did not answer in time")]
    Timeout,
    #[error("the directory could not be reached")]
    Unreachable(#[source] ldap3::LdapError),
    #[error("the directory does not speak TLS, and is not in a network where it need not")]
    NotEncrypted,
    #[error("the directory refused to {0} (result {1})")]
    Refused(&'static str, u32),
}

/// What connections to directories are made with.
pub(crate) struct Directories {
    tls: Arc<ClientConfig>,
}

/// A conversation, which ends when it is dropped.
struct Connection {
    ldap: Ldap,
    _driver: JoinSet<()>,
}

impl Directories {
    pub fn new(settings: &crate::Settings) -> Result<Self, SettingsError> {
        let trust = Trust::with(settings.ca_file.as_deref())?;
        Ok(Self { tls: Arc::new(trust.client_config()?) })
    }
}

impl Outbound {
    /// Asks `server` whether `password` is the password of whoever is called `username`.
    pub async fn sign_in_by_ldap(
        &self,
        ctx: &Ctx,
        server: &LdapServer,
        username: &str,
        password: &str,
    ) -> Result<LdapOutcome, LdapError> {
        if username.is_empty() || username.len() > USERNAME_BYTES_MAX || password.is_empty() {
            return Ok(LdapOutcome::InvalidCredentials);
        }
        let signing_in = self.find_and_bind(ctx, server, username, password);
        let outcome = tokio::time::timeout(SIGN_IN_TIMEOUT, signing_in).await;
        outcome.map_err(|_| LdapError::Timeout)?
    }

    async fn find_and_bind(
        &self,
        ctx: &Ctx,
        server: &LdapServer,
        username: &str,
        password: &str,
    ) -> Result<LdapOutcome, LdapError> {
        let filter = filter(server, username)?;
        let mut connection = self.connect(server).await?;
        let accounts = ctx.app.secrets.ldap.iter().flat_map(|it| &it.items);
        let account = accounts.filter(|it| it.name == server.name).find_map(|it| {
            Some((it.dn.as_deref()?, it.password.as_ref().filter(|it| !it.reveal().is_empty())?))
        });
        if let Some((dn, password)) = account {
            let code = connection.bind(dn, password.reveal()).await?;
            if code != SUCCESS {
                return Err(LdapError::Refused("bind as the account for searching", code));
            }
        }
        let Some(found) = connection.find(server, &filter).await? else {
            return Ok(LdapOutcome::InvalidCredentials);
        };
        // Whoever is here without an id cannot be recognised next time.
        let Some(entry) = LdapEntry::read(server, &found) else {
            return Ok(LdapOutcome::InvalidCredentials);
        };
        match connection.bind(&found.dn, password).await? {
            SUCCESS => Ok(LdapOutcome::SignedIn(Box::new(entry))),
            INVALID_CREDENTIALS => Ok(LdapOutcome::InvalidCredentials),
            code => Err(LdapError::Refused("bind as the person", code)),
        }
    }

    /// Connects with TLS where there is any. Without, only to a server on this machine or in a
    /// network that the process allows: whoever is in between could have struck the offer.
    async fn connect(&self, server: &LdapServer) -> Result<Connection, LdapError> {
        let url = Url::parse(&server.url);
        let url = url.map_err(|_| LdapError::Configuration("the address is not one"))?;
        let settings = || {
            let tls = self.0.directories.tls.clone();
            LdapConnSettings::new().set_conn_timeout(OPERATION_TIMEOUT).set_config(tls)
        };
        if url.scheme() == "ldaps" {
            return Connection::open(settings(), &url).await;
        }
        match Connection::open(settings().set_starttls(true), &url).await {
            Err(LdapError::Unreachable(_)) if self.may_be_plain(&url).await => {
                Connection::open(settings(), &url).await
            }
            Err(LdapError::Unreachable(ldap3::LdapError::LdapResult { .. })) => {
                Err(LdapError::NotEncrypted)
            }
            opened => opened,
        }
    }

    async fn may_be_plain(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let Ok(addresses) = tokio::net::lookup_host((host, 0)).await else { return false };
        let allowed = &self.0.settings.allowed;
        let mut addresses = addresses.map(|it| it.ip().to_canonical()).peekable();
        addresses.peek().is_some()
            && addresses
                .all(|ip| ip.is_loopback() || allowed.iter().any(|range| range.contains(&ip)))
    }
}

/// The filter for whoever is called `username`.
fn filter(server: &LdapServer, username: &str) -> Result<String, LdapError> {
    let template = Template::parse(&server.search_filter_template);
    let template = template.ok_or(LdapError::Configuration("the filter is no template"))?;
    let escaped = ldap3::ldap_escape(username);
    Ok(template.render(&|name| (name == "Username").then_some(escaped.as_ref())))
}

impl Connection {
    async fn open(settings: LdapConnSettings, url: &Url) -> Result<Self, LdapError> {
        let opened = LdapConnAsync::from_url_with_settings(settings, url).await;
        let (connection, ldap) = opened.map_err(problem)?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // Whoever waits for an answer hears of it.
            let _ = connection.drive().await;
        });
        Ok(Self { ldap, _driver: driver })
    }

    /// The result code of a simple bind.
    async fn bind(&mut self, dn: &str, password: &str) -> Result<u32, LdapError> {
        let bound = self.ldap.with_timeout(OPERATION_TIMEOUT).simple_bind(dn, password).await;
        Ok(bound.map_err(problem)?.rc)
    }

    /// The one entry that `filter` finds; none when there are more.
    async fn find(
        &mut self,
        server: &LdapServer,
        filter: &str,
    ) -> Result<Option<SearchEntry>, LdapError> {
        let seconds = i32::try_from(OPERATION_TIMEOUT.as_secs()).unwrap_or(i32::MAX);
        let options = SearchOptions::new()
            .deref(DerefAliases::Always)
            .sizelimit(ENTRIES_MAX)
            .timelimit(seconds);
        // An id is often an operational attribute, which has to be asked for by name.
        let attributes = ["*", server.user_id_attribute_name.as_str()];
        let ldap = self.ldap.with_search_options(options).with_timeout(OPERATION_TIMEOUT);
        let base = &server.base_dn;
        let search = ldap.streaming_search(base, Scope::Subtree, filter, attributes).await;
        let mut search = search.map_err(problem)?;
        let mut found = None;
        while let Some(next) = search.next().await.map_err(problem)? {
            if next.is_ref() || next.is_intermediate() {
                continue;
            }
            // Not every server keeps to the size that it was told.
            if found.is_some() {
                return Ok(None);
            }
            found = Some(SearchEntry::construct(next));
        }
        match search.finish().await.rc {
            SUCCESS => Ok(found),
            SIZE_LIMIT_EXCEEDED => Ok(None),
            code => Err(LdapError::Refused("search", code)),
        }
    }
}

fn problem(error: ldap3::LdapError) -> LdapError {
    match error {
        ldap3::LdapError::Timeout { .. } => LdapError::Timeout,
        error => LdapError::Unreachable(error),
    }
}

#[cfg(test)]
mod tests;
