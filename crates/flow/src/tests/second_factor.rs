//! What is asked after the password.

use appconfig::flow::FlowKind;
use domain::Authenticator;
use expect_test::expect;
use testkit::World;

use super::play;
use crate::{FlowRef, Setting};

const TOTP: &str = "authentication:
  identities: [login_id]
  primary_authenticators: [password]
  secondary_authenticators: [totp]
  secondary_authentication_mode: required";

#[tokio::test]
async fn enrolling_a_second_factor_and_signing_in_with_it() {
    let world = World::new(TOTP).await;
    let signup = FlowRef::new(FlowKind::Signup, "default");
    let script = "email bob@example.com
                  new_password tr0ub4dor and 3
                  {\"authentication\": \"secondary_totp\"}
                  {\"code\": \"000000\", \"display_name\": \"\"}
                  totp
                  {\"confirm_recovery_code\": true}";
    expect![[r#"
        ? signup: identify [email phone username]
        > email bob@example.com
        ? signup: create_authenticator [primary_password]
        > new_password tr0ub4dor and 3
        ? signup: create_authenticator [secondary_totp]
        > {"authentication": "secondary_totp"}
        ? signup: create_authenticator []
        > {"code": "000000", "display_name": ""}
        ! InvalidCredentials {"AuthenticationType":"totp"}
        > totp
        ? signup: view_recovery_code []
        > {"confirm_recovery_code": true}
        = signup with a session ["mfa", "otp", "pwd", "x_primary_password", "x_secondary_totp"]
    "#]]
    .assert_eq(&play(&world, signup, Setting::default(), script).await);
    world.sleep(30);
    let login = || FlowRef::new(FlowKind::Login, "default");
    let script = "email bob@example.com
                  password tr0ub4dor and 3
                  {\"authentication\": \"secondary_totp\", \"code\": \"000000\"}
                  {\"authentication\": \"recovery_code\", \"recovery_code\": \"AAAAA-AAAAA\"}";
    expect![[r#"
        ? login: identify [email phone username]
        > email bob@example.com
        ? login: authenticate [primary_password]
        > password tr0ub4dor and 3
        ? login: authenticate [secondary_totp recovery_code]
        > {"authentication": "secondary_totp", "code": "000000"}
        ! InvalidCredentials {"AuthenticationType":"totp"}
        > {"authentication": "recovery_code", "recovery_code": "AAAAA-AAAAA"}
        ! InvalidCredentials {}
    "#]]
    .assert_eq(&play(&world, login(), Setting::default(), script).await);
}

#[tokio::test]
async fn the_code_that_showed_the_app_is_no_second_factor_of_a_sign_in() {
    let world = World::new(TOTP).await;
    let signup = FlowRef::new(FlowKind::Signup, "default");
    let script = "email bob@example.com
                  new_password tr0ub4dor and 3
                  {\"authentication\": \"secondary_totp\"}
                  totp
                  {\"confirm_recovery_code\": true}";
    let played = play(&world, signup, Setting::default(), script).await;
    assert!(played.contains("= signup with a session"), "{played}");
    let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
    let bob = tx.identities().find_by_unique_key("bob@example.com").await.unwrap().unwrap();
    let all = tx.authenticators().list(&bob.base.user_id).await.unwrap();
    let secret = all.iter().find_map(|it| match it {
        Authenticator::Totp(it) => Some(it.secret.clone()),
        _ => None,
    });
    let secret = secret.unwrap();
    let sign_in = async || {
        let code = accounts::totp::current_code(&secret, world.ctx().now);
        let script = format!(
            "email bob@example.com
             password tr0ub4dor and 3
             {{\"authentication\": \"secondary_totp\", \"code\": \"{code}\"}}"
        );
        let login = FlowRef::new(FlowKind::Login, "default");
        play(&world, login, Setting::default(), &script).await
    };
    let played = sign_in().await;
    assert!(
        played.ends_with("! InvalidCredentials {\"AuthenticationType\":\"totp\"}\n"),
        "{played}"
    );
    world.sleep(30);
    let played = sign_in().await;
    assert!(played.contains("= login with a session"), "{played}");
}

#[tokio::test]
async fn whoever_has_no_second_factor_cannot_pass_a_step_that_needs_one() {
    let world = World::new(TOTP).await;
    world.person("email", "alice@example.com", "correct horse").await;
    let login = FlowRef::new(FlowKind::Login, "default");
    let script = "email alice@example.com
                  password correct horse
                  {\"authentication\": \"secondary_totp\", \"code\": \"000000\"}";
    expect![[r#"
        ? login: identify [email phone username]
        > email alice@example.com
        ? login: authenticate [primary_password]
        > password correct horse
        ! InvariantViolated {"cause":{"kind":"NoAuthenticator"}}
        > {"authentication": "secondary_totp", "code": "000000"}
        ! ValidationFailed {"causes":[{"location":"/authentication","kind":"enum","details":{"actual":"secondary_totp","expected":["primary_password"]}}]}
    "#]].assert_eq(&play(&world, login, Setting::default(), script).await);
}
