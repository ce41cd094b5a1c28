//! Flows in which a project's hooks have a say.

use appconfig::flow::FlowKind;
use expect_test::expect;
use serde_json::{Value, json};
use testkit::{Webhook, World};

use super::{cx, input, play};
use crate::{FlowRef, Reply, Setting, create, feed, look};

/// Scripts that a test can name.
const SCRIPTS: [(&str, &str); 11] = [
    ("deno/yes.ts", "export default async () => ({ is_allowed: true })"),
    (
        "deno/no.ts",
        "export default async () => ({ is_allowed: false, title: 'No', reason: 'not you' })",
    ),
    (
        "deno/mfa.ts",
        "export default async () => ({ is_allowed: true, constraints: { amr: ['mfa'] } })",
    ),
    (
        "deno/totp.ts",
        "export default async () => ({ is_allowed: true, constraints: { amr: ['x_secondary_totp', 'mfa'] } })",
    ),
    (
        "deno/jane.ts",
        "export default async ({ payload }: any) => ({ is_allowed: true, mutations: { user: {
            standard_attributes: { ...payload.user.standard_attributes, name: 'Jane' },
            custom_attributes: { tier: 'gold' } } } })",
    ),
    (
        "deno/odd.ts",
        "export default async () => ({ is_allowed: true, mutations: { user: { custom_attributes: { tier: 'iron' } } } })",
    ),
    (
        "deno/heavy.ts",
        "export default async () => ({ is_allowed: true, rate_limits: { 'authentication.account_enumeration': { weight: 100 } } })",
    ),
    (
        "deno/weightless.ts",
        "export default async () => ({ is_allowed: true, rate_limits: { 'authentication.general': { weight: 0 } } })",
    ),
    ("deno/loops.ts", "export default async () => { for (;;) {} }"),
    (
        "deno/bomb.ts",
        "export default async () => { const all = []; for (;;) all.push('x'.repeat(1 << 20)) }",
    ),
    ("deno/huge.ts", "export default async () => 'x'.repeat(2 << 20)"),
];

const FLOWS: &str = "
authentication:
  identities: [login_id]
  primary_authenticators: [password]
  secondary_authenticators: [totp]
user_profile:
  custom_attributes: { attributes: [{ id: \"0001\", pointer: /tier, type: enum, enum: [gold, silver] }] }
authentication_flow:
  signup_flows:
  - name: default
    steps:
    - type: identify
      one_of:
      - identification: email
        steps: [{ type: create_authenticator, one_of: [{ authentication: primary_password }] }]
  login_flows:
  - name: default
    steps:
    - type: identify
      one_of:
      - identification: email
        steps: [{ type: authenticate, one_of: [{ authentication: primary_password }] }]
    - { type: check_account_status }
";

/// A project whose handlers of these events are scripts. Alice has a password.
async fn world(handlers: &[(&str, &str)]) -> World {
    let handlers: Vec<_> = handlers
        .iter()
        .map(|(event, it)| format!("{{ event: {event}, url: \"authgeardeno:///deno/{it}.ts\" }}"))
        .collect();
    let yaml = format!(
        "hook: {{ sync_hook_timeout_seconds: 1, blocking_handlers: [{}] }}\n{FLOWS}",
        handlers.join(", ")
    );
    let world = World::with_scripts(&yaml, &SCRIPTS).await;
    world.person("email", "alice@example.com", "correct horse").await;
    world
}

async fn check(
    kind: FlowKind,
    handlers: &[(&str, &str)],
    script: &str,
    expected: expect_test::Expect,
) {
    let world = world(handlers).await;
    let transcript = play(&world, FlowRef::new(kind, "default"), Setting::default(), script).await;
    expected.assert_eq(&transcript);
}

const INITIALIZE: &str = "authentication.pre_initialize";
const IDENTIFIED: &str = "authentication.post_identified";
const AUTHENTICATED: &str = "authentication.pre_authenticated";
const CREATE: &str = "user.pre_create";

const LOGIN: &str = "email alice@example.com
                     password correct horse";
const SIGNUP: &str = "email bob@example.com
                      new_password tr0ub4dor and 3";

#[tokio::test]
async fn a_no_before_anything_happens_asks_nothing() {
    check(FlowKind::Login, &[(INITIALIZE, "no")], "", expect![[r#"
        ! HookDisallowed {"event_type":"authentication.pre_initialize","reasons":[{"title":"No","reason":"not you"}]}
    "#]]).await;
}

#[tokio::test]
async fn a_no_to_who_it_is_comes_before_the_proof() {
    check(FlowKind::Login, &[(IDENTIFIED, "no")], "email alice@example.com", expect![[r#"
        ? login: identify [email]
        > email alice@example.com
        ! HookDisallowed {"event_type":"authentication.post_identified","reasons":[{"title":"No","reason":"not you"}]}
    "#]]).await;
}

#[tokio::test]
async fn a_no_after_the_proof_signs_nobody_in() {
    check(FlowKind::Login, &[(AUTHENTICATED, "no")], LOGIN, expect![[r#"
        ? login: identify [email]
        > email alice@example.com
        ? login: authenticate [primary_password]
        > password correct horse
        ! HookDisallowed {"event_type":"authentication.pre_authenticated","reasons":[{"title":"No","reason":"not you"}]}
    "#]]).await;
}

#[tokio::test]
async fn who_is_kept_out_is_written_down() {
    let world = world(&[(IDENTIFIED, "no")]).await;
    let flow = FlowRef::new(FlowKind::Login, "default");
    play(&world, flow, Setting::default(), "email alice@example.com").await;
    events::deliver(&world.platform.store, world.ctx().now).await.unwrap();
    let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
    let lines = tx.audit_log().list(None, 9).await.unwrap();
    let line = lines.iter().find(|it| it.activity_type == "authentication.blocked").unwrap();
    let payload = &line.data["payload"];
    assert_eq!(payload["user"]["standard_attributes"]["email"], "alice@example.com");
    assert_eq!(payload["error"]["reason"], "HookDisallowed");
    assert_eq!(payload["error"]["code"], 403);
}

#[tokio::test]
async fn a_refused_sign_up_leaves_nobody_behind_and_may_be_tried_again() {
    check(FlowKind::Signup, &[(CREATE, "no")], &format!("{SIGNUP}\nnew_password tr0ub4dor and 3"), expect![[r#"
        ? signup: identify [email]
        > email bob@example.com
        ? signup: create_authenticator [primary_password]
        > new_password tr0ub4dor and 3
        ! HookDisallowed {"event_type":"user.pre_create","reasons":[{"title":"No","reason":"not you"}]}
        > new_password tr0ub4dor and 3
        ! HookDisallowed {"event_type":"user.pre_create","reasons":[{"title":"No","reason":"not you"}]}
    "#]]).await;
}

/// The person with this address, as they are in the database.
async fn person(world: &World, email: &str) -> domain::User {
    let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
    let found = tx.identities().list_by_claim("email", email).await.unwrap();
    tx.users().find(found[0].user_id()).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_a_hook_makes_of_a_new_person_is_what_is_written() {
    let world = world(&[(CREATE, "jane"), (CREATE, "yes")]).await;
    let flow = FlowRef::new(FlowKind::Signup, "default");
    let transcript = play(&world, flow, Setting::default(), SIGNUP).await;
    assert!(transcript.ends_with("[\"pwd\", \"x_primary_password\"]\n"), "{transcript}");
    let bob = person(&world, "bob@example.com").await;
    let expected = json!({ "email": "bob@example.com", "name": "Jane" });
    assert_eq!(json!(bob.standard_attributes), expected);
    assert_eq!(json!(bob.custom_attributes), json!({ "0001": "gold" }));
}

#[tokio::test]
async fn what_a_hook_says_must_be_valid() {
    check(FlowKind::Signup, &[(CREATE, "odd")], SIGNUP, expect![[r#"
        ? signup: identify [email]
        > email bob@example.com
        ? signup: create_authenticator [primary_password]
        > new_password tr0ub4dor and 3
        ! ValidationFailed {"causes":[{"location":"/user/tier","kind":"enum","details":{"expected":["gold","silver"],"actual":"iron"}}]}
    "#]]).await;
}

#[tokio::test]
async fn whoever_signs_up_sets_up_what_hooks_insist_on_and_proves_it_from_then_on() {
    let world = world(&[(INITIALIZE, "mfa"), (AUTHENTICATED, "totp")]).await;
    let signup = FlowRef::new(FlowKind::Signup, "default");
    let script = format!(
        "{SIGNUP}
         {{\"authentication\": \"secondary_totp\"}}
         totp
         {{\"confirm_recovery_code\": true}}"
    );
    expect![[r#"
        ? signup: identify [email]
        > email bob@example.com
        ? signup: create_authenticator [primary_password]
        > new_password tr0ub4dor and 3
        ? signup: create_authenticator [secondary_totp]
        > {"authentication": "secondary_totp"}
        ? signup: create_authenticator []
        > totp
        ? signup: view_recovery_code []
        > {"confirm_recovery_code": true}
        = signup with a session ["mfa", "otp", "pwd", "x_primary_password", "x_secondary_totp"]
    "#]]
    .assert_eq(&play(&world, signup, Setting::default(), &script).await);
    let login = FlowRef::new(FlowKind::Login, "default");
    let script = "email bob@example.com
                  password tr0ub4dor and 3
                  {\"authentication\": \"recovery_code\", \"recovery_code\": \"AAAAA-AAAAA\"}";
    expect![[r#"
        ? login: identify [email]
        > email bob@example.com
        ? login: authenticate [primary_password]
        > password tr0ub4dor and 3
        ? login: authenticate [secondary_totp]
        > {"authentication": "recovery_code", "recovery_code": "AAAAA-AAAAA"}
        ! ValidationFailed {"causes":[{"location":"/authentication","kind":"enum","details":{"actual":"recovery_code","expected":["secondary_totp"]}}]}
    "#]]
    .assert_eq(&play(&world, login, Setting::default(), script).await);
}

#[tokio::test]
async fn whoever_has_nothing_that_hooks_insist_on_does_not_get_in() {
    check(
        FlowKind::Login,
        &[(IDENTIFIED, "mfa")],
        LOGIN,
        expect![[r#"
        ? login: identify [email]
        > email alice@example.com
        ? login: authenticate [primary_password]
        > password correct horse
        ! InvariantViolated {"cause":{"kind":"NoAuthenticator"}}
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_hook_makes_guesses_dear_or_free() {
    check(FlowKind::Login, &[(INITIALIZE, "heavy")], "email alice@example.com", expect![[r#"
        ? login: identify [email]
        > email alice@example.com
        ! RateLimited {"bucket_name":"AccountEnumerationPerIP","rate_limit":{"name":"authentication.account_enumeration.per_ip","group":"authentication.account_enumeration"},"rate_limit_name":"authentication.account_enumeration"}
    "#]]).await;
    let world = world(&[(IDENTIFIED, "weightless")]).await;
    let script = format!("email alice@example.com{}", "\npassword wrong".repeat(15));
    let flow = FlowRef::new(FlowKind::Login, "default");
    let transcript = play(&world, flow, Setting::default(), &script).await;
    assert_eq!(transcript.matches("! InvalidCredentials").count(), 15, "{transcript}");
}

#[tokio::test]
async fn a_hook_that_does_not_decide_is_a_no_and_holds_up_nobody_else() {
    for (script, reason) in [
        ("loops", "HookDeliveryTimeout"),
        ("bomb", "DenoRunError"),
        ("huge", "DenoRunError"),
        ("absent", "HookDeliveryUnknownFailure"),
    ] {
        let stuck = world(&[(INITIALIZE, script)]).await;
        let free = world(&[]).await;
        let login = || FlowRef::new(FlowKind::Login, "default");
        let (kept_out, let_in) = tokio::join!(
            play(&stuck, login(), Setting::default(), ""),
            play(&free, login(), Setting::default(), LOGIN),
        );
        assert!(kept_out.starts_with(&format!("! {reason} ")), "{script}: {kept_out}");
        assert!(let_in.contains("= login with a session"), "{script}: {let_in}");
    }
}

/// A project that asks a webhook about all three moments.
async fn asking(webhook: &Webhook) -> World {
    let handlers = [INITIALIZE, IDENTIFIED, AUTHENTICATED, CREATE]
        .map(|event| format!("{{ event: {event}, url: \"{}\" }}", webhook.url));
    let yaml = format!(
        "hook: {{ sync_hook_timeout_seconds: 1, blocking_handlers: [{}] }}\n{FLOWS}",
        handlers.join(", ")
    );
    let world = World::new(&yaml).await.that_calls_webhooks();
    world.person("email", "alice@example.com", "correct horse").await;
    world
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|it| it["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_moment_is_asked_about_once_however_often_a_state_is_looked_at() {
    let webhook = Webhook::answering(|_| Some((200, json!({ "is_allowed": true })))).await;
    let world = asking(&webhook).await;
    let ctx = world.ctx();
    let cx = cx(&world, &ctx);
    let flow = FlowRef::new(FlowKind::Login, "default");
    let token = |reply: Reply| match reply {
        Reply::Asked(answer) => answer.state_token,
        other => panic!("not a question: {other:?}"),
    };
    let start = token(create(&cx, flow, Setting::default()).await.unwrap());
    assert_eq!(types(&webhook.heard()), [INITIALIZE]);
    token(look(&cx, &start).await.unwrap());
    let next = token(feed(&cx, &start, &input("email alice@example.com")).await.unwrap());
    assert_eq!(types(&webhook.heard()), [IDENTIFIED]);
    token(look(&cx, &next).await.unwrap());
    let wrong = feed(&cx, &next, &input("password battery staple")).await.unwrap();
    assert!(matches!(wrong, Reply::Refused(_)));
    assert!(webhook.heard().is_empty());
    let right = feed(&cx, &next, &input("password correct horse")).await.unwrap();
    assert!(matches!(right, Reply::Finished(_)));
    assert_eq!(types(&webhook.heard()), [AUTHENTICATED]);
}

#[tokio::test]
async fn a_flow_that_becomes_another_is_asked_about_again_and_a_recovery_never() {
    let webhook = Webhook::answering(|_| Some((200, json!({ "is_allowed": true })))).await;
    let world = asking(&webhook).await;
    let flow = |kind| FlowRef::new(kind, "default");
    play(&world, flow(FlowKind::SignupLogin), Setting::default(), LOGIN).await;
    let heard = webhook.heard();
    assert_eq!(types(&heard), [INITIALIZE, INITIALIZE, IDENTIFIED, AUTHENTICATED]);
    let kind = |event: &Value| {
        event["payload"]["authentication_context"]["authentication_flow"]["type"].clone()
    };
    assert_eq!(kind(&heard[0]), "signup_login");
    assert!(heard[1..].iter().all(|it| kind(it) == "login"));

    let script = "email alice@example.com";
    play(&world, flow(FlowKind::AccountRecovery), Setting::default(), script).await;
    assert!(webhook.heard().is_empty());
}

#[tokio::test]
async fn a_hook_is_told_who_signs_up_and_how() {
    let webhook = Webhook::answering(|_| Some((200, json!({ "is_allowed": true })))).await;
    let world = asking(&webhook).await;
    let flow = FlowRef::new(FlowKind::Signup, "default");
    let setting = Setting { state: Some("xyz".to_owned()), ..Setting::default() };
    play(&world, flow, setting, SIGNUP).await;
    let heard = webhook.heard();
    assert_eq!(types(&heard), [INITIALIZE, IDENTIFIED, AUTHENTICATED, CREATE]);
    expect![[r#"{"authentication_context":{"authentication_flow":{"type":"signup","name":"default"},"user":null,"amr":[],"asserted_authentications":[],"asserted_identifications":[]}}"#]]
        .assert_eq(&heard[0]["payload"].to_string());
    assert_eq!(heard[0]["context"]["user_id"], Value::Null);
    assert_eq!(heard[0]["context"]["oauth"], json!({ "state": "xyz" }));

    let identified = &heard[1]["payload"]["identification"];
    assert_eq!(identified["identification"], "email");
    assert_eq!(identified["identity"]["claims"]["email"], "bob@example.com");
    assert_eq!(identified["id_token"], Value::Null);
    let context = &heard[2]["payload"]["authentication_context"];
    assert_eq!(context["amr"], json!(["pwd", "x_primary_password"]));
    assert_eq!(context["user"]["standard_attributes"]["email"], "bob@example.com");
    let authentication = &context["asserted_authentications"][0];
    assert_eq!(authentication["authentication"], "primary_password");
    assert_eq!(authentication["authenticator"]["type"], "password");
    assert_eq!(heard[3]["payload"]["identities"][0]["type"], "login_id");
    let id = &heard[3]["payload"]["user"]["id"];
    assert_eq!(*id, person(&world, "bob@example.com").await.id.as_str());
    assert!(heard[1..].iter().all(|it| it["context"]["user_id"] == *id));
}

#[tokio::test]
async fn a_webhook_that_never_answers_or_fails_is_a_no() {
    for (answer, reason) in [
        (None, "HookDeliveryTimeout"),
        (Some((500, json!({}))), "HookInvalidResponse"),
        (Some((200, json!({ "allowed": true }))), "HookInvalidResponse"),
        (Some((200, json!("x".repeat(2 << 20)))), "HookDeliveryUnknownFailure"),
    ] {
        let webhook = Webhook::answering(move |_| answer.clone()).await;
        let world = asking(&webhook).await;
        let flow = FlowRef::new(FlowKind::Login, "default");
        let transcript = play(&world, flow, Setting::default(), "").await;
        assert!(transcript.starts_with(&format!("! {reason} ")), "{transcript}");
    }
}

#[tokio::test]
async fn a_hook_switches_bot_protection_on_or_off() {
    for (mode, declared, is_asked) in [("always", "never", true), ("never", "always", false)] {
        let source = format!(
            "export default async () => ({{ is_allowed: true, bot_protection: {{ mode: '{mode}' }} }})"
        );
        let yaml = format!(
            "hook: {{ blocking_handlers: [{{ event: {INITIALIZE}, url: \"authgeardeno:///deno/bot.ts\" }}] }}
bot_protection: {{ enabled: true, provider: {{ type: cloudflare, site_key: key }} }}
authentication_flow:
  login_flows:
  - name: default
    steps:
    - {{ type: identify, one_of: [{{ identification: email, bot_protection: {{ mode: {declared} }} }}] }}
"
        );
        let world = World::with_scripts(&yaml, &[("deno/bot.ts", &source)]).await;
        let ctx = world.ctx();
        let flow = FlowRef::new(FlowKind::Login, "default");
        let reply = create(&cx(&world, &ctx), flow, Setting::default()).await.unwrap();
        let Reply::Asked(answer) = reply else { panic!("{reply:?}") };
        let has_challenge = answer.ask.data["options"][0].get("bot_protection").is_some();
        assert_eq!(has_challenge, is_asked, "{mode}");
    }
}
