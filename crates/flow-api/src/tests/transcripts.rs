//! The conversations that `docs/flows.md` shows, held: what is written there is what is said.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use testkit::{Client, World};

use crate::router;

const FLOWS: &str = "/api/v1/authentication_flows";

/// What was said so far, and the tokens in the order in which they came.
struct Conversation {
    client: Client,
    text: String,
    tokens: Vec<String>,
}

/// Walks a flow by the API and writes down what goes over the wire. `…` stands for the code in the
/// newest message.
async fn transcript(world: &World, kind: &str, inputs: &[Value]) -> String {
    let client = Client::new(world, router());
    let mut it = Conversation { client, text: String::new(), tokens: Vec::new() };
    let body = json!({ "type": kind, "name": "default" });
    let mut token = it.exchange(FLOWS, &body).await;
    for input in inputs {
        let mut input = input.clone();
        if input["account_recovery_code"] == "…" {
            world.deliver_messages().await;
            input["account_recovery_code"] = json!(newest_code(world));
        }
        let body = json!({ "state_token": token, "input": input });
        token = it.exchange(&format!("{FLOWS}/states/input"), &body).await;
    }
    it.text
}

impl Conversation {
    /// One request and its answer; the token to go on with.
    async fn exchange(&mut self, path: &str, body: &Value) -> String {
        let answer = self.client.post_json(path, body).await;
        let (mut asked, mut shown) = (body.clone(), answer.json());
        let token = shown["result"]["state_token"].as_str().unwrap_or_default().to_owned();
        for place in [&mut asked["state_token"], &mut shown["result"]["state_token"]] {
            if let Some(token) = place.as_str() {
                *place = json!(self.numbered(token));
            }
        }
        for secret in ["/input/account_recovery_code", "/error/tracking_id"] {
            for document in [&mut asked, &mut shown] {
                if let Some(place) = document.pointer_mut(secret) {
                    *place = json!("…");
                }
            }
        }
        if body["state_token"].is_null() {
            asked = body.clone();
        }
        writeln!(self.text, "> POST {path}\n> {asked}").unwrap();
        writeln!(self.text, "< {}\n{shown:#}\n", answer.status.as_u16()).unwrap();
        token
    }

    fn numbered(&mut self, token: &str) -> String {
        let known = self.tokens.iter().position(|it| it == token);
        let at = known.unwrap_or_else(|| {
            self.tokens.push(token.to_owned());
            self.tokens.len() - 1
        });
        format!("authflowstate_{}", at + 1)
    }
}

fn newest_code(world: &World) -> String {
    let kept = world.platform.outbound.kept(&world.app.id);
    let (_, rest) = kept[0].text.split_once("code=").expect("a link");
    rest.chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// The block of the page under this title.
fn block(title: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/flows.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let (_, rest) = page.split_once(&format!("### {title}\n")).expect("the title");
    let (_, rest) = rest.split_once("```text\n").expect("a block");
    rest.split_once("```").expect("its end").0.to_owned()
}

#[track_caller]
fn is_written(title: &str, transcript: &str) {
    let written = block(title);
    assert!(
        written.trim() == transcript.trim(),
        "docs/flows.md, {title}, should be:\n{transcript}"
    );
}

#[tokio::test]
async fn signing_in_is_as_it_is_written() {
    let world = World::new("").await;
    world.person("email", "mei@example.com", "correct horse").await;
    let inputs = [
        json!({ "identification": "email", "login_id": "mei@example.com" }),
        json!({ "authentication": "primary_password", "password": "a guess" }),
        json!({ "authentication": "primary_password", "password": "correct horse" }),
    ];
    is_written("Signing in", &transcript(&world, "login", &inputs).await);
}

#[tokio::test]
async fn replacing_a_lost_password_is_as_it_is_written() {
    let world = World::new("").await;
    world.person("email", "mei@example.com", "correct horse").await;
    let inputs = [
        json!({ "identification": "email", "login_id": "mei@example.com" }),
        json!({ "index": 0 }),
        json!({ "account_recovery_code": "…" }),
        json!({ "new_password": "another long one" }),
    ];
    is_written("Replacing a lost password", &transcript(&world, "account_recovery", &inputs).await);
}
