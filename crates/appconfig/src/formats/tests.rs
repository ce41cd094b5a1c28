use super::*;

fn check(is_legal: impl Fn(&str) -> bool, legal: &[&str], illegal: &[&str]) {
    for text in legal {
        assert!(is_legal(text), "{text} is legal");
    }
    for text in illegal {
        assert!(!is_legal(text), "{text} is illegal");
    }
}

#[test]
fn uris_are_absolute_and_have_clean_paths() {
    check(
        uri::is_uri,
        &["http://localhost", "https://a.example/b/c/?d=e#f", "com.app://host/path", "a://b"],
        &["", "/path", "//host", "myapp:path", "https://a/../b", "https://a//b", "https://a b/"],
    );
}

#[test]
fn uris_never_run_anything() {
    check(
        uri::is_uri,
        &["https://app.example/cb", "com.app://host/path"],
        &["javascript://x/%0aalert(1)", "JavaScript://x/", "data://text/html", "vbscript://x/"],
    );
}

#[test]
fn origins_have_a_scheme_a_host_and_nothing_else() {
    check(
        uri::is_http_origin,
        &["http://test", "https://a.example:8443"],
        &["https://a/", "ftp://a", "https://u@a", "https://a?b", "https://a#b", "https://"],
    );
    check(
        uri::is_http_origin_spec,
        &["*", "a.example", "https://*.a.example", "*.a.example:3000", "http://localhost:3000"],
        &["https://a/b", "a*.example", "ftp://a", ""],
    );
}

#[test]
fn hooks_are_called_or_are_scripts() {
    check(
        uri::is_hook_uri,
        &["https://hook.example/a", "authgeardeno:///deno/a.ts"],
        &["authgeardeno://host/a.ts", "ftp://a/b", "a.ts"],
    );
}

#[test]
fn logos_come_from_public_hosts() {
    check(
        uri::is_public_https_url,
        &["https://cdn.acme.io/logo.png"],
        &[
            "http://cdn.acme.io/logo.png",
            "https://10.0.0.1/logo.png",
            "https://localhost/logo.png",
            "https://metadata.google.internal/",
            "https://u@cdn.acme.io/",
            "https://cdn.acme.io/#a",
        ],
    );
}

#[test]
fn filters_are_balanced_and_know_the_username_only() {
    check(
        ldap::is_filter_template,
        &["(uid={{.Username}})", "(&(objectClass=person)(|(uid={{ .Username }})(mail=*)))"],
        &["uid={{.Username}}", "(uid={{.Username}}", "(uid={{.Password}})", "(=x)", "(uid=a))"],
    );
}

#[test]
fn names_of_entries_have_parts() {
    check(
        ldap::is_dn,
        &["dc=example,dc=org", "cn=Doe\\, Jane+uid=1,dc=org", "2.5.4.3=x"],
        &["", "example", "dc=", "dc=a,", "dc=a\\"],
    );
}

#[test]
fn languages_are_in_canonical_form() {
    check(
        is_bcp47,
        &["en", "zh-HK", "zh-Hant-HK", "es-419", "fil", "de-1996"],
        &["EN", "zh-hk", "zh-HK-Hant", "e", "en_US", ""],
    );
}

#[test]
fn networks_have_a_prefix_that_fits() {
    check(
        is_cidr,
        &["10.0.0.0/8", "::1/128", "192.168.1.7/32"],
        &["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/+8"],
    );
}

#[test]
fn mailboxes_cannot_add_headers() {
    check(
        is_mailbox,
        &["no-reply@acme.io", "Acme <no-reply@acme.io>"],
        &["Acme", "Acme <>", "a@b\r\nBcc: c@d", "Acme <a@b"],
    );
}

#[test]
fn expressions_that_grow_too_large_are_refused() {
    assert!(regex("^[a-z]+@acme\\.io$").is_ok());
    assert!(regex("((((a{99}){99}){99}){99})").is_err());
    assert!(regex("(").is_err());
}

#[test]
fn attribute_pointers_are_one_plain_level() {
    check(
        is_custom_attribute_pointer,
        &["/a", "/hobby_2"],
        &["", "/", "a", "/a/b", "/2a", "/a_", "/A"],
    );
}
