use std::collections::BTreeMap;
use std::sync::Arc;

use appconfig::hook::BlockingEvent;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use domain::OutboxEntry;
use serde_json::{Map, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;
use crate::Source;
use crate::carry::{Retry, Sink, Undelivered};
use crate::world::ctx_of;

/// What the tests of a chain are about: handlers that are scripts, by name.
const SCRIPTS: [(&str, &str); 14] = [
    ("yes", "export default async () => ({ is_allowed: true })"),
    ("no", "export default async () => ({ is_allowed: false, title: 'Stop', reason: 'no' })"),
    (
        "jane",
        "export default async (e: any) => ({ is_allowed: true, mutations: { user: { standard_attributes: { name: 'Jane' } } } })",
    ),
    (
        "shout",
        "export default async ({ payload }: any) => ({ is_allowed: true, mutations: { user: { standard_attributes: { name: payload.user.standard_attributes.name.toUpperCase() }, roles: ['loud'] } } })",
    ),
    (
        "mfa",
        "export default async () => ({ is_allowed: true, constraints: { amr: ['mfa'] }, bot_protection: { mode: 'always' }, rate_limits: { 'authentication.general': { weight: 2 } } })",
    ),
    ("otp", "export default async () => ({ is_allowed: true, constraints: { amr: ['otp'] } })"),
    (
        "odd",
        "export default async () => ({ is_allowed: true, constraints: { amr: ['telepathy'] } })",
    ),
    (
        "weightless",
        "export default async () => ({ is_allowed: true, rate_limits: { 'authentication.general': { weight: -1 } } })",
    ),
    (
        "wordy",
        "export default async () => ({ is_allowed: false, title: 'x'.repeat(5000), reason: 'y'.repeat(5000) })",
    ),
    (
        "insists",
        "export default async () => ({ is_allowed: true, constraints: { amr: Array(9).fill(['otp', 'mfa']).flat() } })",
    ),
    ("silent", "export default async () => {}"),
    ("throws", "export default async () => { throw new Error('boo') }"),
    ("loops", "export default async () => { for (;;) {} }"),
    (
        "type",
        "export default async (e: any) => ({ is_allowed: false, title: e.type, reason: e.context.app_id })",
    ),
];

/// A project whose handlers of `event` are these scripts.
fn project(event: &str, handlers: &[&str]) -> Ctx {
    let handlers: Vec<_> = handlers
        .iter()
        .map(|name| format!("{{ event: {event}, url: \"authgeardeno:///deno/{name}.ts\" }}"))
        .collect();
    let yaml = format!(
        "hook: {{ sync_hook_timeout_seconds: 2, sync_hook_total_timeout_seconds: 3, \
         blocking_handlers: [{}] }}",
        handlers.join(", ")
    );
    let scripts: BTreeMap<_, _> = SCRIPTS
        .map(|(name, source)| (format!("deno/{name}.ts"), source.to_owned()))
        .into_iter()
        .collect();
    ctx_of(&yaml, json!({}), scripts)
}

async fn ask(event: &str, handlers: &[&str]) -> Result<Decision, HookError> {
    let ctx = project(event, handlers);
    let payload = json!({ "user": { "id": "u", "standard_attributes": { "name": "John" } } });
    let question = Blocking {
        event: BlockingEvent::from_word(event).unwrap(),
        user: None,
        payload: payload.as_object().unwrap().clone(),
    };
    Hooks::for_tests(Outbound::recording()).ask(&ctx, &Source::default(), question).await
}

async fn allowed(event: &str, handlers: &[&str]) -> Allowed {
    match ask(event, handlers).await.unwrap() {
        Decision::Allowed(allowed) => *allowed,
        Decision::Disallowed(no) => panic!("{no:?}"),
    }
}

async fn check_error(event: &str, handler: &str, reason: &str, expected: &str) {
    let error = ask(event, &[handler]).await.unwrap_err();
    assert_eq!((error.reason(), error.to_string().as_str()), (reason, expected));
}

const CREATE: &str = "user.pre_create";
const INITIALIZE: &str = "authentication.pre_initialize";

#[tokio::test]
async fn without_a_handler_everything_is_allowed() {
    assert_eq!(allowed(CREATE, &[]).await, Allowed::default());
    assert!(!Hooks::is_asked(&project(CREATE, &[]), BlockingEvent::UserPreCreate));
    assert!(Hooks::is_asked(&project(CREATE, &["yes"]), BlockingEvent::UserPreCreate));
}

#[tokio::test]
async fn one_no_is_a_no_and_ends_it() {
    let decision = ask(CREATE, &["yes", "no", "throws"]).await.unwrap();
    let Decision::Disallowed(no) = decision else { panic!("{decision:?}") };
    assert_eq!(
        no.info(),
        json!({ "event_type": CREATE, "reasons": [{ "title": "Stop", "reason": "no" }] })
    );
}

#[tokio::test]
async fn what_a_handler_says_at_length_is_cut() {
    let decision = ask(CREATE, &["wordy"]).await.unwrap();
    let Decision::Disallowed(no) = decision else { panic!("{decision:?}") };
    assert_eq!((no.title.len(), no.reason.len()), (1_000, 1_000));
    let allowed = allowed(INITIALIZE, &["insists"]).await;
    assert_eq!(allowed.amr, Some(vec!["mfa".to_owned(), "otp".to_owned()]));
}

#[tokio::test]
async fn a_handler_sees_what_the_one_before_it_has_made() {
    let mutations = allowed(CREATE, &["jane", "shout"]).await.mutations;
    let name: Map<_, _> = [("name".to_owned(), json!("JANE"))].into_iter().collect();
    assert_eq!(mutations.standard_attributes, Some(name));
    assert_eq!(mutations.roles, Some(vec!["loud".to_owned()]));
    assert_eq!(mutations.custom_attributes, None);
}

#[tokio::test]
async fn the_last_word_on_each_thing_counts() {
    let allowed = allowed(INITIALIZE, &["mfa", "otp", "yes"]).await;
    assert_eq!(allowed.amr, Some(vec!["otp".to_owned()]));
    assert_eq!(allowed.bot_protection, Some(BotProtectionOverride::Always));
    assert_eq!(allowed.rate_limits.unwrap()["authentication.general"].to_string(), "2");
}

#[tokio::test]
async fn an_event_is_told_whole() {
    let Decision::Disallowed(no) = ask(CREATE, &["type"]).await.unwrap() else { panic!("a no") };
    assert_eq!((no.title.as_str(), no.reason.as_str()), (CREATE, "test"));
}

#[tokio::test]
async fn what_an_event_does_not_take_is_refused() {
    let invalid = "HookInvalidResponse";
    for (event, handler, expected) in [
        (CREATE, "mfa", "user.pre_create does not take constraints"),
        (INITIALIZE, "jane", "authentication.pre_initialize does not take mutations"),
        (
            "authentication.pre_authenticated",
            "mfa",
            "authentication.pre_authenticated does not take bot_protection",
        ),
        (INITIALIZE, "odd", "telepathy cannot be insisted on"),
        (INITIALIZE, "weightless", "the weight of authentication.general cannot be -1"),
        (CREATE, "silent", "it is not an object"),
    ] {
        let expected = format!("the hook's answer is not valid: {expected}");
        check_error(event, handler, invalid, &expected).await;
    }
}

#[tokio::test]
async fn what_goes_wrong_in_a_script_is_told_apart() {
    let threw = "the script failed: the script threw Error: boo";
    check_error(CREATE, "throws", "DenoRunError", threw).await;
    check_error(CREATE, "loops", "HookDeliveryTimeout", "the hook took too long").await;
    let unknown = "HookDeliveryUnknownFailure";
    check_error(CREATE, "absent", unknown, "there is no script deno/absent.ts").await;
}

#[tokio::test]
async fn all_handlers_together_have_their_time() {
    let began = Instant::now();
    let slow: &[&str] = &["loops", "loops", "loops"];
    assert!(matches!(ask(CREATE, slow).await, Err(HookError::Timeout)));
    assert!(began.elapsed() < Duration::from_secs(6));
}

/// A server on loopback that answers every request with `answer`.
async fn server(status: u16, answer: Value) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let router = Router::new().fallback(move |request: Request| async move {
        let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
        let mut answer = answer.clone();
        if answer == json!("echo") {
            answer = serde_json::from_slice(&body).unwrap();
        }
        (http::StatusCode::from_u16(status).unwrap(), axum::Json(answer))
    });
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, tasks)
}

fn hooks() -> Hooks {
    let allowed = vec!["127.0.0.0/8".parse().unwrap()];
    let settings = outbound::Settings { allowed, ..outbound::Settings::default() };
    Hooks::new(Outbound::new(settings).unwrap(), Scripts::for_tests())
}

#[tokio::test]
async fn a_handler_may_be_a_webhook() {
    let ctx = project(CREATE, &[]);
    let (url, _server) = server(200, json!("echo")).await;
    let event = json!({ "a": 1 });
    assert_eq!(hooks().call(&ctx, &url, &event, TELL_TIMEOUT).await.unwrap(), event);
    hooks().tell(&ctx, &url, &event).await.unwrap();
    let (url, _server) = server(500, json!({})).await;
    let error = hooks().call(&ctx, &url, &event, TELL_TIMEOUT).await.unwrap_err();
    assert!(matches!(error, HookError::Status { status: 500, .. }), "{error:?}");
    assert!(hooks().tell(&ctx, &url, &event).await.is_err());
}

#[tokio::test]
async fn a_script_fetches_by_the_rules_for_whatever_a_project_names() {
    let (url, _server) = server(200, json!({ "tier": "gold" })).await;
    let source = format!(
        "export default async () => {{ try {{ return await (await fetch('{url}')).json() }} \
         catch (error) {{ return String(error) }} }}"
    );
    let scripts = BTreeMap::from([("deno/fetch.ts".to_owned(), source)]);
    let ctx = ctx_of("", json!({}), scripts);
    let event = json!({});
    let url = "authgeardeno:///deno/fetch.ts";
    let fetched = hooks().call(&ctx, url, &event, TELL_TIMEOUT).await.unwrap();
    assert_eq!(fetched, json!({ "tier": "gold" }));
    let guarded = Hooks::for_tests(Outbound::recording());
    let refused = guarded.call(&ctx, url, &event, TELL_TIMEOUT).await.unwrap();
    assert_eq!(refused, json!("TypeError: the address is not one that may be called"));
}

#[tokio::test]
async fn a_gateway_may_be_a_script() {
    let source = "export default async (sms: any) => ({ code: sms.to === '+1' ? 'ok' : 'invalid_phone_number' })";
    let scripts = BTreeMap::from([("deno/sms.ts".to_owned(), source.to_owned())]);
    let secrets = json!({ "sms.custom": { "url": "authgeardeno:///deno/sms.ts" } });
    let ctx = ctx_of("", secrets, scripts);
    let sms = |to: &str| Sms {
        to: to.to_owned(),
        sender: String::new(),
        text: "hi".into(),
        template_name: "verification_sms.txt".into(),
        language: "en".into(),
        variables: outbound::TemplateVariables::default(),
    };
    assert_eq!(hooks().send_sms(&ctx, &sms("+1")).await.unwrap(), SmsOutcome::Sent);
    let outcome = hooks().send_sms(&ctx, &sms("+2")).await.unwrap();
    let SmsOutcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.kind, SmsRefusalKind::InvalidPhoneNumber);
}

#[tokio::test]
async fn a_script_is_checked_without_being_run() {
    let ctx = Arc::new(project(CREATE, &[]));
    let hooks = Hooks::for_tests(Outbound::recording());
    assert_eq!(hooks.check_script(&ctx, "while (true) {}; export default 1").await, Ok(()));
    assert!(hooks.check_script(&ctx, "export default (").await.is_err());
}

/// An event for the handler at `url`, in a project that tells `told`.
async fn deliver(url: &str, told: &str) -> Result<(), Undelivered> {
    let yaml =
        format!("hook: {{ non_blocking_handlers: [{{ events: [\"*\"], url: \"{told}\" }}] }}");
    let ctx = ctx_of(&yaml, json!({}), BTreeMap::new());
    let entry = OutboxEntry {
        seq: 7,
        app_id: ctx.app.id.clone(),
        id: "id".into(),
        sink: format!("{}{url}", Hooks::KIND),
        r#type: "user.created".into(),
        payload: Map::new(),
        context: Map::new(),
        created_at: ctx.now,
        attempts: 1,
    };
    Sink::deliver(&hooks(), &ctx, &entry).await
}

#[tokio::test]
async fn a_handler_is_told_through_the_outbox() {
    let (url, _server) = server(200, json!({})).await;
    assert_eq!(deliver(&url, &url).await, Ok(()));
    let (url, _server) = server(503, json!({})).await;
    let why = "the hook answered with status 503".to_owned();
    assert_eq!(deliver(&url, &url).await, Err(Undelivered { why, retry: Retry::Later }));
}

#[tokio::test]
async fn a_handler_that_is_no_longer_configured_is_told_nothing() {
    let (url, _server) = server(200, json!({})).await;
    let undelivered = deliver(&url, "https://another.example").await.unwrap_err();
    assert_eq!(undelivered.retry, Retry::Never);
}
