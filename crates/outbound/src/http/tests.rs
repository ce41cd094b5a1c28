use std::io::Write as _;

use super::*;
use crate::Outbound;

#[track_caller]
fn check(settings: Settings, expected: &str) {
    let error = Outbound::new(settings).unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn what_is_wrong_with_the_settings_is_said_at_the_start() {
    let proxy = Some("not a proxy".to_owned());
    check(Settings { proxy, ..Settings::default() }, "is not the address of an HTTP proxy");
    let ca_file = Some("/nonexistent/ca.pem".into());
    check(Settings { ca_file, ..Settings::default() }, "cannot read the certificates");
}

#[test]
fn a_file_without_a_certificate_is_refused() {
    let path = std::env::temp_dir().join(format!("authwarden-ca-{}.pem", std::process::id()));
    std::fs::File::create(&path).unwrap().write_all(b"hello").unwrap();
    check(
        Settings { ca_file: Some(path.clone()), ..Settings::default() },
        "there is no certificate",
    );
    std::fs::remove_file(path).unwrap();
}
