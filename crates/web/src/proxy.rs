//! Which forwarded headers count, and whose address a request comes from.
//!
//! Headers that a client can write are believed only from a proxy that the operator named.
//! What does not parse is ignored: never believed, never a failure.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;

/// The proxies in front of us, by address.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    /// `TRUST_PROXY=true` without a list: whoever connects to us is a proxy, and only they are.
    pub peer: bool,
    pub ranges: Vec<IpNet>,
}

impl TrustedProxies {
    fn trusts_peer(&self, peer: IpAddr) -> bool {
        self.peer || self.is_proxy(peer)
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.ranges.iter().any(|range| range.contains(&address.to_canonical()))
    }

    /// The right-most hop of `X-Forwarded-For` that is not one of our proxies.
    ///
    /// A hop that does not parse ends the search: what stands left of it was written by
    /// somebody unknown, so the answer is the last address that we could vouch for.
    pub fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts_peer(peer) {
            return peer;
        }
        let lines = headers.get_all("x-forwarded-for").iter();
        let hops: Vec<&str> =
            lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).collect();
        let mut vouched = peer;
        for hop in hops.into_iter().rev() {
            let Some(address) = parse_hop(hop.trim()) else { break };
            vouched = address;
            if !self.is_proxy(address) {
                break;
            }
        }
        vouched
    }

    /// The host that the client asked for, without its port, in lower case.
    pub fn host(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        authority: Option<&str>,
    ) -> Option<String> {
        let forwarded =
            if self.trusts_peer(peer) { single(headers, "x-forwarded-host") } else { None };
        let asked = forwarded.and_then(host_name);
        asked.or_else(|| single(headers, "host").or(authority).and_then(host_name))
    }
}

/// The value of a header that must be there once; a list is as good as none.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    (values.next().is_none() && !value.contains(',')).then_some(value)
}

fn host_name(authority: &str) -> Option<String> {
    let authority: http::uri::Authority = authority.trim().parse().ok()?;
    let host = authority.host();
    (!host.is_empty() && !authority.as_str().contains('@')).then(|| host.to_ascii_lowercase())
}

/// An address, bare or with a port, IPv6 with or without brackets.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let bare = hop.parse().ok();
    let with_port = || hop.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip());
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    bare.or_else(with_port).or_else(bracketed).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests;
