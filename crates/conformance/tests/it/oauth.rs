//! The client's side of OAuth.

use serde_json::json as value;
use stdx::base64url;

use crate::fake::{Fake, Reply, Seen, json, outcome, redirect, status};

fn token(claims: &serde_json::Value) -> String {
    let part = |it: &serde_json::Value| base64url(it.to_string().as_bytes());
    format!("{}.{}.{}", part(&value!({ "alg": "RS256" })), part(claims), "c2ln")
}

#[tokio::test]
async fn an_authorization_is_begun() {
    let fake = Fake::new(|_| Some(redirect("/login?x_ref=r&a=b"))).await;
    let steps = "steps:
- action: oauth_setup
  oauth_setup_scope: [openid, email]
- action: oauth_setup
  oauth_setup_sso_enabled_omitted: true
- action: http_request
  http_request_method: GET
  http_request_url: http://127.0.0.1:4000/x?{{ .prev.result.query }}
  http_request_follow_redirects: false
";
    assert_eq!(fake.run(steps).await, "passed");
    let lines: Vec<_> = fake.requests().into_iter().map(|it| it.line).collect();
    for part in ["client_id=e2e", "scope=openid+email", "x_sso_enabled=false", "S256"] {
        assert!(lines[0].contains(part), "{part} in {}", lines[0]);
    }
    assert!(!lines[1].contains("x_sso_enabled"), "{}", lines[1]);
    assert_eq!(lines[2], "GET /x?x_ref=r&a=b");
}

#[tokio::test]
async fn an_authorization_that_is_refused_fails() {
    let told = outcome("steps: [{ action: oauth_setup }]\n", status(400)).await;
    assert_eq!(told, "step 1: a redirect to the pages");
}

fn exchange(expected: &str) -> String {
    format!(
        "steps:
- action: oauth_exchange_code
  oauth_exchange_code_redirect_uri: http://127.0.0.1:4000/consent?code=info
  oauth_exchange_code_code_verifier: verifier
  output: {{ result: '{expected}' }}
"
    )
}

fn provider(seen: &Seen, tokens: &serde_json::Value) -> Reply {
    if seen.line.starts_with("GET /consent") {
        redirect("http://localhost:4000/?code=the-code")
    } else {
        json(&tokens.to_string())
    }
}

#[tokio::test]
async fn a_code_is_exchanged_for_tokens() {
    let claims = value!({ "sub": "u", "aud": "e2e", "exp": 0 });
    let tokens = value!({ "id_token": token(&claims), "access_token": "at" });
    let fake = Fake::new(move |seen| Some(provider(seen, &tokens))).await;
    let expected = r#"{"id_token":{"sub":"u","aud":["e2e"],"exp":"1970-01-01T00:00:00Z"},"access_token":"at"}"#;
    assert_eq!(fake.run(&exchange(expected)).await, "passed");
    let body = &fake.requests()[1].body;
    assert!(body.contains("code=the-code") && body.contains("code_verifier=verifier"), "{body}");
    let other = fake.run(&exchange(r#"{"id_token":{"sub":"v"}}"#)).await;
    assert_eq!(other, r#"step 1: output.result [/id_token/sub "v" | "u"]"#);
}

#[tokio::test]
async fn tokens_without_an_id_token_fail() {
    let fake = Fake::new(|seen| Some(provider(seen, &value!({ "access_token": "at" })))).await;
    assert_eq!(fake.run(&exchange("{}")).await, "step 1: an ID token");
}

#[tokio::test]
async fn no_code_is_no_exchange() {
    let told = outcome(&exchange("{}"), status(400)).await;
    assert_eq!(told, "step 1: a redirect with a code");
}

#[tokio::test]
async fn a_consent_is_given() {
    let steps = "steps:
- action: oauth_approve_consent
  oauth_approve_consent_redirect_uri: http://127.0.0.1:4000/consent?code=info
";
    let fake = Fake::new(|seen| {
        Some(if seen.line.starts_with("POST") { redirect("http://a/?code=c") } else { status(200) })
    })
    .await;
    assert_eq!(fake.run(steps).await, "passed");
    let posted = &fake.requests()[1];
    assert_eq!((posted.body.as_str(), posted.header("origin")), ("x_action=consent", None));
    assert_eq!(outcome(steps, status(200)).await, "step 1: a redirect to the client");
}

#[tokio::test]
async fn a_provider_is_gone_to_and_come_back_from() {
    let steps = "steps:
- action: oauth_redirect
  to: http://provider.localhost/authorize
  redirect_uri: http://mock
- action: create
  input: '{\"q\":\"{{ .prev.result.query }}\"}'
";
    let fake = Fake::new(|seen| {
        Some(match seen.line.as_str() {
            "GET /authorize" => redirect("http://provider.localhost/next"),
            "GET /next" => redirect("http://mock/callback?code=c&state=s"),
            _ => json(r#"{"result":{}}"#),
        })
    })
    .await;
    assert_eq!(fake.run(steps).await, "passed");
    assert_eq!(fake.requests()[2].body, r#"{"q":"code=c&state=s"}"#);
    let told = outcome(steps, status(200)).await;
    assert_eq!(told, "step 1: oauth_redirect: the status [ 302 | 200]");
}

#[tokio::test]
async fn codes_and_tokens_are_made() {
    let steps = "steps:
- { action: generate_pkce, name: pkce }
- { action: generate_totp_code, name: totp, totp_secret: ' GEZDGNBVGY3TQOJQ ' }
- { action: generate_refresh_token, name: rt, generate_refresh_token_user_id: u, generate_refresh_token_client_id: c }
- { action: generate_app_session_token, name: st, generate_app_session_token_refresh_token: r }
- { action: sign_device_jwt, name: jwt, device_key: k, device_jwt_type: t, device_jwt_claims: '{\"a\":1}' }
- { action: sleep, sleep_for: 1ms }
- action: create
  input: |
    { \"a\": \"{{ .steps.pkce.result.code_challenge }}\", \"b\": \"{{ .steps.totp.result.totp_code }}\",
      \"c\": \"{{ .steps.rt.result.refresh_token }}\", \"d\": \"{{ .steps.st.result.app_session_token }}\",
      \"e\": \"{{ .steps.jwt.result.jwt }}\" }
";
    let fake = Fake::new(|_| Some(json(r#"{"result":{}}"#))).await;
    assert_eq!(fake.run(steps).await, "passed");
    let body: serde_json::Value = serde_json::from_str(&fake.requests()[0].body).unwrap();
    assert_eq!(body["a"].as_str().unwrap().len(), 43);
    assert_eq!(body["b"].as_str().unwrap().len(), 6);
    assert_eq!(body["c"], "made by generate-refresh-token");
    assert_eq!(body["d"], "made by generate-app-session-token");
    let jwt = jose::Unverified::parse(body["e"].as_str().unwrap()).unwrap();
    let key = jose::PublicKey::from_jwk(jwt.header.jwk.as_ref().unwrap()).unwrap();
    assert!(jwt.verify(&key).is_ok() && jwt.header.is_type("t"));
}

#[tokio::test]
async fn what_cannot_be_made_fails() {
    for (step, told) in [
        ("{ action: generate_totp_code, totp_secret: '!' }", "step 1: a TOTP secret in base32"),
        (
            "{ action: sleep, sleep_for: 1h }",
            "step 1: a duration such as 1s, of half a minute at most",
        ),
        (
            "{ action: generate_refresh_token, generate_refresh_token_user_id: refused, \
             generate_refresh_token_client_id: c }",
            "step 1: the runner can do this",
        ),
    ] {
        assert_eq!(outcome(&format!("steps: [{step}]\n"), status(200)).await, told);
    }
}
