use appconfig::flow::Authentication as By;

use super::super::Authenticated;
use super::*;

/// The methods of somebody who proved it in these ways, with these authenticators.
#[track_caller]
fn check(used: &[(By, &str)], expected: &str) {
    let proof = |(authentication, id): &(By, &str)| Authenticated {
        step: None,
        authentication: *authentication,
        authenticator_id: (*id).to_owned(),
        change_required: None,
    };
    let facts = Facts { authenticated: used.iter().map(proof).collect(), ..Facts::default() };
    assert_eq!(facts.amr().join(" "), expected);
}

#[test]
fn two_authenticators_are_two_factors() {
    check(&[(By::PrimaryPassword, "a")], "pwd x_primary_password");
    let both = [(By::PrimaryPassword, "a"), (By::SecondaryTotp, "b")];
    check(&both, "mfa otp pwd x_primary_password x_secondary_totp");
    let both = [(By::PrimaryPassword, "a"), (By::RecoveryCode, "c")];
    check(&both, "mfa pwd x_primary_password x_recovery_code");
}

#[test]
fn the_same_authenticator_twice_is_one_factor() {
    check(&[(By::PrimaryPassword, "a"), (By::PrimaryPassword, "a")], "pwd x_primary_password");
}

#[test]
fn a_remembered_device_is_no_second_factor() {
    let both = [(By::PrimaryPassword, "a"), (By::DeviceToken, "")];
    check(&both, "pwd x_device_token x_primary_password");
}
