//! Codes by message: proving an address, signing in, and choosing another password.

use appconfig::flow::FlowKind;
use expect_test::expect;
use testkit::World;

use super::{check, play};
use crate::{FlowRef, Setting};

const VERIFIED: &str =
    "verification: { claims: { email: { enabled: true, required: true } }, criteria: any }";
const BY_CODE: &str = "authentication:
  identities: [login_id]
  primary_authenticators: [oob_otp_email]
authenticator: { oob_otp: { email: { email_otp_mode: code } } }";

#[tokio::test]
async fn an_address_is_proved_before_the_account_is_made() {
    check(
        VERIFIED,
        FlowKind::Signup,
        "email bob@example.com
         {\"code\": \"000000\"}
         code
         new_password tr0ub4dor and 3",
        expect![[r#"
            ? signup: identify [email phone username]
            > email bob@example.com
            ? signup: verify []
            > {"code": "000000"}
            ! InvalidVerificationCode {"cause":{"kind":"InvalidVerificationCode"}}
            > code
            ? signup: create_authenticator [primary_password]
            > new_password tr0ub4dor and 3
            = signup with a session ["pwd", "x_primary_password"]
        "#]],
    )
    .await;
}

#[tokio::test]
async fn signing_up_and_in_by_code() {
    let world = World::new(BY_CODE).await;
    let signup = FlowRef::new(FlowKind::Signup, "default");
    let script = "email bob@example.com
                  {\"authentication\": \"primary_oob_otp_email\"}
                  code";
    expect![[r#"
        ? signup: identify [email phone username]
        > email bob@example.com
        ? signup: create_authenticator [primary_oob_otp_email]
        > {"authentication": "primary_oob_otp_email"}
        ? signup: create_authenticator []
        > code
        = signup with a session ["otp", "x_primary_oob_otp_email"]
    "#]]
    .assert_eq(&play(&world, signup, Setting::default(), script).await);
    world.sleep(60);
    let login = FlowRef::new(FlowKind::Login, "default");
    let script = "email bob@example.com
                  {\"authentication\": \"primary_oob_otp_email\", \"index\": 0}
                  {\"code\": \"000000\"}
                  code";
    expect![[r#"
        ? login: identify [email phone username]
        > email bob@example.com
        ? login: authenticate [primary_oob_otp_email]
        > {"authentication": "primary_oob_otp_email", "index": 0}
        ? login: authenticate []
        > {"code": "000000"}
        ! InvalidCredentials {"AuthenticationType":"oob_otp_email"}
        > code
        = login with a session ["otp", "x_primary_oob_otp_email"]
    "#]]
    .assert_eq(&play(&world, login, Setting::default(), script).await);
}

#[tokio::test]
async fn a_code_is_not_sent_again_at_once() {
    let world = World::new(BY_CODE).await;
    let signup = || FlowRef::new(FlowKind::Signup, "default");
    let script = "email bob@example.com
                  {\"authentication\": \"primary_oob_otp_email\"}
                  {\"resend\": true}";
    expect![[r#"
        ? signup: identify [email phone username]
        > email bob@example.com
        ? signup: create_authenticator [primary_oob_otp_email]
        > {"authentication": "primary_oob_otp_email"}
        ? signup: create_authenticator []
        > {"resend": true}
        ! RateLimited {"bucket_name":"OOBOTPCooldownEmail","rate_limit":{"name":"authentication.oob_otp.email.trigger.cooldown","group":"authentication.oob_otp.email.trigger"},"rate_limit_name":"authentication.oob_otp.email.trigger"}
    "#]].assert_eq(&play(&world, signup(), Setting::default(), script).await);
    world.deliver_messages().await;
    let sent = world.platform.outbound.kept(&world.app.id).len();
    assert_eq!(sent, 1, "one message for one code");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced() {
    let world = World::new("").await;
    world.person("email", "alice@example.com", "correct horse").await;
    let recovery = FlowRef::new(FlowKind::AccountRecovery, "default");
    let script = "email alice@example.com
                  {\"index\": 0}
                  {\"account_recovery_code\": \"AAAAAAAA\"}
                  link
                  {\"new_password\": \"tr0ub4dor and 3\"}";
    expect![[r#"
        ? account_recovery: identify [email phone]
        > email alice@example.com
        ? account_recovery: select_destination []
        > {"index": 0}
        ? account_recovery: verify_account_recovery_code []
        > {"account_recovery_code": "AAAAAAAA"}
        ! PasswordResetFailed {"cause":{"kind":"InvalidCode"}}
        > link
        ? account_recovery: reset_password []
        > {"new_password": "tr0ub4dor and 3"}
        = account_recovery with no session []
    "#]]
    .assert_eq(&play(&world, recovery, Setting::default(), script).await);
    let login = FlowRef::new(FlowKind::Login, "default");
    let script = "email alice@example.com
                  password correct horse
                  password tr0ub4dor and 3";
    expect![[r#"
        ? login: identify [email phone username]
        > email alice@example.com
        ? login: authenticate [primary_password]
        > password correct horse
        ! InvalidCredentials {}
        > password tr0ub4dor and 3
        = login with a session ["pwd", "x_primary_password"]
    "#]]
    .assert_eq(&play(&world, login, Setting::default(), script).await);
}

#[tokio::test]
async fn nobody_learns_by_recovery_who_has_an_account() {
    let world = World::new("").await;
    world.person("email", "alice@example.com", "correct horse").await;
    let recovery = || FlowRef::new(FlowKind::AccountRecovery, "default");
    let known = "email alice@example.com
                 {\"index\": 0}
                 {\"account_recovery_code\": \"AAAAAAAA\"}";
    let unknown = "email nobodyy@example.com
                   {\"index\": 0}
                   {\"account_recovery_code\": \"AAAAAAAA\"}";
    let of_known = play(&world, recovery(), Setting::default(), known).await;
    let of_unknown = play(&world, recovery(), Setting::default(), unknown).await;
    assert_eq!(of_known.replace("alice", "nobodyy"), of_unknown);
    assert!(of_known.contains("! PasswordResetFailed"), "{of_known}");
    let now = world.ctx().now;
    let mut tx = world.platform.store.write(&world.app.id).await.unwrap();
    let waiting = tx.outbox().claim("message:email", now, now, 10).await.unwrap();
    drop(tx);
    let [one, other] = waiting.try_into().expect("a row for each, whoever they are");
    assert_eq!((one.r#type, one.payload.len()), (other.r#type, other.payload.len()));
    world.deliver_messages().await;
    assert_eq!(world.platform.outbound.kept(&world.app.id).len(), 1);
}

#[tokio::test]
async fn whoever_waits_for_a_message_is_told_when_nobody_can_send_it() {
    let by_sms = "authentication: { identities: [login_id], primary_authenticators: [oob_otp_sms] }
authenticator: { oob_otp: { sms: { phone_otp_mode: sms } } }";
    let mut world = World::new(by_sms).await;
    let none = outbound::Outbound::new(outbound::Settings::default()).unwrap();
    world.platform.hooks = events::Hooks::for_tests(none.clone());
    world.platform.outbound = none;
    let signup = || FlowRef::new(FlowKind::Signup, "default");
    let script = "phone +85251234567
                  {\"authentication\": \"primary_oob_otp_sms\", \"channel\": \"sms\"}";
    expect![[r#"
        ? signup: identify [email phone username]
        > phone +85251234567
        ? signup: create_authenticator [primary_oob_otp_sms]
        > {"authentication": "primary_oob_otp_sms", "channel": "sms"}
        ! OTPDeliveryUnexpectedError {}
    "#]]
    .assert_eq(&play(&world, signup(), Setting::default(), script).await);
}
