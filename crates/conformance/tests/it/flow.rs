//! `create` and `input`.

use serde_json::Value;

use crate::fake::{Fake, json, outcome, status};

const RESULT: &str = r#"{"result":{"state_token":"s1","type":"login","name":"default","id":"x",
  "action":{"type":"identify","data":{"type":"identification_data"}}}}"#;
const ERROR: &str = r#"{"error":{"name":"Invalid","reason":"InvalidCredentials","code":401}}"#;

fn create(output: &str) -> String {
    format!("steps:\n- action: create\n  input: '{{\"type\":\"login\"}}'\n{output}")
}

fn result(expected: &str) -> String {
    create(&format!("  output: {{ result: '{expected}' }}\n"))
}

fn error(expected: &str) -> String {
    create(&format!("  output: {{ error: '{expected}' }}\n"))
}

#[tokio::test]
async fn a_result_is_compared() {
    assert_eq!(outcome(&result(r#"{"type":"login"}"#), json(RESULT)).await, "passed");
    let other = outcome(&result(r#"{"type":"signup"}"#), json(RESULT)).await;
    assert_eq!(other, r#"step 1: output.result [/type "signup" | "login"]"#);
}

#[tokio::test]
async fn only_what_the_original_keeps_of_a_result_is_seen() {
    let hidden = outcome(&result(r#"{"id":"x"}"#), json(RESULT)).await;
    assert_eq!(hidden, r#"step 1: output.result [/id "x" | nothing]"#);
}

#[tokio::test]
async fn an_error_is_compared() {
    let right = outcome(&error(r#"{"reason":"InvalidCredentials"}"#), json(ERROR)).await;
    assert_eq!(right, "passed");
    let other = outcome(&error(r#"{"reason":"UserNotFound"}"#), json(ERROR)).await;
    assert_eq!(other, r#"step 1: output.error [/reason "UserNotFound" | "InvalidCredentials"]"#);
}

#[tokio::test]
async fn one_is_not_taken_for_the_other() {
    assert_eq!(outcome(&result("{}"), json(ERROR)).await, "step 1: output.result");
    assert_eq!(outcome(&error("{}"), json(RESULT)).await, "step 1: output.error");
}

#[tokio::test]
async fn without_an_expectation_an_error_is_accepted_and_nonsense_is_not() {
    assert_eq!(outcome(&create(""), json(ERROR)).await, "passed");
    for reply in [json("{}"), json("[]"), status(500)] {
        let nonsense = outcome(&create(""), reply).await;
        assert_eq!(nonsense, "step 1: an envelope with a result or an error");
    }
}

#[tokio::test]
async fn an_expectation_that_is_no_json_fails_the_case() {
    assert_eq!(outcome(&result("{"), json(RESULT)).await, "step 1: output.result in JSON");
}

#[tokio::test]
async fn the_newest_state_goes_on_and_an_error_leaves_it() {
    let fake =
        Fake::new(|seen| Some(json(if seen.line.ends_with("/input") { ERROR } else { RESULT })))
            .await;
    let steps = "steps:
- action: create
  input: '{}'
- input: '{\"a\":\"{{ .AppID }}\"}'
- action: input
  input: '{}'
- action: input
  input: '{}'
  state_token: ' {{ .prev.error.name }} '
";
    assert_eq!(fake.run(steps).await, "passed");
    let bodies = fake.requests().into_iter().skip(1).map(|it| it.body);
    let states: Vec<Value> = bodies
        .map(|it| serde_json::from_str::<Value>(&it).unwrap()["state_token"].take())
        .collect();
    assert_eq!(states, ["s1", "s1", "Invalid"]);
}

#[tokio::test]
async fn a_session_can_be_brought_along() {
    let fake = Fake::new(|_| Some(json(RESULT))).await;
    let steps = create("  session_cookie: { idp_session_id: id, idp_session_token: secret }\n");
    assert_eq!(fake.run(&steps).await, "passed");
    assert_eq!(fake.requests()[0].header("cookie"), Some("session=id.secret"));
}
