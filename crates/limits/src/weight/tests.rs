use super::*;

#[track_caller]
fn check(weights: &[(&str, f64)], limit: Limit, expected: &str) {
    let weights = weights.iter().map(|(group, weight)| ((*group).to_owned(), *weight)).collect();
    assert_eq!(Weighted::by(&weights, limit).weight.to_string(), expected);
}

#[test]
fn an_operation_counts_for_one_unless_something_else_is_said() {
    check(&[], Limit::VerifyPassword, "1");
    check(&[("authentication.account_enumeration", 3.0)], Limit::VerifyPassword, "1");
    assert_eq!(Weighted::from(Limit::VerifyTotp).weight.to_string(), "1");
}

#[test]
fn limits_on_credentials_have_the_weight_of_all_credentials() {
    let general = [("authentication.general", 2.5)];
    check(&general, Limit::VerifyPassword, "2.5");
    check(&general, Limit::VerifyOobOtpSms, "2.5");
    check(&general, Limit::EnumerateAccounts, "1");
    check(&general, Limit::SignUp, "1");
}

#[test]
fn a_weight_of_its_own_counts_first() {
    let both = [("authentication.general", 2.0), ("authentication.password", 0.0)];
    check(&both, Limit::VerifyPassword, "0");
    check(&both, Limit::VerifyTotp, "2");
    check(&[("authentication.account_enumeration", 4.0)], Limit::EnumerateAccounts, "4");
}

#[test]
fn no_weight_is_less_than_nothing_or_more_than_can_be_given_back() {
    check(&[("authentication.general", -2.0)], Limit::VerifyPassword, "0");
    check(&[("authentication.general", 1e300)], Limit::VerifyPassword, "1000000");
}
