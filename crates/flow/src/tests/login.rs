//! Signing in.

use appconfig::flow::FlowKind;
use expect_test::expect;
use testkit::World;

use super::{check, play};
use crate::{FlowRef, Setting};

#[tokio::test]
async fn signing_in_with_email_and_password() {
    check(
        "",
        FlowKind::Login,
        "email alice@example.com
         password correct horse",
        expect![[r#"
            ? login: identify [email phone username]
            > email alice@example.com
            ? login: authenticate [primary_password]
            > password correct horse
            = login with a session ["pwd", "x_primary_password"]
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_wrong_password_asks_again() {
    check(
        "",
        FlowKind::Login,
        "email alice@example.com
         password hunter2
         password correct horse",
        expect![[r#"
            ? login: identify [email phone username]
            > email alice@example.com
            ? login: authenticate [primary_password]
            > password hunter2
            ! InvalidCredentials {}
            > password correct horse
            = login with a session ["pwd", "x_primary_password"]
        "#]],
    )
    .await;
}

#[tokio::test]
async fn an_address_in_capitals_is_the_same_address() {
    check(
        "",
        FlowKind::Login,
        "email ALICE@EXAMPLE.COM",
        expect![[r#"
        ? login: identify [email phone username]
        > email ALICE@EXAMPLE.COM
        ? login: authenticate [primary_password]
    "#]],
    )
    .await;
}

#[tokio::test]
async fn somebody_unknown_is_told_so() {
    check(
        "",
        FlowKind::Login,
        "email bob@example.com",
        expect![[r#"
        ? login: identify [email phone username]
        > email bob@example.com
        ! UserNotFound {"IdentityTypeIncoming":"login_id","LoginIDTypeIncoming":"email"}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn one_input_may_answer_two_questions() {
    check(
        "",
        FlowKind::Login,
        r#"{"identification":"email","login_id":"alice@example.com","authentication":"primary_password","password":"correct horse"}"#,
        expect![[r#"
            ? login: identify [email phone username]
            > {"identification":"email","login_id":"alice@example.com","authentication":"primary_password","password":"correct horse"}
            = login with a session ["pwd", "x_primary_password"]
        "#]],
    )
    .await;
}

#[tokio::test]
async fn an_input_of_another_shape_is_refused_with_its_causes() {
    check(
        "",
        FlowKind::Login,
        r#"{"identification":"pigeon"}
           {"identification":"email"}
           {"identification":"email","login_id":"not an address"}"#,
        expect![[r#"
            ? login: identify [email phone username]
            > {"identification":"pigeon"}
            ! ValidationFailed {"causes":[{"location":"/identification","kind":"enum","details":{"actual":"pigeon","expected":["email","phone","username"]}}]}
            > {"identification":"email"}
            ! ValidationFailed {"causes":[{"location":"","kind":"required","details":{"actual":["identification"],"expected":["identification","login_id"],"missing":["login_id"]}}]}
            > {"identification":"email","login_id":"not an address"}
            ! ValidationFailed {"causes":[{"location":"/login_id","kind":"format","details":{"format":"email"}}]}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_password_that_breaks_todays_policy_must_be_replaced() {
    let world = World::new("").await;
    world.person("email", "alice@example.com", "correct horse").await;
    let strict = World::on(
        "authenticator: { password: { policy: { min_length: 16 }, force_change: true } }",
        world.platform.store.clone(),
        world.platform.kv.clone(),
    );
    let script = "email alice@example.com
                  password correct horse
                  change short
                  change correct horse battery";
    let login = FlowRef::new(FlowKind::Login, "default");
    let transcript = play(&strict, login.clone(), Setting::default(), script).await;
    expect![[r#"
        ? login: identify [email phone username]
        > email alice@example.com
        ? login: authenticate [primary_password]
        > password correct horse
        ? login: change_password [policy]
        > change short
        ! PasswordPolicyViolated {"causes":[{"Name":"PasswordTooShort","Info":{"min_length":16,"pw_length":5}}]}
        > change correct horse battery
        = login with a session ["pwd", "x_primary_password"]
    "#]].assert_eq(&transcript);

    let script = "email alice@example.com
                  password correct horse
                  password correct horse battery";
    let transcript = play(&strict, login, Setting::default(), script).await;
    expect![[r#"
        ? login: identify [email phone username]
        > email alice@example.com
        ? login: authenticate [primary_password]
        > password correct horse
        ! InvalidCredentials {}
        > password correct horse battery
        = login with a session ["pwd", "x_primary_password"]
    "#]]
    .assert_eq(&transcript);
}

#[tokio::test]
async fn a_disabled_person_is_refused_after_proving_who_they_are() {
    let world = World::new("").await;
    let alice = world.person("email", "alice@example.com", "correct horse").await;
    let ctx = world.ctx();
    let mut tx = world.platform.store.write(&ctx.app.id).await.expect("writer");
    tx.users().set_disabled(&alice, true, Some("fraud"), ctx.now).await.expect("disabled");
    tx.commit().await.expect("committed");
    let script = "email alice@example.com
                  password wrong
                  password correct horse";
    let login = FlowRef::new(FlowKind::Login, "default");
    let transcript = play(&world, login, Setting::default(), script).await;
    expect![[r#"
        ? login: identify [email phone username]
        > email alice@example.com
        ? login: authenticate [primary_password]
        > password wrong
        ! InvalidCredentials {}
        > password correct horse
        ! DisabledUser {"reason":"fraud"}
    "#]]
    .assert_eq(&transcript);
}

#[tokio::test]
async fn a_client_may_ask_for_no_browser_session() {
    let world = World::new("").await;
    world.person("email", "alice@example.com", "correct horse").await;
    let setting = Setting { suppresses_idp_session_cookie: true, ..Setting::default() };
    let script = "email alice@example.com
                  password correct horse";
    let login = FlowRef::new(FlowKind::Login, "default");
    expect![[r#"
        ? login: identify [email phone username]
        > email alice@example.com
        ? login: authenticate [primary_password]
        > password correct horse
        = login with no session ["pwd", "x_primary_password"]
    "#]]
    .assert_eq(&play(&world, login, setting, script).await);
}

#[tokio::test]
async fn a_flow_for_one_person_refuses_another() {
    let world = World::new("").await;
    world.person("email", "alice@example.com", "correct horse").await;
    let setting = Setting { user_id_hint: Some("bob".to_owned()), ..Setting::default() };
    let login = FlowRef::new(FlowKind::Login, "default");
    let transcript = play(&world, login, setting, "email alice@example.com").await;
    expect![[r#"
        ? login: identify [email phone username]
        > email alice@example.com
        ! AuthenticationFlowDifferentUserID {}
    "#]]
    .assert_eq(&transcript);
}

#[tokio::test]
async fn a_flow_that_nobody_configured_is_unknown() {
    let world = World::new("").await;
    let flow = FlowRef::new(FlowKind::Login, "nonsense");
    expect![[r#"
        ! AuthenticationFlowUnknownFlow {}
    "#]]
    .assert_eq(&play(&world, flow, Setting::default(), "").await);
}

#[tokio::test]
async fn a_password_that_is_too_old_is_changed_for_another_one() {
    let world = World::new(
        "authenticator: { password: { expiry: { force_change: \
         { enabled: true, duration_since_last_update: 1h } } } }",
    )
    .await;
    world.person("email", "alice@example.com", "correct horse").await;
    world.sleep(3601);
    let script = "email alice@example.com
                  password correct horse
                  change correct horse
                  change correct horse battery";
    let login = FlowRef::new(FlowKind::Login, "default");
    expect![[r#"
        ? login: identify [email phone username]
        > email alice@example.com
        ? login: authenticate [primary_password]
        > password correct horse
        ? login: change_password [expiry]
        > change correct horse
        ! ChangePasswordFailed {"cause":{"kind":"PasswordReused"}}
        > change correct horse battery
        = login with a session ["pwd", "x_primary_password"]
    "#]]
    .assert_eq(&play(&world, login, Setting::default(), script).await);
}
