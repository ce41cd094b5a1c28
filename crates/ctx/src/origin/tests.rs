use super::Origin;

#[track_caller]
fn check(address: &str, origin: Option<&str>, cookie_domain: Option<&str>) {
    let parsed = Origin::parse(address);
    assert_eq!(parsed.as_ref().map(Origin::as_str), origin);
    assert_eq!(parsed.and_then(|it| it.shared_cookie_domain()).as_deref(), cookie_domain);
}

#[test]
fn cookies_are_shared_with_sibling_hosts() {
    check("https://auth.example.com", Some("https://auth.example.com"), Some("example.com"));
    check("https://a.b.example.co.uk", Some("https://a.b.example.co.uk"), Some("b.example.co.uk"));
    check("https://example.com:8443/x", Some("https://example.com:8443"), Some("example.com"));
}

#[test]
fn cookies_are_never_set_for_a_public_suffix_an_address_or_a_bare_name() {
    check("http://localhost:3000", Some("http://localhost:3000"), None);
    check("http://127.0.0.1:3000", Some("http://127.0.0.1:3000"), None);
    check("http://[::1]:3000", Some("http://[::1]:3000"), None);
    check("https://co.uk", Some("https://co.uk"), None);
}

#[test]
fn only_http_has_origins_here() {
    check("com.example.app://host/path", None, None);
    check("not an address", None, None);
}
