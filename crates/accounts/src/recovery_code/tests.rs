use super::{format, normalise};

fn check(typed: &str, expected: Option<&str>) {
    assert_eq!(normalise(typed).as_deref(), expected, "{typed}");
}

#[test]
fn what_is_easily_confused_is_forgiven() {
    check("94x5n-st2vm", Some("94X5NST2VM"));
    check(" 94X5 NST2 VM ", Some("94X5NST2VM"));
    check("OIL5NST2VM", Some("0115NST2VM"));
}

#[test]
fn what_cannot_be_a_code_is_none() {
    check("94X5NST2V", None);
    check("94X5NST2VMM", None);
    check("94X5NST2VU", None);
    check("９4X5NST2VM", None);
    check("", None);
}

#[test]
fn a_code_is_shown_in_two_halves() {
    assert_eq!(format("94X5NST2VM"), "94X5N-ST2VM");
}
