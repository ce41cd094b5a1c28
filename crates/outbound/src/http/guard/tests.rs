use super::*;

#[track_caller]
fn check(url: &str, allowed: &[&str], expected: bool) {
    let allowed = allowed.iter().map(|range| range.parse().unwrap()).collect();
    assert_eq!(Guard::new(allowed).allows(&Url::parse(url).unwrap()), expected, "{url}");
}

#[test]
fn public_addresses_may_be_called() {
    check("https://93.184.216.34/", &[], true);
    check("https://[2606:4700::1111]/", &[], true);
    check("http://172.32.0.1/", &[], true);
}

#[test]
fn our_own_network_may_not_be_called() {
    for host in [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001::1]",
    ] {
        check(&format!("http://{host}/"), &[], false);
    }
}

#[test]
fn an_address_in_disguise_is_still_that_address() {
    check("http://2130706433/", &[], false);
    check("http://0x7f.1/", &[], false);
    check("http://0177.0.0.1/", &[], false);
    check("http://[::ffff:127.0.0.1]/", &[], false);
}

#[test]
fn what_the_process_allows_may_be_called() {
    check("http://127.0.0.1/", &["127.0.0.0/8"], true);
    check("http://[::ffff:127.0.0.1]/", &["127.0.0.0/8"], true);
    check("http://10.0.0.1/", &["127.0.0.0/8"], false);
    check("http://[fd00::1]/", &["fd00::/8"], true);
}

#[test]
fn only_http_is_spoken() {
    check("ftp://93.184.216.34/", &[], false);
    check("file:///etc/passwd", &[], false);
}
