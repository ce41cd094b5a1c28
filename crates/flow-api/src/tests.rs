mod transcripts;

use expect_test::expect;
use serde_json::{Value, json};
use testkit::{Answer, Client, World};

use super::router;

async fn client() -> (World, Client) {
    let world = World::new("").await;
    world.person("email", "alice@example.com", "correct horse").await;
    let client = Client::new(&world, router());
    (world, client)
}

async fn create(client: &mut Client, body: &Value) -> Answer {
    client.post_json("/api/v1/authentication_flows", body).await
}

async fn input(client: &mut Client, token: &str, input: &Value) -> Answer {
    let body = json!({ "state_token": token, "input": input });
    client.post_json("/api/v1/authentication_flows/states/input", &body).await
}

fn token(answer: &Answer) -> String {
    answer.json()["result"]["state_token"].as_str().expect("a token").to_owned()
}

/// The body with tokens and ids taken out.
fn shown(answer: &Answer) -> String {
    let mut body = answer.json();
    for path in ["/result/state_token", "/error/tracking_id"] {
        if let Some(value) = body.pointer_mut(path) {
            *value = json!("…");
        }
    }
    format!("{}\n{body:#}\n", answer.status)
}

#[tokio::test]
async fn a_flow_begins_with_a_question() {
    let (_world, mut client) = client().await;
    let answer = create(&mut client, &json!({ "type": "login", "name": "default" })).await;
    expect![[r#"
        200 OK
        {
          "result": {
            "state_token": "…",
            "type": "login",
            "name": "default",
            "action": {
              "type": "identify",
              "data": {
                "type": "identification_data",
                "options": [
                  {
                    "identification": "email"
                  },
                  {
                    "identification": "phone"
                  },
                  {
                    "identification": "username"
                  }
                ]
              }
            }
          }
        }
    "#]]
    .assert_eq(&shown(&answer));
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_finished_flow_sets_the_session_cookie() {
    let (_world, mut client) = client().await;
    let inputs = json!([
        { "identification": "email", "login_id": "alice@example.com" },
        { "authentication": "primary_password", "password": "correct horse" },
    ]);
    let body = json!({ "type": "login", "name": "default", "batch_input": inputs });
    let answer = create(&mut client, &body).await;
    expect![[r#"
        200 OK
        {
          "result": {
            "state_token": "…",
            "type": "login",
            "name": "default",
            "action": {
              "type": "finished",
              "data": {}
            }
          }
        }
    "#]]
    .assert_eq(&shown(&answer));
    let cookie = client.cookie("session").expect("a session");
    assert!(cookie.contains('.'), "an id and a secret");
    assert_eq!(client.cookie("same_site_strict"), Some("true"));
}

#[tokio::test]
async fn a_refusal_comes_with_the_question_that_still_stands() {
    let (_world, mut client) = client().await;
    let start = create(&mut client, &json!({ "type": "login", "name": "default" })).await;
    let email = json!({ "identification": "email", "login_id": "alice@example.com" });
    let asked = input(&mut client, &token(&start), &email).await;
    let wrong = json!({ "authentication": "primary_password", "password": "guess" });
    let refused = input(&mut client, &token(&asked), &wrong).await;
    expect![[r#"
        401 Unauthorized
        {
          "error": {
            "name": "Unauthorized",
            "reason": "InvalidCredentials",
            "message": "invalid credentials",
            "code": 401,
            "info": {
              "FlowType": "login"
            },
            "tracking_id": "…"
          },
          "result": {
            "state_token": "…",
            "type": "login",
            "name": "default",
            "action": {
              "type": "authenticate",
              "data": {
                "type": "authentication_data",
                "options": [
                  {
                    "authentication": "primary_password"
                  }
                ],
                "device_token_enabled": false
              }
            }
          }
        }
    "#]]
    .assert_eq(&shown(&refused));
    assert_eq!(token(&refused), token(&asked), "the same question under the same token");
}

#[tokio::test]
async fn looking_at_a_state_changes_nothing() {
    let (_world, mut client) = client().await;
    let start = create(&mut client, &json!({ "type": "signup", "name": "default" })).await;
    let body = json!({ "state_token": token(&start) });
    let looked = client.post_json("/api/v1/authentication_flows/states", &body).await;
    assert_eq!(looked.json(), start.json());
}

#[track_caller]
fn check_error(answer: &Answer, status: u16, reason: &str, location: Option<&str>) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    let error = &answer.json()["error"];
    assert_eq!(error["reason"], reason);
    assert_eq!(error["code"], status);
    assert_eq!(error["info"]["causes"][0]["location"].as_str(), location);
}

#[tokio::test]
async fn a_body_of_another_shape_is_refused_with_its_cause() {
    let (_world, mut client) = client().await;
    let bodies = [
        (json!({ "name": "default" }), Some("")),
        (json!({ "type": "dance", "name": "default" }), Some("/type")),
        (json!({ "type": "login", "name": 7 }), Some("/name")),
        (json!({ "type": "login", "name": "default", "batch_input": [1] }), Some("/batch_input/0")),
        (json!([]), Some("")),
    ];
    for (body, location) in bodies {
        check_error(&create(&mut client, &body).await, 400, "ValidationFailed", location);
    }
}

#[tokio::test]
async fn an_input_needs_exactly_one_of_two_members() {
    let (_world, mut client) = client().await;
    let path = "/api/v1/authentication_flows/states/input";
    let both = json!({ "state_token": "x", "input": {}, "batch_input": [{}] });
    check_error(&client.post_json(path, &both).await, 400, "ValidationFailed", Some(""));
    let neither = json!({ "state_token": "x" });
    check_error(&client.post_json(path, &neither).await, 400, "ValidationFailed", Some(""));
    let empty = json!({ "state_token": "x", "batch_input": [] });
    let answer = client.post_json(path, &empty).await;
    check_error(&answer, 400, "ValidationFailed", Some("/batch_input"));
}

#[tokio::test]
async fn an_unknown_state_or_flow_is_not_found() {
    let (_world, mut client) = client().await;
    let answer = input(&mut client, "authflowstate_guess", &json!({})).await;
    check_error(&answer, 404, "AuthenticationFlowNotFound", None);
    let answer = create(&mut client, &json!({ "type": "login", "name": "nope" })).await;
    check_error(&answer, 400, "AuthenticationFlowUnknownFlow", None);
}

#[tokio::test]
async fn an_unknown_host_learns_nothing() {
    let (world, _) = client().await;
    let mut client = Client::new(&world, router()).with_header("host", "evil.example");
    let answer = create(&mut client, &json!({ "type": "login", "name": "default" })).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (404, "404 page not found\n"));
}
