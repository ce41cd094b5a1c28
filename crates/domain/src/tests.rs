use stdx::Timestamp;

use crate::{AccountStatus, Scopes, User, UserId};

const NOW: Timestamp = Timestamp::from_seconds(1_767_225_600);

#[track_caller]
fn check(change: impl FnOnce(&mut User), expected: &AccountStatus) {
    let mut user = User::new(UserId::new("alice"), NOW);
    change(&mut user);
    assert_eq!(user.status(NOW), *expected);
    assert_eq!(user.is_usable(NOW), *expected == AccountStatus::Normal);
}

#[test]
fn a_new_person_may_sign_in() {
    check(|_| (), &AccountStatus::Normal);
}

#[test]
fn a_disabled_person_is_told_the_reason() {
    let reason = Some("fraud".to_owned());
    let disabled = AccountStatus::Disabled { reason: reason.clone() };
    check(
        |user| {
            user.is_disabled = true;
            user.disable_reason = reason;
        },
        &disabled,
    );
}

#[test]
fn a_temporary_ban_begins_and_ends_by_itself() {
    let between = |from: i64, until: i64| {
        move |user: &mut User| {
            user.temporarily_disabled_from = Some(NOW.plus_seconds(from));
            user.temporarily_disabled_until = Some(NOW.plus_seconds(until));
        }
    };
    check(between(-1, 1), &AccountStatus::Disabled { reason: None });
    check(between(1, 2), &AccountStatus::Normal);
    check(between(-2, 0), &AccountStatus::Normal);
}

#[test]
fn an_account_is_usable_only_within_its_period() {
    check(
        |user| user.account_valid_from = Some(NOW.plus_seconds(1)),
        &AccountStatus::OutsideValidPeriod,
    );
    check(|user| user.account_valid_until = Some(NOW), &AccountStatus::OutsideValidPeriod);
    check(|user| user.account_valid_from = Some(NOW), &AccountStatus::Normal);
}

#[test]
fn deletion_outweighs_deactivation() {
    let at = NOW.plus_seconds(60);
    check(
        |user| {
            user.is_deactivated = true;
            user.delete_at = Some(at);
        },
        &AccountStatus::ScheduledDeletion { at, by_the_person: true },
    );
}

#[test]
fn scopes_keep_their_order_and_count_once() {
    let scopes = Scopes::parse("openid  email openid offline_access");
    assert_eq!(scopes.to_string(), "openid email offline_access");
    assert_eq!(
        scopes.intersection(&Scopes::parse("offline_access openid")).to_string(),
        "openid offline_access"
    );
    assert!(Scopes::parse("email").is_subset_of(&scopes));
    assert!(!Scopes::parse("email phone").is_subset_of(&scopes));
}
