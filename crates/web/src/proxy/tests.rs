use http::HeaderMap;

use super::TrustedProxies;

const PEER: &str = "10.0.0.1";

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().expect("header value"));
    }
    headers
}

fn proxies(ranges: &[&str]) -> TrustedProxies {
    TrustedProxies {
        peer: false,
        ranges: ranges.iter().map(|range| range.parse().expect("range")).collect(),
    }
}

#[track_caller]
fn check_address(proxies: &TrustedProxies, forwarded: &[&str], expected: &str) {
    let pairs: Vec<_> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
    let address = proxies.client_address(PEER.parse().expect("peer"), &headers(&pairs));
    assert_eq!(address.to_string(), expected);
}

#[test]
fn without_trust_the_header_says_nothing() {
    check_address(&TrustedProxies::default(), &["1.2.3.4"], PEER);
    check_address(&proxies(&["192.168.0.0/16"]), &["1.2.3.4"], PEER);
}

#[test]
fn the_right_most_hop_that_is_no_proxy_of_ours_is_the_client() {
    let ours = proxies(&["10.0.0.0/8"]);
    check_address(&ours, &["6.6.6.6, 1.2.3.4, 10.9.9.9"], "1.2.3.4");
    check_address(&ours, &["6.6.6.6", "1.2.3.4"], "1.2.3.4");
    check_address(&ours, &["10.1.1.1, 10.2.2.2"], "10.1.1.1");
}

#[test]
fn with_trust_in_the_peer_alone_only_the_last_hop_counts() {
    let peer = TrustedProxies { peer: true, ranges: Vec::new() };
    check_address(&peer, &["6.6.6.6, 1.2.3.4"], "1.2.3.4");
}

#[test]
fn a_hop_that_does_not_parse_is_never_skipped_over() {
    let ours = proxies(&["10.0.0.0/8"]);
    check_address(&ours, &["1.2.3.4, nonsense"], PEER);
    check_address(&ours, &["1.2.3.4, nonsense, 10.0.0.2"], "10.0.0.2");
    check_address(&ours, &[""], PEER);
}

#[test]
fn ports_brackets_and_mapped_addresses_are_understood() {
    let ours = proxies(&["10.0.0.0/8"]);
    check_address(&ours, &["1.2.3.4:5678"], "1.2.3.4");
    check_address(&ours, &["[2001:db8::1]:443"], "2001:db8::1");
    check_address(&ours, &["[2001:db8::1]"], "2001:db8::1");
    check_address(&ours, &["::ffff:1.2.3.4"], "1.2.3.4");
}

#[track_caller]
fn check_host(proxies: &TrustedProxies, pairs: &[(&'static str, &str)], expected: Option<&str>) {
    let host = proxies.host(PEER.parse().expect("peer"), &headers(pairs), None);
    assert_eq!(host.as_deref(), expected);
}

#[test]
fn the_host_is_taken_without_port_and_case() {
    check_host(
        &TrustedProxies::default(),
        &[("host", "Accounts.Example:3000")],
        Some("accounts.example"),
    );
    check_host(&TrustedProxies::default(), &[("host", "[::1]:3000")], Some("[::1]"));
    check_host(&TrustedProxies::default(), &[("host", "user@evil.example")], None);
    check_host(&TrustedProxies::default(), &[("host", "a b")], None);
    check_host(&TrustedProxies::default(), &[], None);
}

#[test]
fn a_forwarded_host_counts_once_and_from_a_proxy_only() {
    let ours = proxies(&["10.0.0.0/8"]);
    let both = [("host", "inner"), ("x-forwarded-host", "outer.example")];
    check_host(&ours, &both, Some("outer.example"));
    check_host(&TrustedProxies::default(), &both, Some("inner"));
    check_host(&ours, &[("host", "inner"), ("x-forwarded-host", "a, b")], Some("inner"));
    check_host(&ours, &[("host", "inner"), ("x-forwarded-host", "a/b")], Some("inner"));
    let twice = [("host", "inner"), ("x-forwarded-host", "a"), ("x-forwarded-host", "b")];
    check_host(&ours, &twice, Some("inner"));
}
