//! Connections to mail servers, kept for the next mail.

use std::time::Duration;

use appconfig::secrets::SmtpMode;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use moka::sync::Cache;

use crate::mail::MailError;
use crate::settings::{Settings, SettingsError, SmtpServer};

pub(crate) type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// For connecting, and for each command.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
/// Servers count connections by client; a burst of sign-ups waits rather than being refused.
const CONNECTIONS_MAX: u32 = 8;
/// Shorter than the five minutes after which servers hang up (RFC 5321 §4.5.3.2.7).
const IDLE_TIMEOUT: Duration = Duration::from_mins(1);
/// Projects with a server of their own whose connections are kept at the same time.
const SERVERS_MAX: u64 = 1_000;
/// The port of SMTP that begins with TLS (RFC 8314 §7.3).
const TLS_PORT: u16 = 465;

/// The pools, by server.
pub(crate) struct Transports {
    pools: Cache<Key, Transport>,
    ca: Option<Certificate>,
}

/// What makes two servers the same, without the password in the clear.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    host: String,
    port: u16,
    is_tls: bool,
    login: Option<(String, [u8; 32])>,
}

impl Transports {
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let ca = match &settings.ca_file {
            Some(path) => {
                let certificate = Certificate::from_pem(&Settings::read_ca(path)?);
                Some(certificate.map_err(|_| SettingsError::NoCertificate(path.clone()))?)
            }
            None => None,
        };
        let pools = Cache::builder().max_capacity(SERVERS_MAX).time_to_idle(IDLE_TIMEOUT * 10);
        Ok(Self { pools: pools.build(), ca })
    }

    /// Finds or makes the connections to `server`.
    pub fn find(&self, server: &SmtpServer, with_login: bool) -> Result<Transport, MailError> {
        let has_login = with_login && !server.username.is_empty();
        let key = Key {
            host: server.host.clone(),
            port: server.port,
            is_tls: server.mode == SmtpMode::Ssl || server.port == TLS_PORT,
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
        let mut parameters = TlsParameters::builder(server.host.clone());
        if let Some(ca) = &self.ca {
            parameters = parameters.add_root_certificate(ca.clone());
        }
        let parameters = parameters.build().map_err(MailError::Unavailable)?;
        let tls = if key.is_tls {
            Tls::Wrapper(parameters)
        } else if key.login.is_some() && !is_this_machine(&server.host) {
            // A password does not travel in the clear, whatever somebody in between has struck
            // from the server's greeting.
            Tls::Required(parameters)
        } else {
            Tls::Opportunistic(parameters)
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
