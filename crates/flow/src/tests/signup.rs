//! Signing up, and finding out which of the two it is.

use appconfig::flow::FlowKind;
use expect_test::expect;
use testkit::World;

use super::{check, play};
use crate::{FlowRef, Setting};

#[tokio::test]
async fn signing_up_with_email_and_password() {
    check(
        "",
        FlowKind::Signup,
        "email bob@example.com
         new_password tr0ub4dor and 3",
        expect![[r#"
            ? signup: identify [email phone username]
            > email bob@example.com
            ? signup: create_authenticator [primary_password]
            > new_password tr0ub4dor and 3
            = signup with a session ["pwd", "x_primary_password"]
        "#]],
    )
    .await;
}

#[tokio::test]
async fn whoever_signed_up_can_sign_in() {
    let world = World::new("").await;
    let signup = FlowRef::new(FlowKind::Signup, "default");
    let script = "username bob
                  new_password tr0ub4dor and 3";
    play(&world, signup, Setting::default(), script).await;
    let login = FlowRef::new(FlowKind::Login, "default");
    let script = "username BOB
                  password tr0ub4dor and 3";
    expect![[r#"
        ? login: identify [email phone username]
        > username BOB
        ? login: authenticate [primary_password]
        > password tr0ub4dor and 3
        = login with a session ["pwd", "x_primary_password"]
    "#]]
    .assert_eq(&play(&world, login, Setting::default(), script).await);
}

#[tokio::test]
async fn a_login_id_has_one_owner() {
    check("", FlowKind::Signup, "email alice@example.com", expect![[r#"
        ? signup: identify [email phone username]
        > email alice@example.com
        ! InvariantViolated {"IdentityTypeIncoming":"login_id","LoginIDTypeIncoming":"email","IdentityTypeExisting":"login_id","LoginIDTypeExisting":"email","ExistingIdentities":[{"IdentityType":"login_id","LoginIDType":"email"}],"cause":{"kind":"DuplicatedIdentity"}}
    "#]]).await;
}

#[tokio::test]
async fn a_reserved_name_and_a_malformed_address_are_refused() {
    check(
        "",
        FlowKind::Signup,
        "username admin
         email nobody@
         phone 12345",
        expect![[r#"
            ? signup: identify [email phone username]
            > username admin
            ! ValidationFailed {"causes":[{"location":"/login_id","kind":"blocked","details":{"reason":"UsernameReserved"}}]}
            > email nobody@
            ! ValidationFailed {"causes":[{"location":"/login_id","kind":"format","details":{"format":"email"}}]}
            > phone 12345
            ! ValidationFailed {"causes":[{"location":"/login_id","kind":"format","details":{"format":"phone"}}]}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_password_that_breaks_the_policy_says_which_rules() {
    check(
        "authenticator: { password: { policy: { min_length: 12, excluded_keywords: [secret] } } }",
        FlowKind::Signup,
        "email bob@example.com
         new_password secret
         new_password long enough for all",
        expect![[r#"
            ? signup: identify [email phone username]
            > email bob@example.com
            ? signup: create_authenticator [primary_password]
            > new_password secret
            ! PasswordPolicyViolated {"causes":[{"Name":"PasswordTooShort","Info":{"min_length":12,"pw_length":6}},{"Name":"PasswordContainingExcludedKeywords"}]}
            > new_password long enough for all
            = signup with a session ["pwd", "x_primary_password"]
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_known_login_id_makes_it_a_login() {
    check(
        "",
        FlowKind::SignupLogin,
        "email alice@example.com
         password correct horse",
        expect![[r#"
            ? signup_login: identify [email phone username]
            > email alice@example.com
            ? login: authenticate [primary_password]
            > password correct horse
            = login with a session ["pwd", "x_primary_password"]
        "#]],
    )
    .await;
}

#[tokio::test]
async fn an_unknown_login_id_makes_it_a_signup() {
    check(
        "",
        FlowKind::SignupLogin,
        "email bob@example.com
         new_password tr0ub4dor and 3",
        expect![[r#"
            ? signup_login: identify [email phone username]
            > email bob@example.com
            ? signup: create_authenticator [primary_password]
            > new_password tr0ub4dor and 3
            = signup with a session ["pwd", "x_primary_password"]
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_project_may_be_closed() {
    check(
        "authentication: { identities: [login_id], primary_authenticators: [password], \
         public_signup_disabled: true }",
        FlowKind::Signup,
        "",
        expect![[r#"
            ! AuthenticationFlowNoPublicSignup {}
        "#]],
    )
    .await;
}
