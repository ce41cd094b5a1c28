use stdx::{Rng, Secret, Timestamp};

use super::{is_secret, matching_step, new_secret, otpauth_uri};

/// 2019-06-01T00:00:00Z, a whole number of periods.
const NOW: Timestamp = Timestamp::from_seconds(1_559_347_200);

fn secret() -> Secret<String> {
    Secret::new("GJQFQHET4FX7U5EWSXU36MM36X46TJ7E".to_owned())
}

fn check(code: &str, seconds_later: i64, expected: bool) {
    let found = matching_step(&secret(), code, NOW.plus_seconds(seconds_later));
    assert_eq!(found.is_some(), expected, "{code} {seconds_later} s later");
}

#[test]
fn a_code_is_right_in_its_step_and_in_the_one_on_either_side() {
    check("833848", 0, true);
    check("833848", 29, true);
    check("833848", 59, true);
    check("833848", 60, false);
    check("833848", -30, true);
    check("833848", -31, false);
}

#[test]
fn another_code_is_wrong() {
    check("833849", 0, false);
    check("83384", 0, false);
    check("", 0, false);
}

#[test]
fn rfc_6238_appendix_b_holds_in_six_digits() {
    let secret = Secret::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned());
    for (at, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
        assert_eq!(matching_step(&secret, code, Timestamp::from_seconds(at)), Some(at / 30));
    }
}

#[test]
fn a_fresh_secret_is_one() {
    let secret = new_secret(&Rng::seeded(1));
    assert_eq!(secret.reveal().len(), 32);
    assert!(is_secret(secret.reveal()));
    assert!(!is_secret("not base32!"));
    assert!(!is_secret(""));
}

#[test]
fn an_app_is_told_everything_by_the_uri() {
    assert_eq!(
        otpauth_uri(&secret(), "https://example.com", "a/b@example.com"),
        "otpauth://totp/a%2Fb@example.com?algorithm=SHA1&digits=6\
         &issuer=https%3A%2F%2Fexample.com&period=30&secret=GJQFQHET4FX7U5EWSXU36MM36X46TJ7E"
    );
}
