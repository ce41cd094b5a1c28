use super::{Rng, Secret, Timestamp, base64url, constant_time_eq, from_base64url, sha256_hex};

#[test]
fn a_hash_is_lower_case_hexadecimal() {
    assert_eq!(
        sha256_hex("abc"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn base64url_has_no_padding_and_refuses_it() {
    assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    assert_eq!(from_base64url("-_8"), Some(vec![0xfb, 0xff]));
    assert_eq!(from_base64url("-_8="), None);
}

#[test]
fn a_secret_never_prints() {
    let secret = Secret::new("hunter2".to_owned());
    assert_eq!(format!("{secret:?}"), "[redacted]");
    assert_eq!(secret.reveal(), "hunter2");
}

#[test]
fn the_same_seed_gives_the_same_tokens() {
    let (left, right) = (Rng::seeded(7), Rng::seeded(7));
    let first = left.token();
    assert_eq!(first, right.token());
    assert_ne!(first, left.token());
    assert_eq!(first.len(), 43, "256 bits in base64url");
}

#[test]
fn two_systems_draw_differently() {
    assert_ne!(Rng::system().token(), Rng::system().token());
}

#[test]
fn instants_are_written_as_rfc_3339_and_read_back() {
    let at = Timestamp::from_seconds(1_767_225_600).plus_seconds(90);
    assert_eq!(at.to_rfc3339(), "2026-01-01T00:01:30Z");
    assert_eq!(Timestamp::parse_rfc3339("2026-01-01T08:01:30+08:00"), Some(at));
    assert_eq!(Timestamp(1_767_225_600_123_456).to_rfc3339(), "2026-01-01T00:00:00.123456Z");
    assert_eq!(Timestamp::parse_rfc3339("yesterday"), None);
}

#[test]
fn an_instant_far_beyond_the_calendar_saturates() {
    assert_eq!(Timestamp(i64::MAX).plus_seconds(1), Timestamp(i64::MAX));
    assert!(Timestamp(i64::MAX).to_rfc3339().starts_with("9999-"));
}

#[test]
fn uuids_are_version_four() {
    let id = Rng::seeded(1).uuid();
    assert_eq!(id.len(), 36);
    assert_eq!(&id[14..15], "4");
    assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"));
}

#[test]
fn digits_are_as_many_as_asked_for() {
    let code = Rng::seeded(3).digits(6);
    assert_eq!(code.len(), 6);
    assert!(code.bytes().all(|byte| byte.is_ascii_digit()));
}

#[test]
fn equality_of_secrets_looks_at_every_byte() {
    assert!(constant_time_eq(b"same", b"same"));
    assert!(!constant_time_eq(b"same", b"sane"));
    assert!(!constant_time_eq(b"same", b"same but longer"));
}
