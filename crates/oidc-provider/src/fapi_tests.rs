//! A client by the FAPI 2.0 Security Profile, and what must not work for it.
//!
//! Each test names the modules of the OpenID Foundation's conformance suite that look for the same
//! (their plan `fapi2-security-profile-final-test-plan`, by their public descriptions). Assertions
//! and pushed requests have more of them, in `assertion/tests.rs` and `par/tests.rs`.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};
use stdx::base64url;
use testkit::DeviceKey as Key;
use url::form_urlencoded::Serializer;

use crate::world::{CHALLENGE, ORIGIN, Reply, VERIFIER, World, redirect_uri};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

async fn world() -> World {
    World::with(|config| {
        let clients = config["oauth"]["clients"].as_array_mut().unwrap();
        for id in ["fapi", "fapi2"] {
            let mut client = clients[1].clone();
            client["client_id"] = json!(id);
            client["redirect_uris"] = json!([redirect_uri(id)]);
            client["x_token_endpoint_auth_method"] = json!("private_key_jwt");
            client["x_jwks"] = json!({ "keys": [Key::ios().jwk] });
            client["x_require_pushed_authorization_requests"] = json!(true);
            client["x_dpop_bound_access_tokens"] = json!(true);
            clients.push(client);
        }
    })
    .await
}

fn assertion(world: &World, client: &str) -> String {
    let ctx = world.ctx();
    let now = ctx.now.seconds();
    let claims = json!({
        "iss": client, "sub": client, "aud": ORIGIN, "jti": ctx.rng.token(),
        "iat": now, "nbf": now, "exp": now + 60,
    });
    let header = json!({ "alg": "ES256", "kid": Key::ios().jwk["kid"], "typ": "JWT" });
    Key::ios().sign(&header, &claims)
}

/// A proof, with `change` on top of what is right.
fn proof(world: &World, key: &Key, target: (&str, &str), change: &Value) -> String {
    let ctx = world.ctx();
    let mut said = json!({
        "jti": ctx.rng.token(), "iat": ctx.now.seconds(),
        "htm": target.0, "htu": format!("{ORIGIN}{}", target.1),
    });
    for (name, value) in change.as_object().unwrap() {
        said[name] = value.clone();
    }
    key.sign(&key.header("dpop+jwt"), &said)
}

fn hash(token: &str) -> String {
    let hex = stdx::sha256_hex(token);
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    base64url(&(0..hex.len()).step_by(2).map(byte).collect::<Vec<_>>())
}

async fn post(
    world: &World,
    path: &str,
    client: &str,
    pairs: &[(&str, &str)],
    proof: Option<&str>,
) -> Reply {
    let mut form = Serializer::new(String::new());
    form.append_pair("client_assertion_type", TYPE);
    form.append_pair("client_assertion", &assertion(world, client));
    form.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    let mut request =
        Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(proof) = proof {
        request = request.header("DPoP", proof);
    }
    world.send(request.body(Body::from(form.finish())).unwrap()).await
}

/// Pushes a request in which one parameter is another; empty is none.
async fn push(world: &World, client: &str, change: (&str, &str)) -> Reply {
    let uri = redirect_uri(client);
    let mut pairs = vec![
        ("response_type", "code"),
        ("redirect_uri", &uri),
        ("scope", "openid offline_access email"),
        ("state", "s"),
        ("nonce", "n"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    pairs.retain(|(name, _)| *name != change.0);
    pairs.push(change);
    post(world, "/oauth2/par", client, &pairs, None).await
}

async fn code(world: &World, client: &str) -> String {
    let pushed = push(world, client, ("", "")).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let uri = pushed.json()["request_uri"].as_str().unwrap().to_owned();
    let path = format!("/oauth2/authorize?client_id={client}&request_uri={uri}");
    let reply = world.get(&path).await;
    let back = world.sign_in("alice", &reply.param("x_ref")).await;
    let answer = world.get(&back).await;
    assert_eq!((answer.param("iss").as_str(), answer.param("state").as_str()), (ORIGIN, "s"));
    answer.param("code")
}

async fn redeem(
    world: &World,
    (client, code, verifier): (&str, &str, &str),
    proof: Option<&str>,
) -> Reply {
    // The redirect URI is the one that the code was made for, whoever presents it.
    let uri = redirect_uri("fapi");
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", uri.as_str()),
        ("code_verifier", verifier),
    ];
    post(world, "/oauth2/token", client, &pairs, proof).await
}

const TOKEN: (&str, &str) = ("POST", "/oauth2/token");
const USERINFO: (&str, &str) = ("GET", "/oauth2/userinfo");

async fn tokens(world: &World) -> Value {
    let code = code(world, "fapi").await;
    let proof = proof(world, &Key::ios(), TOKEN, &json!({}));
    let reply = redeem(world, ("fapi", &code, VERIFIER), Some(&proof)).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()
}

async fn userinfo(world: &World, authorization: &str, proof: Option<&str>) -> u16 {
    let mut request = Request::get("/oauth2/userinfo").header(header::AUTHORIZATION, authorization);
    if let Some(proof) = proof {
        request = request.header("DPoP", proof);
    }
    world.forget_cookies();
    world.send(request.body(Body::empty()).unwrap()).await.status
}

/// [happy-flow], [access-token-type-header-case-sensitivity], [refresh-token]
#[tokio::test]
async fn a_client_by_the_profile_signs_people_in() {
    let world = world().await;
    let tokens = tokens(&world).await;
    assert_eq!(tokens["token_type"], "DPoP");
    let token = tokens["access_token"].as_str().unwrap();
    for scheme in ["DPoP", "dpop", "DPOP"] {
        let proof = proof(&world, &Key::ios(), USERINFO, &json!({ "ath": hash(token) }));
        assert_eq!(userinfo(&world, &format!("{scheme} {token}"), Some(&proof)).await, 200);
    }
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ];
    let own = proof(&world, &Key::ios(), TOKEN, &json!({}));
    let reply = post(&world, "/oauth2/token", "fapi", &refresh, Some(&own)).await;
    assert_eq!((reply.status, reply.json()["token_type"].as_str()), (200, Some("DPoP")));
}

/// [par-ensure-pkce-required], [par-plain-pkce-rejected], [ensure-request-object-with-…-redirect-uri]
#[tokio::test]
async fn a_request_without_its_protections_cannot_be_pushed() {
    let world = world().await;
    for change in [
        ("code_challenge", ""),
        ("code_challenge_method", ""),
        ("code_challenge_method", "plain"),
        ("redirect_uri", "https://fapi.example.com/cb/other"),
        ("redirect_uri", "https://evil.example.com/cb"),
        ("response_type", "token"),
        ("response_type", "code id_token"),
    ] {
        let reply = push(&world, "fapi", change).await;
        assert_eq!(reply.status, 400, "{change:?}: {}", reply.body);
    }
    // A challenge cannot be left out by leaving out both of its parameters.
    let uri = redirect_uri("fapi");
    let pairs = [("response_type", "code"), ("redirect_uri", uri.as_str()), ("scope", "openid")];
    let reply = post(&world, "/oauth2/par", "fapi", &pairs, None).await;
    assert_eq!(reply.json()["error"], "invalid_request");
}

/// [par-incorrect-pkce-code-verifier-rejected]
#[tokio::test]
async fn a_code_needs_its_verifier() {
    let world = world().await;
    for verifier in ["", "A".repeat(43).as_str()] {
        let code = code(&world, "fapi").await;
        let proof = proof(&world, &Key::ios(), TOKEN, &json!({}));
        let reply = redeem(&world, ("fapi", &code, verifier), Some(&proof)).await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (400, Some("invalid_grant")));
    }
}

/// [ensure-authorization-code-is-bound-to-client]
#[tokio::test]
async fn a_code_is_for_the_client_that_it_was_given_to() {
    let world = world().await;
    let code = code(&world, "fapi").await;
    let proof = proof(&world, &Key::ios(), TOKEN, &json!({}));
    let reply = redeem(&world, ("fapi2", &code, VERIFIER), Some(&proof)).await;
    assert_eq!(reply.error(), "invalid_grant: invalid authorization code");
}

/// [attempt-reuse-authorization-code-after-one-second]
#[tokio::test]
async fn a_code_that_comes_again_ends_what_it_brought_forth() {
    let world = world().await;
    let code = code(&world, "fapi").await;
    let proof = |target, change: &Value| proof(&world, &Key::ios(), target, change);
    let tokens =
        redeem(&world, ("fapi", &code, VERIFIER), Some(&proof(TOKEN, &json!({})))).await.json();
    world.sleep(1);
    let again = redeem(&world, ("fapi", &code, VERIFIER), Some(&proof(TOKEN, &json!({})))).await;
    assert_eq!(again.error(), "invalid_grant: invalid authorization code");
    let token = tokens["access_token"].as_str().unwrap();
    let own = proof(USERINFO, &json!({ "ath": hash(token) }));
    assert_eq!(userinfo(&world, &format!("DPoP {token}"), Some(&own)).await, 401);
}

/// [ensure-holder-of-key-required], [dpop-negative-tests] at the token endpoint
#[tokio::test]
async fn tokens_are_for_whoever_proves_a_key_here_and_now() {
    let world = world().await;
    let now = world.ctx().now.seconds();
    let code = code(&world, "fapi").await;
    let refused = async |proof: Option<&str>| {
        let reply = redeem(&world, ("fapi", &code, VERIFIER), proof).await;
        let error = reply.json()["error"].as_str().map(str::to_owned);
        assert_eq!((reply.status, error.as_deref()), (400, Some("invalid_dpop_proof")));
    };
    refused(None).await;
    for change in [
        json!({ "htm": "GET" }),
        json!({ "htm": null }),
        json!({ "htu": format!("{ORIGIN}/oauth2/userinfo") }),
        json!({ "htu": null }),
        json!({ "iat": now - 3600 }),
        json!({ "iat": now + 3600 }),
        json!({ "iat": null }),
        json!({ "exp": now - 3600 }),
        json!({ "nbf": now + 3600 }),
        json!({ "jti": null }),
    ] {
        refused(Some(&proof(&world, &Key::ios(), TOKEN, &change))).await;
    }
    let said =
        json!({ "jti": "x", "iat": now, "htm": "POST", "htu": format!("{ORIGIN}/oauth2/token") });
    let header = Key::ios().header("dpop+jwt");
    // Signed by another key than it shows, of another type, or by no key at all.
    refused(Some(&Key::stolen().sign(&header, &said))).await;
    refused(Some(&Key::ios().sign(&Key::ios().header("JWT"), &said))).await;
    refused(Some(&Key::ios().sign(&Key::ios().naming_header("dpop+jwt"), &said))).await;
    refused(Some("nonsense")).await;
    // None of this has used up the code.
    let good = proof(&world, &Key::ios(), TOKEN, &json!({}));
    assert_eq!(redeem(&world, ("fapi", &code, VERIFIER), Some(&good)).await.status, 200);
}

/// [dpop-negative-tests] at the resource, [ensure-dpop-proof-with-…]
#[tokio::test]
async fn a_token_is_for_whoever_proves_its_key_for_it() {
    let world = world().await;
    let now = world.ctx().now.seconds();
    let tokens = tokens(&world).await;
    let token = tokens["access_token"].as_str().unwrap();
    let authorization = format!("DPoP {token}");
    for change in [
        json!({}),
        json!({ "ath": hash("another") }),
        json!({ "ath": hash(token), "htm": "POST" }),
        json!({ "ath": hash(token), "htu": format!("{ORIGIN}/oauth2/token") }),
        json!({ "ath": hash(token), "iat": now - 3600 }),
        json!({ "ath": hash(token), "iat": now + 3600 }),
    ] {
        let bad = proof(&world, &Key::ios(), USERINFO, &change);
        assert_eq!(userinfo(&world, &authorization, Some(&bad)).await, 401, "{change}");
    }
    let other = proof(&world, &Key::stolen(), USERINFO, &json!({ "ath": hash(token) }));
    assert_eq!(userinfo(&world, &authorization, Some(&other)).await, 401);
    assert_eq!(userinfo(&world, &authorization, None).await, 401);
    assert_eq!(userinfo(&world, &format!("Bearer {token}"), None).await, 401);
}

/// O28: refreshing stays with the key.
#[tokio::test]
async fn refreshing_needs_the_key_that_there_was() {
    let world = world().await;
    let tokens = tokens(&world).await;
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ];
    let other = proof(&world, &Key::stolen(), TOKEN, &json!({}));
    for proof in [None, Some(other.as_str())] {
        let reply = post(&world, "/oauth2/token", "fapi", &refresh, proof).await;
        assert_eq!(reply.json()["error"], "invalid_dpop_proof");
    }
}

/// [ensure-unsigned-authorization-request-without-using-par-fails], O19
#[tokio::test]
async fn nothing_that_a_browser_brings_gets_past_the_pushed_request() {
    let world = world().await;
    let reply = world.get(&crate::world::authorization("fapi", "scope=openid")).await;
    assert_eq!(reply.param("error"), "invalid_request");
    let pushed = push(&world, "fapi", ("", "")).await.json();
    let uri = pushed["request_uri"].as_str().unwrap();
    let path = format!(
        "/oauth2/authorize?client_id=fapi&request_uri={uri}&response_type=token\
         &redirect_uri=https://evil.example.com/cb&code_challenge=x"
    );
    let reply = world.get(&path).await;
    let back = world.sign_in("alice", &reply.param("x_ref")).await;
    let answer = world.get(&back).await;
    assert!(answer.location().starts_with(&format!("{}?code=", redirect_uri("fapi"))));
}
