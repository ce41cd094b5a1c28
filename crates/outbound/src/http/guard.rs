//! Which addresses a project may have us call.
//!
//! A name is judged by what it resolves to, at the moment of connecting, so a name that changes
//! its address between a check and the call gains nothing.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Public addresses, and those that the process was told to allow besides.
#[derive(Clone, Debug)]
pub(crate) struct Guard(Arc<[IpNet]>);

/// A name that leads nowhere public.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to no address that may be called")]
struct Refused;

impl Guard {
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self(allowed.into())
    }

    /// Whether `url` is http(s) and, when its host is an address, may be called. Names are judged
    /// when they are resolved.
    pub fn allows(&self, url: &Url) -> bool {
        if !matches!(url.scheme(), "http" | "https") {
            return false;
        }
        match url.host() {
            Some(Host::Ipv4(ip)) => self.allows_ip(ip.into()),
            Some(Host::Ipv6(ip)) => self.allows_ip(ip.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        }
    }

    pub fn allows_ip(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        is_public(ip) || self.0.iter().any(|range| range.contains(&ip))
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|address| guard.allows_ip(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::other(Refused).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether `error` began in [`Guard::resolve`].
pub(super) fn refused(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if error.is::<Refused>()
            || inner.is_some_and(<dyn std::error::Error + Send + Sync>::is::<Refused>)
        {
            return true;
        }
        cause = error.source();
    }
    false
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// What is not in the registry of special addresses (RFC 6890).
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_special = match a {
        // This network, private, loopback, multicast and reserved.
        0 | 10 | 127 | 224..=255 => true,
        // Shared with the carrier (RFC 6598).
        100 => (64..128).contains(&b),
        // Link-local, where clouds keep their metadata.
        169 => b == 254,
        172 => (16..32).contains(&b),
        // Private, protocol assignments, documentation, 6to4 relays.
        192 => b == 168 || (b == 0 && (c == 0 || c == 2)) || (b == 88 && c == 99),
        // Benchmarks and documentation.
        198 => matches!(b, 18 | 19) || (b == 51 && c == 100),
        203 => b == 0 && c == 113,
        _ => false,
    };
    !is_special
}

/// Global unicast (2000::/3), without documentation and without what carries an IPv4 address.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, ..] = ip.segments();
    let is_global = a & 0xe000 == 0x2000;
    // Teredo and other protocol assignments (2001::/23), documentation, 6to4.
    let is_special = match a {
        0x2001 => b < 0x200 || b == 0xdb8,
        0x2002 => true,
        0x3fff => b < 0x1000,
        _ => false,
    };
    is_global && !is_special
}

#[cfg(test)]
mod tests;
