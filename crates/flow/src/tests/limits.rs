//! What may be done how often: each limit of sending and of proving, met by doing it.

use appconfig::flow::FlowKind;
use limits::{Limit, Scope};
use testkit::World;

use super::play;
use crate::{FlowRef, Setting};

const ALICE: &str = "alice@example.com";
const NUMBER: &str = "+85251234567";
/// The numbers of a limit that lets one through.
const ONE: &str = "{ enabled: true, period: 1h, burst: 1 }";

/// How people prove who they are, and `limits` under `authentication.rate_limits`.
fn authentication(by: &str, limits: &str) -> String {
    format!(
        "authentication: {{ identities: [login_id], primary_authenticators: [{by}], \
         rate_limits: {{ {limits} }} }}"
    )
}

/// The project sends codes by this to numbers.
fn phone_mode(mode: &str) -> String {
    format!("authenticator: {{ oob_otp: {{ sms: {{ phone_otp_mode: {mode} }} }} }}")
}

/// Addresses and numbers have to be proved; `limits` are under `verification.rate_limits`.
fn verification(limits: &str) -> String {
    format!(
        "verification: {{ claims: {{ email: {{ enabled: true, required: true }}, \
         phone_number: {{ enabled: true, required: true }} }}, criteria: any, \
         rate_limits: {{ {limits} }} }}"
    )
}

/// A recovery by one channel, because the generated one offers no `WhatsApp`.
fn recovery_by(channel: &str, form: &str) -> String {
    format!(
        "authentication_flow:
  account_recovery_flows:
  - name: default
    steps:
    - type: identify
      one_of:
      - identification: phone
        on_failure: ignore
        steps:
        - type: select_destination
          allowed_channels: [{{ channel: {channel}, otp_form: {form} }}]
        - type: verify_account_recovery_code
    - type: reset_password"
    )
}

/// Plays `script` twice, a minute apart. The first time nothing is exhausted; the second time the
/// bucket of `limit` is, which is told by its name.
async fn check(limit: Limit, scope: Scope, yaml: &str, kind: FlowKind, script: &str) {
    let world = World::new(yaml).await;
    world.person("email", ALICE, "correct horse").await;
    world.person("phone", NUMBER, "correct horse").await;
    met(&world, limit, scope, kind, script).await;
}

async fn met(world: &World, limit: Limit, scope: Scope, kind: FlowKind, script: &str) {
    let flow = || FlowRef::new(kind, "default");
    let first = play(world, flow(), Setting::default(), script).await;
    assert!(!first.contains("RateLimited"), "{limit:?}\n{first}");
    world.sleep(61);
    let second = play(world, flow(), Setting::default(), script).await;
    let last = second.lines().last().unwrap_or_default();
    let bucket = format!("\"bucket_name\":\"{}\"", limit.bucket(scope));
    assert!(last.starts_with("! RateLimited") && last.contains(&bucket), "{limit:?}\n{second}");
}

#[tokio::test]
async fn codes_that_prove_who_somebody_is_are_sent_so_often() {
    let by_sms = |mode: &str| {
        let limits = format!("oob_otp: {{ sms: {{ trigger_per_ip: {ONE} }} }}");
        format!("{}\n{}", authentication("oob_otp_sms, password", &limits), phone_mode(mode))
    };
    let asks = |channel: &str| {
        format!(
            "phone {NUMBER}
             {{\"authentication\": \"primary_oob_otp_sms\", \"index\": 0, \"channel\": \"{channel}\"}}"
        )
    };
    let (login, scope) = (FlowKind::Login, Scope::PerIp);
    check(Limit::SendOobOtpSms, scope, &by_sms("sms"), login, &asks("sms")).await;
    check(Limit::SendOobOtpWhatsapp, scope, &by_sms("whatsapp"), login, &asks("whatsapp")).await;
    let email = format!("oob_otp: {{ email: {{ trigger_per_ip: {ONE} }} }}");
    let yaml = format!(
        "{}\nauthenticator: {{ oob_otp: {{ email: {{ email_otp_mode: code }} }} }}",
        authentication("oob_otp_email, password", &email)
    );
    let script = format!(
        "email {ALICE}
         {{\"authentication\": \"primary_oob_otp_email\", \"index\": 0}}"
    );
    check(Limit::SendOobOtpEmail, scope, &yaml, login, &script).await;
}

#[tokio::test]
async fn codes_that_prove_an_address_are_sent_so_often() {
    let (signup, scope) = (FlowKind::Signup, Scope::PerIp);
    let email = verification(&format!("email: {{ trigger_per_ip: {ONE} }}"));
    check(Limit::SendVerificationEmail, scope, &email, signup, "email bob@example.com").await;
    let sms = verification(&format!("sms: {{ trigger_per_ip: {ONE} }}"));
    for (limit, mode) in
        [(Limit::SendVerificationSms, "sms"), (Limit::SendVerificationWhatsapp, "whatsapp")]
    {
        let yaml = format!("{sms}\n{}", phone_mode(mode));
        check(limit, scope, &yaml, signup, "phone +85261234567").await;
    }
}

#[tokio::test]
async fn recoveries_are_sent_so_often() {
    let (recovery, scope) = (FlowKind::AccountRecovery, Scope::PerIp);
    let limits = |of: &str| {
        format!("forgot_password: {{ rate_limits: {{ {of}: {{ trigger_per_ip: {ONE} }} }} }}")
    };
    let by_email = format!("email {ALICE}\n{{\"index\": 0}}");
    let by_phone = format!("phone {NUMBER}\n{{\"index\": 0}}");
    check(Limit::SendForgotPasswordEmail, scope, &limits("email"), recovery, &by_email).await;
    for (limit, channel) in
        [(Limit::SendForgotPasswordSms, "sms"), (Limit::SendForgotPasswordWhatsapp, "whatsapp")]
    {
        let yaml = format!("{}\n{}", limits("sms"), recovery_by(channel, "code"));
        check(limit, scope, &yaml, recovery, &by_phone).await;
    }
    // Whoever has no account runs out of it in the same way.
    let nobody = "email nobody@example.com\n{\"index\": 0}";
    check(Limit::SendForgotPasswordEmail, scope, &limits("email"), recovery, nobody).await;
}

#[tokio::test]
async fn messages_are_sent_so_often_whatever_they_are_for() {
    let by_phone = format!("phone {NUMBER}\n{{\"index\": 0}}");
    let by_email = format!("email {ALICE}\n{{\"index\": 0}}");
    for (scope, name) in
        [(Scope::PerProject, ""), (Scope::PerIp, "_per_ip"), (Scope::PerTarget, "_per_target")]
    {
        for (limit, of, script) in
            [(Limit::SendSms, "sms", &by_phone), (Limit::SendEmail, "email", &by_email)]
        {
            let yaml = format!("messaging: {{ rate_limits: {{ {of}{name}: {ONE} }} }}");
            check(limit, scope, &yaml, FlowKind::AccountRecovery, script).await;
        }
    }
}

#[tokio::test]
async fn codes_are_guessed_at_so_often() {
    let wrong = "{\"code\": \"000000\"}";
    let (login, scope) = (FlowKind::Login, Scope::PerIp);
    let email = format!("oob_otp: {{ email: {{ validate_per_ip: {ONE} }} }}");
    let yaml = format!(
        "{}\nauthenticator: {{ oob_otp: {{ email: {{ email_otp_mode: code }} }} }}",
        authentication("oob_otp_email, password", &email)
    );
    let script = format!(
        "email {ALICE}
         {{\"authentication\": \"primary_oob_otp_email\", \"index\": 0}}
         {wrong}"
    );
    check(Limit::VerifyOobOtpEmail, scope, &yaml, login, &script).await;
    let sms = format!("oob_otp: {{ sms: {{ validate_per_user_per_ip: {ONE} }} }}");
    let yaml = format!("{}\n{}", authentication("oob_otp_sms, password", &sms), phone_mode("sms"));
    let script = format!(
        "phone {NUMBER}
         {{\"authentication\": \"primary_oob_otp_sms\", \"index\": 0, \"channel\": \"sms\"}}
         {wrong}"
    );
    check(Limit::VerifyOobOtpSms, Scope::PerUserPerIp, &yaml, login, &script).await;
    let signup = FlowKind::Signup;
    let yaml = verification(&format!("email: {{ validate_per_ip: {ONE} }}"));
    let script = format!("email bob@example.com\n{wrong}");
    check(Limit::VerifyVerificationEmail, scope, &yaml, signup, &script).await;
    let yaml = verification(&format!("sms: {{ validate_per_ip: {ONE} }}"));
    let yaml = format!("{yaml}\n{}", phone_mode("sms"));
    let script = format!("phone +85261234567\n{wrong}");
    check(Limit::VerifyVerificationSms, scope, &yaml, signup, &script).await;
}

#[tokio::test]
async fn codes_of_recoveries_are_guessed_at_so_often() {
    let (recovery, scope) = (FlowKind::AccountRecovery, Scope::PerIp);
    let limits = |of: &str| {
        format!("forgot_password: {{ rate_limits: {{ {of}: {{ validate_per_ip: {ONE} }} }} }}")
    };
    let wrong = "{\"account_recovery_code\": \"AAAAAAAA\"}";
    for who in [ALICE, "nobody@example.com"] {
        let script = format!("email {who}\n{{\"index\": 0}}\n{wrong}");
        let limit = Limit::VerifyForgotPasswordEmail;
        check(limit, scope, &limits("email"), recovery, &script).await;
    }
    let script = format!("phone {NUMBER}\n{{\"index\": 0}}\n{wrong}");
    check(Limit::VerifyForgotPasswordSms, scope, &limits("sms"), recovery, &script).await;
}

#[tokio::test]
async fn second_factors_are_guessed_at_so_often() {
    let yaml = |limits: &str| {
        format!(
            "authentication: {{ identities: [login_id], primary_authenticators: [password], \
             secondary_authenticators: [totp], secondary_authentication_mode: required, \
             rate_limits: {{ {limits} }} }}"
        )
    };
    let enrol = "email bob@example.com
                 new_password tr0ub4dor and 3
                 {\"authentication\": \"secondary_totp\"}
                 totp
                 {\"confirm_recovery_code\": true}";
    for (limit, name, wrong) in [
        (
            Limit::VerifyTotp,
            "totp",
            "{\"authentication\": \"secondary_totp\", \"code\": \"000000\"}",
        ),
        (
            Limit::VerifyRecoveryCode,
            "recovery_code",
            "{\"authentication\": \"recovery_code\", \"recovery_code\": \"AAAAA-AAAAA\"}",
        ),
    ] {
        let world = World::new(&yaml(&format!("{name}: {{ per_ip: {ONE} }}"))).await;
        let signup = FlowRef::new(FlowKind::Signup, "default");
        let enrolled = play(&world, signup, Setting::default(), enrol).await;
        assert!(enrolled.contains("= signup"), "{enrolled}");
        let script = format!("email bob@example.com\npassword tr0ub4dor and 3\n{wrong}");
        met(&world, limit, Scope::PerIp, FlowKind::Login, &script).await;
    }
}

#[tokio::test]
async fn passkeys_are_guessed_at_so_often() {
    let yaml = format!(
        "authentication: {{ identities: [login_id, passkey], \
         primary_authenticators: [password, passkey], \
         rate_limits: {{ passkey: {{ per_ip: {ONE} }} }} }}"
    );
    let script = "{\"identification\": \"passkey\", \"assertion_response\": {}}";
    check(Limit::VerifyPasskey, Scope::PerIp, &yaml, FlowKind::Login, script).await;
}

#[tokio::test]
async fn names_are_tried_so_often() {
    let yaml = authentication("password", &format!("account_enumeration: {{ per_ip: {ONE} }}"));
    let script = "email nobody@example.com";
    check(Limit::EnumerateAccounts, Scope::PerIp, &yaml, FlowKind::Login, script).await;
}
