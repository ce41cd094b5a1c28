//! Connections to mail servers, kept for the next mail.

use std::time::Duration;

use appconfig::secrets::SmtpMode;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use moka::sync::Cache;

use crate::mail::MailError;
use crate::settings::{Settings, SettingsError, SmtpServer};
use crate::trust::Trust;

pub(crate) type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// For connecting, and for each command.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
/// Servers count connections by client; a burst of sign-ups waits rather than being refused.
const CONNECTIONS_MAX: u32 = 8;
/// Shorter than the five minutes after which servers hang up (RFC 5321 §4.5.3.2.7).
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);
/// Projects with a server of their own whose connections are kept at the same time; each has a
/// copy of the certificates.
const SERVERS_MAX: u64 = 200;
/// The port of SMTP that begins with TLS (RFC 8314 §7.3).
const TLS_PORT: u16 = 465;

/// The pools, by server.
pub(crate) struct Transports {
    pools: Cache<Key, Transport>,
    trust: Trust,
}

/// What makes two servers the same, without the password in the clear.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    host: String,
    port: u16,
    protection: Protection,
    login: Option<(String, [u8; 32])>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Protection {
    /// TLS from the first byte.
    Wrapped,
    /// STARTTLS, or nothing.
    Required,
    /// STARTTLS, if it is offered.
    Offered,
}

impl Protection {
    fn of(server: &SmtpServer) -> Self {
        if server.mode == SmtpMode::Ssl || server.port == TLS_PORT {
            Self::Wrapped
        } else if server.username.is_empty() || is_this_machine(&server.host) {
            Self::Offered
        } else {
            // Neither a password nor a mail meant for a server with one travels in the clear,
            // whatever somebody in between has struck from the server's greeting.
            Self::Required
        }
    }
}

impl Transports {
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let trust = Trust::with(settings.ca_file.as_deref())?;
        let pools = Cache::builder().max_capacity(SERVERS_MAX).time_to_idle(IDLE_TIMEOUT * 10);
        Ok(Self { pools: pools.build(), trust })
    }

    /// Finds or makes the connections to `server`.
    pub fn find(&self, server: &SmtpServer, with_login: bool) -> Result<Transport, MailError> {
        let has_login = with_login && !server.username.is_empty();
        let key = Key {
            host: server.host.clone(),
            port: server.port,
            protection: Protection::of(server),
            login: has_login.then(|| {
                (server.username.clone(), stdx::sha256(server.password.reveal().as_bytes()))
            }),
        };
        if let Some(found) = self.pools.get(&key) {
            return Ok(found);
        }
        let made = self.make(&key, server)?;
        self.pools.insert(key, made.clone());
        Ok(made)
    }

    fn make(&self, key: &Key, server: &SmtpServer) -> Result<Transport, MailError> {
        let mut parameters =
            TlsParameters::builder(server.host.clone()).certificate_store(CertificateStore::None);
        for certificate in self.trust.certificates() {
            let certificate = Certificate::from_der(certificate.to_vec());
            parameters =
                parameters.add_root_certificate(certificate.map_err(MailError::Unavailable)?);
        }
        let parameters = parameters.build().map_err(MailError::Unavailable)?;
        let tls = match key.protection {
            Protection::Wrapped => Tls::Wrapper(parameters),
            Protection::Required => Tls::Required(parameters),
            Protection::Offered => Tls::Opportunistic(parameters),
        };
        let pool = PoolConfig::new().max_size(CONNECTIONS_MAX).idle_timeout(IDLE_TIMEOUT);
        let mut builder = Transport::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(COMMAND_TIMEOUT))
            .pool_config(pool);
        if key.login.is_some() {
            let password = server.password.reveal().clone();
            builder = builder.credentials(Credentials::new(server.username.clone(), password));
        }
        Ok(builder.build())
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|it| it.is_loopback())
}
