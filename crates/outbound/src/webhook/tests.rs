use serde_json::json;

use super::*;
use crate::fake::{Fake, ctx, reply};

const SECOND: Duration = Duration::from_secs(1);

async fn call(fake: &Fake, timeout: Duration) -> Result<Value, WebhookError> {
    let url = format!("{}/hook", fake.url);
    fake.outbound().call_webhook(&ctx("", json!({})), &url, &json!({ "id": 1 }), timeout).await
}

#[tokio::test]
async fn a_hook_gets_signed_json_and_its_json_comes_back() {
    let fake = Fake::json(200, json!({ "is_allowed": true })).await;
    assert_eq!(call(&fake, SECOND).await.unwrap(), json!({ "is_allowed": true }));
    let seen = fake.only();
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/hook"));
    assert_eq!(seen.body, r#"{"id":1}"#);
    assert_eq!(seen.header("content-type"), "application/json");
    // HMAC-SHA256 of the body with the key `hello`.
    let signature = seen.header(SIGNATURE);
    assert_eq!(signature, sign(b"hello", seen.body.as_bytes()));
    assert_eq!(signature.len(), 64);
}

#[test]
fn the_signature_is_that_of_rfc_4231() {
    let signature = sign(b"Jefe", b"what do ya want for nothing?");
    assert_eq!(signature, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

#[tokio::test]
async fn an_answer_that_is_not_a_success_is_told_apart() {
    let fake = Fake::json(503, json!({ "is_allowed": true })).await;
    assert!(matches!(call(&fake, SECOND).await, Err(WebhookError::Status { status: 503, .. })));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let fake = Fake::new(|_| {
        let mut answer = reply(302, &json!({}));
        answer.headers_mut().insert("location", "/elsewhere".parse().unwrap());
        answer
    })
    .await;
    assert!(matches!(call(&fake, SECOND).await, Err(WebhookError::Status { status: 302, .. })));
    assert_eq!(fake.only().path, "/hook");
}

#[tokio::test]
async fn a_huge_answer_is_not_read_to_its_end() {
    let fake = Fake::json(200, json!("x".repeat(ANSWER_BYTES_MAX))).await;
    let outcome = call(&fake, SECOND * 10).await;
    assert!(matches!(outcome, Err(WebhookError::Http(HttpError::TooLarge(_)))), "{outcome:?}");
}

#[tokio::test]
async fn a_hook_that_takes_too_long_is_given_up() {
    let (silent, _listening) = silent().await;
    let fake = Fake::json(200, json!({})).await;
    let ctx = ctx("", json!({}));
    let wait = Duration::from_millis(50);
    let outcome = fake.outbound().call_webhook(&ctx, &silent, &json!({}), wait).await;
    assert!(matches!(outcome, Err(WebhookError::Http(HttpError::Timeout))), "{outcome:?}");
}

#[tokio::test]
async fn what_is_not_json_is_told_apart() {
    let fake = Fake::new(|_| axum::response::Response::new("<p>hello".into())).await;
    assert!(matches!(call(&fake, SECOND).await, Err(WebhookError::NotJson)));
}

#[tokio::test]
async fn addresses_of_our_own_network_are_not_called() {
    let fake = Fake::json(200, json!({})).await;
    let mut settings = fake.settings();
    settings.allowed.clear();
    let outbound = Outbound::new(settings).unwrap();
    let port = fake.url.rsplit_once(':').unwrap().1;
    for host in ["127.0.0.1", "localhost", "[::1]", "2130706433"] {
        let url = format!("http://{host}:{port}/");
        let outcome = outbound.call_webhook(&ctx("", json!({})), &url, &json!({}), SECOND).await;
        assert!(matches!(outcome, Err(WebhookError::Http(HttpError::Forbidden))), "{outcome:?}");
    }
    assert!(fake.seen().is_empty());
}

/// The address of a server that takes connections and says nothing.
async fn silent() -> (String, tokio::net::TcpListener) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    (format!("http://{}/", listener.local_addr().unwrap()), listener)
}
