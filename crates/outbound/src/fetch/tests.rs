use serde_json::json;

use super::*;
use crate::fake::{Fake, Seen, reply};

fn get(url: String) -> Fetch {
    Fetch {
        url,
        method: "GET".into(),
        headers: vec![("Authorization".into(), "Bearer t".into()), ("Host".into(), "evil".into())],
        body: None,
        redirects: Redirects::Follow,
    }
}

fn post(url: String) -> Fetch {
    let headers = vec![("Content-Type".into(), "text/plain".into())];
    Fetch { method: "POST".into(), body: Some("hello".into()), headers, ..get(url) }
}

/// Redirects `/<status>/<where>` to `<where>`, and says what arrived elsewhere.
async fn server() -> Fake {
    Fake::new(|seen: &Seen| {
        let mut parts = seen.path.trim_start_matches('/').splitn(2, '/');
        let status = parts.next().and_then(|it| it.parse::<u16>().ok());
        let (Some(status), Some(to)) = (status, parts.next()) else {
            return reply(200, &json!({ "method": seen.method, "body": seen.body }));
        };
        let mut answer = reply(status, &json!({}));
        answer.headers_mut().insert(LOCATION, to.parse().unwrap());
        answer
    })
    .await
}

#[tokio::test]
async fn what_is_asked_for_is_sent_and_what_comes_back_is_told() {
    let fake = server().await;
    let fetched = fake.outbound().fetch(post(format!("{}/here", fake.url))).await.unwrap();
    assert_eq!((fetched.status, fetched.url), (200, format!("{}/here", fake.url)));
    assert_eq!(fetched.body, r#"{"method":"POST","body":"hello"}"#);
    assert!(fetched.headers.contains(&("content-type".into(), "application/json".into())));
}

#[tokio::test]
async fn the_connection_is_not_the_scripts() {
    let fake = server().await;
    fake.outbound().fetch(get(format!("{}/here", fake.url))).await.unwrap();
    let seen = fake.only();
    assert_eq!(seen.header("authorization"), "Bearer t");
    assert!(seen.header("host").starts_with("127.0.0.1:"), "{seen:?}");
}

#[tokio::test]
async fn redirects_are_followed_as_browsers_do() {
    let fake = server().await;
    for (status, expected) in
        [(302, r#"{"method":"GET","body":""}"#), (307, r#"{"method":"POST","body":"hello"}"#)]
    {
        let url = format!("{}/{status}/../there", fake.url);
        let request = post(url.replace("/../there", "//there"));
        let fetched = fake.outbound().fetch(request).await.unwrap();
        assert_eq!(fetched.body, expected, "{status}");
    }
}

#[tokio::test]
async fn a_redirect_can_be_the_answer_or_an_error() {
    let fake = server().await;
    let request = |redirects| Fetch { redirects, ..get(format!("{}/302//there", fake.url)) };
    let fetched = fake.outbound().fetch(request(Redirects::Manual)).await.unwrap();
    assert_eq!(fetched.status, 302);
    let error = fake.outbound().fetch(request(Redirects::Error)).await.unwrap_err();
    assert!(matches!(error, FetchError::Redirected), "{error:?}");
}

#[tokio::test]
async fn redirects_without_end_are_given_up() {
    let fake = Fake::new(|_| {
        let mut answer = reply(302, &json!({}));
        answer.headers_mut().insert(LOCATION, "/again".parse().unwrap());
        answer
    })
    .await;
    let error = fake.outbound().fetch(get(fake.url.clone())).await.unwrap_err();
    assert!(matches!(error, FetchError::Redirected), "{error:?}");
    assert_eq!(fake.seen().len(), REDIRECTS_MAX + 1);
}

#[tokio::test]
async fn a_redirect_does_not_lead_into_our_network() {
    let fake = server().await;
    let url = format!("{}/302/http://10.0.0.1/secrets", fake.url);
    let error = fake.outbound().fetch(get(url)).await.unwrap_err();
    assert!(matches!(error, FetchError::Http(HttpError::Forbidden)), "{error:?}");
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn credentials_stay_with_their_origin() {
    let (there, fake) = (server().await, server().await);
    let url = format!("{}/302/{}/there", fake.url, there.url);
    fake.outbound().fetch(get(url)).await.unwrap();
    assert_eq!(fake.only().header("authorization"), "Bearer t");
    assert_eq!(there.only().header("authorization"), "");
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let fake = server().await;
    let outbound = fake.outbound();
    let split = Fetch { headers: vec![("a".into(), "b\r\nc: d".into())], ..get(fake.url.clone()) };
    for request in
        [get("nonsense".into()), Fetch { method: "G T".into(), ..get(fake.url.clone()) }, split]
    {
        let error = outbound.fetch(request).await.unwrap_err();
        assert!(matches!(error, FetchError::BadRequest(_)), "{error:?}");
    }
    let error = outbound.fetch(get("file:///etc/passwd".into())).await.unwrap_err();
    assert!(matches!(error, FetchError::Http(HttpError::Forbidden)), "{error:?}");
    assert!(fake.seen().is_empty());
}
