//! Flows as conversations: `?` the flow asks, `>` the person answers, `!` refused, `=` done.

mod device_token;
mod hooks;
mod limits;
mod linking;
mod login;
mod oauth;
mod otp;
mod passkey;
mod promote;
mod property;
mod second_factor;
mod security;
mod select_account;
mod selection;
mod signup;
mod status;
mod tokens;

use std::fmt::Write as _;

use appconfig::flow::FlowKind;
use expect_test::Expect;
use serde_json::{Value, json};
use stdx::Secret;
use testkit::World;

use crate::{Answer, Browser, FlowCx, FlowRef, Input, Reply, Setting, create, feed};

/// Plays `script` against a flow and checks the whole conversation.
///
/// A line is `email alice@example.com`, `password …`, `new_password …`, `change …`,
/// `github` and `back` for a visit to a provider, `choose 0` for an account,
/// `confirm`, `code` or `link` for what was sent last, `totp` for what the person's app shows, or a
/// JSON object. Alice is known by email, with the password `correct horse`.
async fn check(yaml: &str, kind: FlowKind, script: &str, expected: Expect) {
    let world = World::new(yaml).await;
    world.person("email", "alice@example.com", "correct horse").await;
    let transcript = play(&world, FlowRef::new(kind, "default"), Setting::default(), script).await;
    expected.assert_eq(&transcript);
}

/// What is said, line by line.
async fn play(world: &World, flow: FlowRef, setting: Setting, script: &str) -> String {
    play_in(world, Browser::default(), (flow, setting), script).await
}

/// The same in a browser that brings something along.
async fn play_in(
    world: &World,
    browser: Browser<'_>,
    (flow, setting): (FlowRef, Setting),
    script: &str,
) -> String {
    let ctx = world.ctx();
    let cx = FlowCx { browser, ..cx(world, &ctx) };
    let mut transcript = String::new();
    let mut totp = String::new();
    let mut reply = Box::pin(create(&cx, flow, setting)).await.expect("created");
    let mut token = say(&mut transcript, &reply).unwrap_or_default();
    for line in script.trim().lines().map(str::trim).filter(|line| !line.is_empty()) {
        writeln!(transcript, "> {line}").expect("text");
        if let Some(secret) = reply_data(&reply)["secret"].as_str() {
            secret.clone_into(&mut totp);
        }
        let typed = match line {
            "code" | "link" => {
                world.deliver_messages().await;
                received(world)
            }
            "totp" => {
                let code = accounts::totp::current_code(&Secret::new(totp.clone()), ctx.now);
                json!({ "authentication": "secondary_totp", "code": code, "display_name": "" })
            }
            _ => Value::Object(input(line)),
        };
        let Value::Object(typed) = typed else { unreachable!("all are objects") };
        reply = Box::pin(feed(&cx, &token, &typed)).await.expect("fed");
        token = say(&mut transcript, &reply).unwrap_or(token);
    }
    transcript
}

fn reply_data(reply: &Reply) -> Value {
    match reply {
        Reply::Asked(answer) => answer.ask.data.clone(),
        Reply::Refused(_) | Reply::Finished(_) => Value::Null,
    }
}

/// The code, or the code in the link, of the newest message: the longest run of digits or letters
/// after `code=`, else the first six digits.
fn received(world: &World) -> Value {
    let kept = world.platform.outbound.kept(&world.app.id);
    let text = &kept.first().expect("a message").text;
    let is_code = |it: &char| it.is_ascii_alphanumeric();
    if let Some((_, rest)) = text.split_once("code=") {
        let code: String = rest.chars().take_while(is_code).collect();
        return json!({ "account_recovery_code": code });
    }
    let words = text.split(|it: char| !it.is_ascii_digit());
    json!({ "code": words.into_iter().find(|it| it.len() == 6).expect("a code") })
}

fn cx<'a>(world: &'a World, ctx: &'a ctx::Ctx) -> FlowCx<'a> {
    let platform = &world.platform;
    FlowCx {
        ctx,
        store: &platform.store,
        kv: &platform.kv,
        sessions: &platform.sessions,
        hasher: &platform.hasher,
        outbound: &platform.outbound,
        hooks: &platform.hooks,
        browser: Browser::default(),
        weights: None,
    }
}

fn input(line: &str) -> Input {
    let value = match line.split_once(' ') {
        _ if line.starts_with('{') => serde_json::from_str(line).expect("JSON"),
        Some((kind @ ("email" | "phone" | "username"), login_id)) => {
            json!({ "identification": kind, "login_id": login_id })
        }
        Some(("password", password)) => {
            json!({ "authentication": "primary_password", "password": password })
        }
        Some(("new_password", password)) => {
            json!({ "authentication": "primary_password", "new_password": password })
        }
        Some(("change", password)) => json!({ "new_password": password }),
        Some(("choose", index)) => {
            let index: u64 = index.parse().expect("a number");
            json!({ "index": index, "redirect_uri": "https://app.example.com/cb" })
        }
        _ if line == "github" => json!({
            "identification": "oauth", "alias": "github",
            "redirect_uri": "https://app.example.com/cb",
        }),
        _ if line == "back" => json!({ "query": "code=good" }),
        _ if line == "confirm" => json!({ "confirm_terminate_other_sessions": true }),
        _ => panic!("no such input: {line}"),
    };
    let Value::Object(input) = value else { panic!("not an object: {line}") };
    input
}

/// Writes down a reply; the token to go on with, if it moved.
fn say(transcript: &mut String, reply: &Reply) -> Option<String> {
    match reply {
        Reply::Asked(answer) => {
            let Answer { state_token, flow, ask, .. } = answer.as_ref();
            let options = ask.data["options"].as_array().into_iter().flatten();
            let names: Vec<&str> = options
                .filter_map(|it| it["identification"].as_str().or(it["authentication"].as_str()))
                .collect();
            let reason = ask.data["force_change_reason"].as_str();
            let names = reason.map_or(names.join(" "), str::to_owned);
            writeln!(transcript, "? {}: {} [{names}]", flow.kind, ask.step).expect("text");
            Some(state_token.clone())
        }
        Reply::Refused(refusal) => {
            let info = Value::Object(refusal.info());
            writeln!(transcript, "! {} {info}", refusal.reason()).expect("text");
            None
        }
        Reply::Finished(finished) => {
            let cookie = if finished.session_cookie.is_some() { "a session" } else { "no session" };
            writeln!(transcript, "= {} with {cookie} {:?}", finished.flow.kind, finished.amr)
                .expect("text");
            Some(finished.state_token.clone())
        }
    }
}
