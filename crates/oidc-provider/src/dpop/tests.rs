//! Proofs at every endpoint that takes one. The clients: `bound` has access tokens that are bound,
//! `lenient` has `x_dpop_disabled`, `nonce` must carry nonces; `spa` is as upstream's.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};
use stdx::base64url;
use testkit::DeviceKey as Device;

use crate::world::{ORIGIN, Reply, VERIFIER, World, redirect_uri};

async fn world() -> World {
    World::with(|config| {
        let clients = config["oauth"]["clients"].as_array_mut().unwrap();
        for (id, key) in [
            ("bound", "x_dpop_bound_access_tokens"),
            ("lenient", "x_dpop_disabled"),
            ("nonce", "x_dpop_nonce_required"),
        ] {
            let mut client = clients[0].clone();
            client["client_id"] = json!(id);
            client["redirect_uris"] = json!([redirect_uri(id)]);
            client["issue_jwt_access_token"] = json!(id == "bound");
            client[key] = json!(true);
            clients.push(client);
        }
    })
    .await
}

struct Say<'a> {
    key: &'a Device,
    method: &'a str,
    path: &'a str,
    more: Value,
}

impl Say<'_> {
    fn jwt(&self, world: &World) -> String {
        let ctx = world.ctx();
        let mut said = json!({
            "jti": ctx.rng.token(), "iat": ctx.now.seconds(), "exp": ctx.now.seconds() + 60,
            "htm": self.method, "htu": format!("{ORIGIN}{}", self.path),
        });
        for (name, value) in self.more.as_object().unwrap() {
            said[name] = value.clone();
        }
        self.key.sign(&self.key.header("dpop+jwt"), &said)
    }
}

fn proof(world: &World, key: &Device, method: &str, path: &str) -> String {
    Say { key, method, path, more: json!({}) }.jwt(world)
}

fn for_token(world: &World, key: &Device, token: &str) -> String {
    let hex = stdx::sha256_hex(token);
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    let hash: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
    let more = json!({ "ath": base64url(&hash) });
    Say { key, method: "GET", path: "/oauth2/userinfo", more }.jwt(world)
}

async fn send(world: &World, path: &str, body: &str, proofs: &[&str]) -> Reply {
    let kind = if body.starts_with('{') {
        "application/json"
    } else {
        "application/x-www-form-urlencoded"
    };
    let mut request = Request::post(path).header(header::CONTENT_TYPE, kind);
    for proof in proofs {
        request = request.header("DPoP", *proof);
    }
    world.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

async fn userinfo(world: &World, authorization: &str, proof: Option<&str>) -> Reply {
    let mut request = Request::get("/oauth2/userinfo").header(header::AUTHORIZATION, authorization);
    if let Some(proof) = proof {
        request = request.header("DPoP", proof);
    }
    world.forget_cookies();
    world.send(request.body(Body::empty()).unwrap()).await
}

fn code_form(client: &str, code: &str) -> String {
    let redirect_uri = redirect_uri(client);
    format!(
        "grant_type=authorization_code&client_id={client}&code={code}\
         &redirect_uri={redirect_uri}&code_verifier={VERIFIER}"
    )
}

/// Alice signs in to `client`, which proves this key.
async fn tokens(world: &World, client: &str, key: &Device) -> Value {
    let code = world.authorize(client, "").await.param("code");
    let proof = proof(world, key, "POST", "/oauth2/token");
    let reply = send(world, "/oauth2/token", &code_form(client, &code), &[&proof]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()
}

fn refresh_form(client: &str, tokens: &Value) -> String {
    let token = tokens["refresh_token"].as_str().unwrap();
    format!("grant_type=refresh_token&client_id={client}&refresh_token={token}")
}

#[track_caller]
fn refused(reply: &Reply, expected: &str) {
    let expected = format!("invalid_dpop_proof: {expected}");
    assert_eq!((reply.status, reply.error()), (400, expected));
}

const OTHER_KEY: &str = "Invalid DPoP key binding";

#[tokio::test]
async fn a_refresh_token_is_bound_to_the_key_that_was_proved_when_it_was_made() {
    let world = world().await;
    let (key, thief) = (Device::ios(), Device::stolen());
    let tokens = tokens(&world, "spa", &key).await;
    assert_eq!(tokens["token_type"], "Bearer");
    let form = refresh_form("spa", &tokens);
    refused(&send(&world, "/oauth2/token", &form, &[]).await, OTHER_KEY);
    let stolen = proof(&world, &thief, "POST", "/oauth2/token");
    refused(&send(&world, "/oauth2/token", &form, &[&stolen]).await, OTHER_KEY);
    let own = proof(&world, &key, "POST", "/oauth2/token");
    let refreshed = send(&world, "/oauth2/token", &form, &[&own]).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    // And stays bound, however often it rotates.
    let form = refresh_form("spa", &refreshed.json());
    refused(&send(&world, "/oauth2/token", &form, &[]).await, OTHER_KEY);
    // Its access token is not: SDKs present it without a proof.
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    assert_eq!(userinfo(&world, &bearer, None).await.status, 200);
}

#[tokio::test]
async fn a_refresh_token_that_is_bound_to_nothing_stays_so() {
    let world = world().await;
    let tokens = world.tokens("spa", "", "").await;
    let own = proof(&world, &Device::ios(), "POST", "/oauth2/token");
    let form = refresh_form("spa", &tokens);
    let refreshed = send(&world, "/oauth2/token", &form, &[&own]).await.json();
    let again = send(&world, "/oauth2/token", &refresh_form("spa", &refreshed), &[]).await;
    assert_eq!(again.status, 200, "{}", again.body);
}

#[tokio::test]
async fn a_proof_is_good_for_one_request() {
    let world = world().await;
    let own = proof(&world, &Device::ios(), "POST", "/oauth2/token");
    for expected in [200, 400] {
        let code = world.authorize("spa", "").await.param("code");
        let reply = send(&world, "/oauth2/token", &code_form("spa", &code), &[&own]).await;
        assert_eq!(reply.status, expected, "{}", reply.body);
        if expected == 400 {
            refused(&reply, "DPoP proof was used before");
        }
    }
}

#[tokio::test]
async fn a_proof_that_is_wrong_is_refused_even_where_none_is_needed() {
    let world = world().await;
    let key = Device::ios();
    let code = world.authorize("spa", "").await.param("code");
    let elsewhere = proof(&world, &key, "POST", "/oauth2/revoke");
    let reply = send(&world, "/oauth2/token", &code_form("spa", &code), &[&elsewhere]).await;
    refused(&reply, "htu in the DPoP proof does not match request uri");
    let own = proof(&world, &key, "POST", "/oauth2/token");
    let reply = send(&world, "/oauth2/token", &code_form("spa", &code), &[&own, &own]).await;
    refused(&reply, "multiple DPoP headers are not allowed");
    // Nothing of this has used up the code.
    let reply = send(&world, "/oauth2/token", &code_form("spa", &code), &[&own]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[tokio::test]
async fn a_code_is_for_the_key_that_the_request_for_it_named() {
    let world = world().await;
    let (key, thief) = (Device::ios(), Device::stolen());
    let jkt = jose::thumbprint(key.jwk.as_object().unwrap()).unwrap();
    for (signer, expected) in [(None, 400), (Some(&thief), 400), (Some(&key), 200)] {
        let code = world.authorize("spa", &format!("dpop_jkt={jkt}")).await.param("code");
        let proof = signer.map(|key| proof(&world, key, "POST", "/oauth2/token"));
        let proofs: Vec<_> = proof.as_deref().into_iter().collect();
        let reply = send(&world, "/oauth2/token", &code_form("spa", &code), &proofs).await;
        assert_eq!(reply.status, expected, "{}", reply.body);
        if expected == 400 {
            refused(&reply, OTHER_KEY);
        }
    }
    let reply = world.get(&crate::world::authorization("spa", "dpop_jkt=short")).await;
    assert_eq!(reply.param("error_description"), "dpop_jkt is not a thumbprint");
}

#[tokio::test]
async fn where_it_is_disabled_nothing_is_refused() {
    let world = world().await;
    let (key, thief) = (Device::ios(), Device::stolen());
    let tokens = tokens(&world, "lenient", &key).await;
    let stolen = proof(&world, &thief, "POST", "/oauth2/token");
    let reply = send(&world, "/oauth2/token", &refresh_form("lenient", &tokens), &[&stolen]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let reply =
        send(&world, "/oauth2/token", &refresh_form("lenient", &reply.json()), &["x"]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[tokio::test]
async fn a_bound_access_token_is_good_for_whoever_proves_its_key() {
    let world = world().await;
    let (key, thief) = (Device::ios(), Device::stolen());
    let tokens = tokens(&world, "bound", &key).await;
    assert_eq!(tokens["token_type"], "DPoP");
    let token = tokens["access_token"].as_str().unwrap();
    let jkt = jose::thumbprint(key.jwk.as_object().unwrap()).unwrap();
    let claims = world.ctx().app.keys.verify(token).unwrap().claims;
    assert_eq!(claims["cnf"], json!({ "jkt": jkt }));

    let (dpop, bearer) = (format!("DPoP {token}"), format!("Bearer {token}"));
    let own = for_token(&world, &key, token);
    assert_eq!(userinfo(&world, &dpop, Some(&own)).await.status, 200);
    let replayed = userinfo(&world, &dpop, Some(&own)).await;
    assert_eq!(replayed.status, 401);
    assert!(replayed.header("www-authenticate").starts_with("DPoP error=\"invalid_dpop_proof\""));
    assert_eq!(userinfo(&world, &bearer, None).await.status, 401);
    assert_eq!(userinfo(&world, &dpop, None).await.status, 401);
    for proof in [
        for_token(&world, &thief, token),
        for_token(&world, &key, "another token"),
        proof(&world, &key, "GET", "/oauth2/userinfo"),
        proof(&world, &key, "POST", "/oauth2/userinfo"),
    ] {
        assert_eq!(userinfo(&world, &dpop, Some(&proof)).await.status, 401);
    }
    let own = for_token(&world, &key, token);
    assert_eq!(userinfo(&world, &bearer, Some(&own)).await.status, 200);
}

#[tokio::test]
async fn a_client_whose_access_tokens_are_bound_must_prove_a_key() {
    let world = world().await;
    let code = world.authorize("bound", "").await.param("code");
    let reply = send(&world, "/oauth2/token", &code_form("bound", &code), &[]).await;
    refused(&reply, "this client must send a DPoP proof");
}

#[tokio::test]
async fn a_nonce_is_told_and_then_wanted() {
    let world = world().await;
    let key = Device::ios();
    let code = world.authorize("nonce", "").await.param("code");
    let form = code_form("nonce", &code);
    let without = proof(&world, &key, "POST", "/oauth2/token");
    let reply = send(&world, "/oauth2/token", &form, &[&without]).await;
    assert_eq!((reply.status, reply.json()["error"].as_str()), (400, Some("use_dpop_nonce")));
    let nonce = reply.header("dpop-nonce").to_owned();
    let say = |nonce: &str| {
        let (method, path, more) = ("POST", "/oauth2/token", json!({ "nonce": nonce }));
        Say { key: &key, method, path, more }.jwt(&world)
    };
    let reply = send(&world, "/oauth2/token", &form, &[&say("made up")]).await;
    assert_eq!(reply.json()["error"], "use_dpop_nonce");
    let reply = send(&world, "/oauth2/token", &form, &[&say(&nonce)]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[tokio::test]
async fn opening_a_page_and_signing_out_ask_for_the_key_too() {
    let world = world().await;
    let (key, thief) = (Device::ios(), Device::stolen());
    let tokens = tokens(&world, "spa", &key).await;
    let token = tokens["refresh_token"].as_str().unwrap();
    let body = json!({ "refresh_token": token }).to_string();
    let path = "/oauth2/app_session_token";
    let reply = send(&world, path, &body, &[]).await;
    assert_eq!((reply.status, reply.json()["error"]["message"].as_str()), (403, Some(OTHER_KEY)));
    let own = proof(&world, &key, "POST", path);
    assert_eq!(send(&world, path, &body, &[&own]).await.status, 200);

    let form = format!("token={token}");
    let stolen = proof(&world, &thief, "POST", "/oauth2/revoke");
    refused(&send(&world, "/oauth2/revoke", &form, &[&stolen]).await, OTHER_KEY);
    // iOS proves nothing here, and whoever holds a token may give it up.
    assert_eq!(send(&world, "/oauth2/revoke", &form, &[]).await.status, 200);
    let own = proof(&world, &key, "POST", "/oauth2/token");
    let reply = send(&world, "/oauth2/token", &refresh_form("spa", &tokens), &[&own]).await;
    assert_eq!(reply.error(), "invalid_grant: invalid refresh token");
}
