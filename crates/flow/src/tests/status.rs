//! Accounts that must not be used: whoever proved that theirs is one is told why.

use accounts::account::attach_login_id;
use accounts::authenticator::{self, NewAuthenticator};
use accounts::login_id::{self, Lists};
use accounts::password::{self, Prepared};
use appconfig::flow::FlowKind;
use domain::{AuthenticatorKind, User, UserId};
use expect_test::{Expect, expect};
use stdx::{Secret, Timestamp};
use testkit::{START, World};

use super::play;
use crate::{FlowRef, Setting};

/// A week from the start of every test.
const LATER: Timestamp = Timestamp(START.0 + 7 * 86_400 * 1_000_000);

/// Bob, whose account is as `change` leaves it, proves who he is.
async fn check(change: impl FnOnce(&mut User), expected: Expect) {
    let world = World::new("").await;
    let ctx = world.ctx();
    let (store, hasher) = (&world.platform.store, &world.platform.hasher);
    let bob = login_id::check_new(&ctx.app.config, &Lists::builtin(), "email", "bob@example.com");
    let secret = Secret::new("correct horse".to_owned());
    let prepared = password::prepare(&ctx, store, hasher, None, &secret).await;
    let Ok(Prepared::Ready(password)) = prepared else { panic!("{prepared:?}") };
    let mut user = User::new(UserId::new("bob"), START);
    change(&mut user);
    let mut tx = store.write(&ctx.app.id).await.unwrap();
    tx.users().insert(&user).await.unwrap();
    attach_login_id(&ctx, &mut tx, &user.id, bob.unwrap()).await.unwrap();
    let password = NewAuthenticator::Password { kind: AuthenticatorKind::Primary, password };
    authenticator::enrol(&ctx, &mut tx, &user.id, password).await.unwrap();
    tx.commit().await.unwrap();
    let login = FlowRef::new(FlowKind::Login, "default");
    let script = "email bob@example.com
                  password correct horse";
    let played = play(&world, login, Setting::default(), script).await;
    let (_, told) = played.split_once("> password correct horse\n").unwrap();
    expected.assert_eq(told);
}

#[tokio::test]
async fn a_deactivated_account_is_refused() {
    check(
        |it| it.is_deactivated = true,
        expect![[r#"
        ! DeactivatedUser {}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_account_that_is_to_be_deleted_is_refused_by_whose_wish_that_is() {
    check(
        |it| it.delete_at = Some(LATER),
        expect![[r#"
        ! ScheduledDeletionByAdmin {"delete_at":"2026-01-08T00:00:00Z"}
    "#]],
    )
    .await;
    let by_the_person = |it: &mut User| {
        it.is_deactivated = true;
        it.delete_at = Some(LATER);
    };
    check(
        by_the_person,
        expect![[r#"
        ! ScheduledDeletionByEndUser {"delete_at":"2026-01-08T00:00:00Z"}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_anonymized_account_and_one_that_is_to_be_are_refused() {
    check(
        |it| it.is_anonymized = true,
        expect![[r#"
        ! AnonymizedUser {}
    "#]],
    )
    .await;
    check(
        |it| it.anonymize_at = Some(LATER),
        expect![[r#"
        ! ScheduledAnonymizationByAdmin {"anonymize_at":"2026-01-08T00:00:00Z"}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_account_is_open_from_an_instant_until_another() {
    check(
        |it| it.account_valid_from = Some(LATER),
        expect![[r#"
        ! UserOutsideValidPeriod {}
    "#]],
    )
    .await;
    check(
        |it| it.account_valid_until = Some(START),
        expect![[r#"
        ! UserOutsideValidPeriod {}
    "#]],
    )
    .await;
    check(
        |it| it.account_valid_until = Some(LATER),
        expect![[r#"
        = login with a session ["pwd", "x_primary_password"]
    "#]],
    )
    .await;
}

#[tokio::test]
async fn whoever_is_disabled_for_a_while_is_refused_in_that_while() {
    let from_until = |from, until| {
        move |it: &mut User| {
            it.temporarily_disabled_from = Some(from);
            it.temporarily_disabled_until = Some(until);
        }
    };
    check(
        from_until(START, LATER),
        expect![[r#"
        ! DisabledUser {"reason":null}
    "#]],
    )
    .await;
    check(
        from_until(LATER, LATER),
        expect![[r#"
        = login with a session ["pwd", "x_primary_password"]
    "#]],
    )
    .await;
}
