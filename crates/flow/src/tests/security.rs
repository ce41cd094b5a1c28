//! What somebody could try with states and inputs.

use appconfig::flow::FlowKind;
use serde_json::json;
use testkit::World;

use super::{cx, input, play};
use crate::refusal::Kind;
use crate::{FlowRef, Refusal, Reply, Setting, create, feed, feed_all, look};

async fn world() -> World {
    let world = World::new("").await;
    world.person("email", "alice@example.com", "correct horse").await;
    world
}

fn login() -> FlowRef {
    FlowRef::new(FlowKind::Login, "default")
}

fn token(reply: Reply) -> String {
    match reply {
        Reply::Asked(answer) => answer.state_token,
        other => panic!("not a question: {other:?}"),
    }
}

fn refusal(reply: Reply) -> Refusal {
    match reply {
        Reply::Refused(refusal) => refusal,
        other => panic!("not a refusal: {other:?}"),
    }
}

#[tokio::test]
async fn going_back_is_handing_in_an_older_token() {
    let world = world().await;
    let ctx = world.ctx();
    let cx = cx(&world, &ctx);
    let start = token(create(&cx, login(), Setting::default()).await.unwrap());
    let first = token(feed(&cx, &start, &input("email alice@example.com")).await.unwrap());
    let again = token(feed(&cx, &start, &input("email alice@example.com")).await.unwrap());
    assert_ne!(first, again, "a new state has a new token");
    for token in [first, again] {
        let Reply::Asked(answer) = look(&cx, &token).await.unwrap() else { panic!("asked") };
        assert_eq!(answer.state_token, token, "looking changes nothing");
        assert_eq!(answer.login_id.as_deref(), Some("alice@example.com"));
    }
}

#[tokio::test]
async fn a_flow_finishes_once() {
    let world = world().await;
    let ctx = world.ctx();
    let cx = cx(&world, &ctx);
    let start = token(create(&cx, login(), Setting::default()).await.unwrap());
    let state = token(feed(&cx, &start, &input("email alice@example.com")).await.unwrap());
    let beside = token(feed(&cx, &start, &input("email alice@example.com")).await.unwrap());
    let password = input("password correct horse");
    assert!(matches!(feed(&cx, &state, &password).await.unwrap(), Reply::Finished(_)));
    assert_eq!(refusal(feed(&cx, &state, &password).await.unwrap()), Refusal::FlowNotFound);
    assert!(matches!(look(&cx, &beside).await.unwrap(), Reply::Asked(_)), "a state of its own");
    assert_eq!(refusal(feed(&cx, &beside, &password).await.unwrap()), Refusal::FlowNotFound);
}

#[tokio::test]
async fn the_states_that_led_to_the_end_go_with_it() {
    let world = world().await;
    let ctx = world.ctx();
    let cx = cx(&world, &ctx);
    let start = token(create(&cx, login(), Setting::default()).await.unwrap());
    let state = token(feed(&cx, &start, &input("email alice@example.com")).await.unwrap());
    assert!(matches!(look(&cx, &start).await.unwrap(), Reply::Asked(_)));
    let finished = feed(&cx, &state, &input("password correct horse")).await.unwrap();
    assert!(matches!(finished, Reply::Finished(_)));
    for token in [start, state] {
        assert_eq!(refusal(look(&cx, &token).await.unwrap()), Refusal::FlowNotFound);
    }
}

#[tokio::test]
async fn a_step_cannot_be_skipped() {
    let world = world().await;
    let ctx = world.ctx();
    let cx = cx(&world, &ctx);
    let start = token(create(&cx, login(), Setting::default()).await.unwrap());
    for attempt in [input("password correct horse"), input("confirm"), input("{}")] {
        let refused = refusal(feed(&cx, &start, &attempt).await.unwrap());
        assert!(matches!(refused, Refusal::ValidationFailed(_)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_token_that_was_never_given_out_leads_nowhere() {
    let world = world().await;
    let ctx = world.ctx();
    let cx = cx(&world, &ctx);
    for token in ["", "authflowstate_guess", "authflow_x"] {
        assert_eq!(refusal(look(&cx, token).await.unwrap()), Refusal::FlowNotFound);
    }
}

#[tokio::test]
async fn a_state_is_forgotten_after_twenty_minutes() {
    let world = world().await;
    let ctx = world.ctx();
    let start = token(create(&cx(&world, &ctx), login(), Setting::default()).await.unwrap());
    world.sleep(20 * 60 + 1);
    let ctx = world.ctx();
    let reply = look(&cx(&world, &ctx), &start).await.unwrap();
    assert_eq!(refusal(reply), Refusal::FlowNotFound);
}

#[tokio::test]
async fn two_people_cannot_take_the_same_name_at_once() {
    let world = world().await;
    let ctx = world.ctx();
    let cx = cx(&world, &ctx);
    let mut states = Vec::new();
    for _ in 0..2 {
        let signup = FlowRef::new(FlowKind::Signup, "default");
        let start = token(create(&cx, signup, Setting::default()).await.unwrap());
        states.push(token(feed(&cx, &start, &input("username bob")).await.unwrap()));
    }
    let password = input("new_password tr0ub4dor and 3");
    let first = feed(&cx, &states[0], &password).await.unwrap();
    assert!(matches!(first, Reply::Finished(_)));
    let second = refusal(feed(&cx, &states[1], &password).await.unwrap());
    assert!(matches!(second, Refusal::DuplicatedIdentity(_)));
    let mut tx = world.platform.store.read(&ctx.app.id).await.unwrap();
    let found = tx.identities().find_by_unique_key("bob").await.unwrap();
    assert!(found.is_some(), "the first one has it");
}

#[tokio::test]
async fn a_batch_stops_at_its_first_refusal() {
    let world = world().await;
    let ctx = world.ctx();
    let cx = cx(&world, &ctx);
    let start = token(create(&cx, login(), Setting::default()).await.unwrap());
    let inputs = ["email alice@example.com", "password wrong", "password correct horse"];
    let inputs: Vec<_> = inputs.into_iter().map(input).collect();
    let refused = refusal(feed_all(&cx, &start, &inputs).await.unwrap());
    assert_eq!(refused, Refusal::InvalidCredentials);
    let good = [inputs[0].clone(), inputs[2].clone()];
    assert!(matches!(feed_all(&cx, &start, &good).await.unwrap(), Reply::Finished(_)));
}

#[tokio::test]
async fn what_is_kept_between_inputs_has_no_password_in_it() {
    let world = world().await;
    let ctx = world.ctx();
    let cx = cx(&world, &ctx);
    let signup = FlowRef::new(FlowKind::Signup, "default");
    let reply = create(&cx, signup, Setting::default()).await.unwrap();
    let start = token(reply);
    let both = json!({ "identification": "username", "login_id": "bob",
                       "authentication": "primary_password", "new_password": "s3cret s3cret" });
    let reply = feed(&cx, &start, both.as_object().unwrap()).await.unwrap();
    assert!(!format!("{reply:?}").contains("s3cret"), "nor what is said about it");
}

#[tokio::test]
async fn guessing_passwords_runs_into_the_limit_of_the_account_and_address() {
    let world = world().await;
    let ctx = world.ctx();
    let cx = cx(&world, &ctx);
    let start = token(create(&cx, login(), Setting::default()).await.unwrap());
    let state = token(feed(&cx, &start, &input("email alice@example.com")).await.unwrap());
    for _ in 0..10 {
        let refused = refusal(feed(&cx, &state, &input("password guess")).await.unwrap());
        assert_eq!(refused, Refusal::InvalidCredentials);
    }
    let right = input("password correct horse");
    let refused = refusal(feed(&cx, &state, &right).await.unwrap());
    assert!(matches!(refused, Refusal::RateLimited(_)), "the right one is not looked at either");
    let fresh = token(create(&cx, login(), Setting::default()).await.unwrap());
    let state = token(feed(&cx, &fresh, &input("email alice@example.com")).await.unwrap());
    let refused = refusal(feed(&cx, &state, &right).await.unwrap());
    assert!(matches!(refused, Refusal::RateLimited(_)), "a new flow does not refill it");
}

#[tokio::test]
async fn asking_who_is_known_runs_into_a_limit() {
    let world = world().await;
    let ctx = world.ctx();
    let cx = cx(&world, &ctx);
    let start = token(create(&cx, login(), Setting::default()).await.unwrap());
    for number in 0..10 {
        let guess = input(&format!("email nobody{number}@example.com"));
        let refused = refusal(feed(&cx, &start, &guess).await.unwrap());
        assert!(matches!(refused, Refusal::UserNotFound(_)));
    }
    let refused = refusal(feed(&cx, &start, &input("email one@example.com")).await.unwrap());
    assert!(matches!(refused, Refusal::RateLimited(_)));

    let store = &world.platform.store;
    events::deliver(store, ctx.now).await.unwrap();
    let mut tx = store.read(&ctx.app.id).await.unwrap();
    let entries = tx.audit_log().list(None, 20).await.unwrap();
    let blocked: Vec<_> =
        entries.iter().filter(|it| it.activity_type == "rate_limit.blocked").collect();
    let [blocked] = blocked.as_slice() else { panic!("{entries:?}") };
    let name = "authentication.account_enumeration.per_ip";
    assert_eq!(blocked.data["payload"]["rate_limit"]["name"], name);
}

#[tokio::test]
async fn an_account_is_locked_after_too_many_wrong_passwords() {
    let lockout = "lockout: { max_attempts: 3, history_duration: 1h, minimum_duration: 1m, \
                   maximum_duration: 10m, backoff_factor: 2, lockout_type: per_user, \
                   password: { enabled: true } }";
    let yaml = format!(
        "authentication: {{ identities: [login_id], primary_authenticators: [password], {lockout} }}"
    );
    let world = World::new(&yaml).await;
    world.person("email", "alice@example.com", "correct horse").await;
    let right = input("password correct horse");
    let ctx = world.ctx();
    let start = token(create(&cx(&world, &ctx), login(), Setting::default()).await.unwrap());
    let asked = feed(&cx(&world, &ctx), &start, &input("email alice@example.com")).await.unwrap();
    let state = token(asked);
    for _ in 0..3 {
        feed(&cx(&world, &ctx), &state, &input("password guess")).await.unwrap();
    }
    let refused = refusal(feed(&cx(&world, &ctx), &state, &right).await.unwrap());
    assert!(matches!(refused, Refusal::AccountLockout { .. }), "{refused:?}");
    world.sleep(61);
    let ctx = world.ctx();
    assert!(matches!(feed(&cx(&world, &ctx), &state, &right).await.unwrap(), Reply::Finished(_)));
}

#[tokio::test]
async fn what_happened_is_in_the_audit_log() {
    let world = world().await;
    let ctx = world.ctx();
    let cx = cx(&world, &ctx);
    let signup = FlowRef::new(FlowKind::Signup, "default");
    let start = token(create(&cx, signup, Setting::default()).await.unwrap());
    let state = token(feed(&cx, &start, &input("username bob")).await.unwrap());
    feed(&cx, &state, &input("new_password tr0ub4dor and 3")).await.unwrap();
    let start = token(create(&cx, login(), Setting::default()).await.unwrap());
    feed(&cx, &start, &input("email nobody@example.com")).await.unwrap();
    let state = token(feed(&cx, &start, &input("username bob")).await.unwrap());
    feed(&cx, &state, &input("password guess")).await.unwrap();
    feed(&cx, &state, &input("password tr0ub4dor and 3")).await.unwrap();

    let store = &world.platform.store;
    while events::deliver(store, ctx.now).await.unwrap().is_more {}
    let mut tx = store.read(&ctx.app.id).await.unwrap();
    let entries = tx.audit_log().list(None, 20).await.unwrap();
    let mut types: Vec<&str> = entries.iter().map(|it| it.activity_type.as_str()).collect();
    types.sort_unstable();
    assert_eq!(
        types,
        [
            "authentication.identity.login_id.failed",
            "authentication.primary.password.failed",
            "user.authenticated",
            "user.authenticated",
            "user.created",
        ]
    );
    let written = format!("{entries:?}");
    assert!(!written.contains("tr0ub4dor") && !written.contains("guess"), "no secret in it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_at_the_same_time_are_looked_at_no_more_often_than_the_lock_allows() {
    let world = World::new(
        "authentication:
  lockout:
    max_attempts: 5
    history_duration: 1h
    minimum_duration: 1m
    maximum_duration: 5m
    lockout_type: per_user
    password: { enabled: true }",
    )
    .await;
    world.person("email", "alice@example.com", "correct horse").await;
    let ctx = world.ctx();
    let start = token(create(&cx(&world, &ctx), login(), Setting::default()).await.unwrap());
    let email = input("email alice@example.com");
    let state = token(feed(&cx(&world, &ctx), &start, &email).await.unwrap());
    let mut guesses = tokio::task::JoinSet::new();
    for number in 0..50 {
        let (platform, mut ctx, state) = (world.platform.clone(), ctx.clone(), state.clone());
        ctx.caller.ip = format!("198.51.100.{number}");
        guesses.spawn(async move {
            let cx = crate::FlowCx {
                ctx: &ctx,
                store: &platform.store,
                kv: &platform.kv,
                sessions: &platform.sessions,
                hasher: &platform.hasher,
                outbound: &platform.outbound,
                hooks: &platform.hooks,
                browser: crate::Browser::default(),
                weights: None,
            };
            let guess = input(&format!("password guess number {number}"));
            refusal(feed(&cx, &state, &guess).await.unwrap()).reason()
        });
    }
    let reasons = guesses.join_all().await;
    let count = |reason| reasons.iter().filter(|it| **it == reason).count();
    // Five are looked at; the fifth is told of the lock that it brought about.
    assert_eq!((count("InvalidCredentials"), count("AccountLockout")), (4, 46), "{reasons:?}");
}

#[tokio::test]
async fn whoever_comes_when_all_hashers_are_taken_is_told_so_and_may_try_again() {
    let world = world().await;
    let ctx = world.ctx();
    let cx = cx(&world, &ctx);
    let start = token(create(&cx, login(), Setting::default()).await.unwrap());
    let state = token(feed(&cx, &start, &input("email alice@example.com")).await.unwrap());
    let password = input("password correct horse");

    // Work that nobody waits for holds the thread; the rest stands in the queue.
    let (release, released) = std::sync::mpsc::channel::<()>();
    let hasher = &world.platform.hasher;
    let (started, has_started) = tokio::sync::oneshot::channel();
    begin(hasher.run(move || (started.send(()), released.recv()))).await;
    has_started.await.unwrap();
    while hasher.has_room() {
        begin(hasher.run(|| ())).await;
    }
    let told = refusal(feed(&cx, &state, &password).await.unwrap());
    assert_eq!((told.reason(), told.kind()), ("ServiceUnavailable", Kind::ServiceUnavailable));
    release.send(()).unwrap();
    hasher_is_free(hasher).await;
    assert!(matches!(feed(&cx, &state, &password).await.unwrap(), Reply::Finished(_)));
}

/// Hands a job over, and does not wait for what becomes of it.
async fn begin(job: impl Future) {
    let mut job = std::pin::pin!(job);
    std::future::poll_fn(|cx| std::task::Poll::Ready(job.as_mut().poll(cx).is_ready())).await;
}

/// Until everything that was in the queue is done.
async fn hasher_is_free(hasher: &accounts::Hasher) {
    while hasher.run(|| ()).await.is_err() {
        tokio::task::yield_now().await;
    }
}

/// The owner of an address recovers an account that somebody else has made with it.
#[tokio::test]
async fn whoever_made_an_account_with_the_address_of_another_is_signed_out_by_its_owner() {
    let world = World::new("verification: { claims: { email: { required: false } } }").await;
    let user = world.person("email", "owner@example.com", "of the hijacker").await;
    let ctx = world.ctx();
    let mut tx = world.platform.store.write(&ctx.app.id).await.unwrap();
    let amr = vec!["pwd".to_owned()];
    let waiting = sessions::browser::create(&ctx, &mut tx, &user, amr).await.unwrap().session;
    tx.commit().await.unwrap();
    let script = "email owner@example.com
                  {\"index\": 0}
                  link
                  change of the owner alone";
    let recovery = FlowRef::new(FlowKind::AccountRecovery, "default");
    let transcript = play(&world, recovery, Setting::default(), script).await;
    assert!(transcript.contains("= account_recovery"), "{transcript}");
    let mut tx = world.platform.store.read(&ctx.app.id).await.unwrap();
    let session = tx.idp_sessions().find(&waiting.id).await.unwrap().expect("a session");
    assert!(session.ended_at.is_some(), "it was waiting for this day");
    assert_eq!(tx.verified_claims().list(&user).await.unwrap().len(), 1);
}
