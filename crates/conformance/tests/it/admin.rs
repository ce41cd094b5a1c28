//! The Admin API.

use crate::fake::{Fake, json, outcome, status};

fn graphql(expected: &str) -> String {
    format!(
        "steps:
- action: admin_api_graphql
  admin_api_request:
    query: 'query {{ a }}'
    variables: '{{ \"id\": \"{{{{ .AppID }}}}\" }}'
  admin_api_output: {{ result: '{expected}' }}
"
    )
}

#[tokio::test]
async fn a_query_is_asked_and_its_answer_compared() {
    let fake = Fake::new(|_| Some(json(r#"{"data":{"a":1}}"#))).await;
    let right = graphql(r#"{ "data": { "a": 1 }, "errors": null }"#);
    assert_eq!(fake.run(&right).await, "passed");
    let seen = &fake.requests()[0];
    assert_eq!(seen.line, "POST /_api/admin/graphql");
    assert!(seen.body.contains(r#""variables":{"id":""#), "{}", seen.body);
    assert!(seen.header("host").unwrap().ends_with(".authgeare2e.localhost:4000"));
    let told = fake.run(&graphql(r#"{ "data": { "a": 2 } }"#)).await;
    assert_eq!(told, "step 1: admin_api_output.result [/data/a 2 | 1]");
}

#[tokio::test]
async fn of_errors_only_their_reasons_are_seen() {
    let errors =
        r#"{"data":null,"errors":[{"message":"m","extensions":{"reason":"NotFound","x":1}}]}"#;
    let expected =
        r#"{ "errors": [{ "extensions": { "reason": "NotFound", "x": "[[never]]" } }] }"#;
    assert_eq!(outcome(&graphql(expected), json(errors)).await, "passed");
    let told = outcome(&graphql(r#"{ "errors": null }"#), json(errors)).await;
    assert!(told.starts_with("step 1: admin_api_output.result [/errors null |"), "{told}");
    assert_eq!(outcome(&graphql("{}"), status(500)).await, "step 1: an answer in JSON");
}

const IMPORT: &str = "steps:
- action: admin_api_user_import_create
  name: made
  admin_api_user_import_request: { json_document: '{ \"records\": [] }' }
  admin_api_user_import_output: { result: '{ \"id\": \"[[string]]\" }' }
- action: admin_api_user_import_get
  admin_api_user_import_id: '{{ .steps.made.result.id }}'
  admin_api_user_import_output: { result: '{ \"status\": \"completed\" }' }
";

#[tokio::test]
async fn an_import_is_begun_and_looked_at() {
    let fake = Fake::new(|_| Some(json(r#"{"id":"i","status":"completed","secret":1}"#))).await;
    assert_eq!(fake.run(IMPORT).await, "passed");
    let lines: Vec<_> = fake.requests().into_iter().map(|it| it.line).collect();
    assert_eq!(lines, ["POST /_api/admin/users/import", "GET /_api/admin/users/import/i"]);
    let told = outcome(IMPORT, json(r#"{"id":"i","status":"pending"}"#)).await;
    assert_eq!(told, r#"step 2: output.result [/status "completed" | "pending"]"#);
    let told = outcome(IMPORT, json(r#"{"error":{"reason":"x"}}"#)).await;
    assert_eq!(told, "made: output.result");
    assert_eq!(outcome(IMPORT, status(404)).await, "made: an answer in JSON");
}
