use super::*;

fn check(text: &str, expected: Option<u64>) {
    assert_eq!(
        parse(text).map(|span| u64::try_from(span.as_millis()).unwrap()),
        expected,
        "{text}"
    );
}

#[test]
fn units_add_up() {
    check("90s", Some(90_000));
    check("1h30m", Some(5_400_000));
    check("1.5h", Some(5_400_000));
    check("250ms", Some(250));
    check("0", Some(0));
}

#[test]
fn a_number_needs_a_unit_and_a_unit_a_number() {
    check("", None);
    check("5", None);
    check("m", None);
    check("1d", None);
    check("1..5s", None);
    check("-1s", None);
    check("999999999999h", None);
}

#[test]
fn seconds_are_written_with_every_smaller_unit() {
    let written = [5, 300, 1200, 7200].map(|it| DurationString::from_seconds(it).0);
    assert_eq!(written, ["5s", "5m0s", "20m0s", "2h0m0s"]);
}
