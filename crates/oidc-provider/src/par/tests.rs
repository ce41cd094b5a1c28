//! Requests that were pushed, and requests that were signed. The names in brackets are those of the
//! modules of the OpenID Foundation's FAPI 2.0 plans that look for the same.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};
use testkit::DeviceKey as Key;
use url::form_urlencoded::Serializer;

use crate::world::{CHALLENGE, ORIGIN, Reply, SECRET, World, authorization, redirect_uri};

async fn world() -> World {
    World::with(|config| {
        let clients = config["oauth"]["clients"].as_array_mut().unwrap();
        for (id, key) in [
            ("keyed", "x_jwks"),
            ("pushing", "x_require_pushed_authorization_requests"),
            ("signing", "x_require_signed_request_object"),
        ] {
            let mut client = clients[0].clone();
            client["client_id"] = json!(id);
            client["redirect_uris"] = json!([redirect_uri(id)]);
            client[key] = json!(true);
            client["x_jwks"] = json!({ "keys": [Key::ios().jwk] });
            clients.push(client);
        }
    })
    .await
}

fn request(client: &str) -> Value {
    json!({
        "response_type": "code", "client_id": client, "redirect_uri": redirect_uri(client),
        "scope": "openid offline_access", "state": "s", "nonce": "n",
        "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    })
}

fn form(pairs: &Value) -> String {
    let mut form = Serializer::new(String::new());
    for (name, value) in pairs.as_object().unwrap() {
        form.append_pair(name, value.as_str().unwrap());
    }
    form.finish()
}

async fn push(world: &World, pairs: &Value) -> Reply {
    world.post("/oauth2/par", &form(pairs)).await
}

async fn pushed(world: &World, client: &str) -> String {
    let reply = push(world, &request(client)).await;
    assert_eq!((reply.status, reply.json()["expires_in"].as_i64()), (201, Some(90)));
    assert_eq!(reply.header("cache-control"), "no-store");
    reply.json()["request_uri"].as_str().unwrap().to_owned()
}

fn address(client: &str, request_uri: &str) -> String {
    format!("/oauth2/authorize?client_id={client}&request_uri={request_uri}")
}

/// The request as an object that the client signs, with `change` on top.
fn object(world: &World, client: &str, change: &Value) -> String {
    let now = world.ctx().now.seconds();
    let mut claims = request(client);
    for (name, value) in json!({ "iss": client, "aud": ORIGIN, "iat": now, "exp": now + 60 })
        .as_object()
        .unwrap()
        .iter()
        .chain(change.as_object().unwrap())
    {
        claims[name] = value.clone();
    }
    let header = json!({
        "alg": "ES256", "kid": Key::ios().jwk["kid"], "typ": "oauth-authz-req+jwt",
    });
    Key::ios().sign(&header, &claims)
}

fn signed(client: &str, object: &str) -> String {
    format!("/oauth2/authorize?client_id={client}&request={object}")
}

#[tokio::test]
async fn a_pushed_request_is_what_counts() {
    let world = world().await;
    let uri = pushed(&world, "spa").await;
    // What the browser carries beside it is not looked at.
    let reply = world.get(&format!("{}&scope=email&state=x", address("spa", &uri))).await;
    let back = world.sign_in("alice", &reply.param("x_ref")).await;
    let answer = world.get(&back).await;
    assert_eq!(answer.param("state"), "s");
    let reply = world.redeem("spa", &answer.param("code"), "").await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.json()["refresh_token"].is_string());
}

/// [fapi2-security-profile-final-par-attempt-reuse-request_uri],
/// [fapi2-security-profile-final-par-attempt-to-use-expired-request_uri],
/// [fapi2-security-profile-final-par-attempt-to-use-request_uri-for-different-client]
#[tokio::test]
async fn a_pushed_request_is_good_once_for_a_moment_and_for_its_client() {
    let world = world().await;
    let refused = async |client: &str, uri: &str| {
        let reply = world.get(&address(client, uri)).await;
        assert_eq!(reply.param("error"), "invalid_request_uri");
    };
    let uri = pushed(&world, "spa").await;
    assert!(world.get(&address("spa", &uri)).await.location().contains("x_ref="));
    refused("spa", &uri).await;
    let uri = pushed(&world, "spa").await;
    refused("native", &uri).await;
    let uri = pushed(&world, "spa").await;
    world.sleep(90);
    refused("spa", &uri).await;
    refused("spa", "urn:ietf:params:oauth:request_uri:guess").await;
}

/// [fapi2-security-profile-final-par-authorization-request-containing-request_uri-form-param],
/// [fapi2-security-profile-final-par-ensure-redirect-uri-…], [fapi2-…-par-plain-fails]
#[tokio::test]
async fn what_a_browser_may_not_bring_cannot_be_pushed() {
    let world = world().await;
    for (name, value, error) in [
        ("request_uri", "urn:ietf:params:oauth:request_uri:x", "invalid_request"),
        ("redirect_uri", "https://evil.example.com/cb", "invalid_request"),
        ("redirect_uri", "https://spa.example.com/cb/../x", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("scope", "email", "invalid_scope"),
        ("client_id", "nobody", "invalid_client"),
        ("dpop_jkt", "short", "invalid_request"),
    ] {
        let mut pairs = request("spa");
        pairs[name] = json!(value);
        let reply = push(&world, &pairs).await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (400, Some(error)), "{name}");
    }
}

/// [fapi2-security-profile-final-par-… client authentication]
#[tokio::test]
async fn a_confidential_client_proves_itself_when_it_pushes() {
    let world = world().await;
    let mut pairs = request("confidential");
    pairs["scope"] = json!("openid");
    assert_eq!(push(&world, &pairs).await.status, 401);
    pairs["client_secret"] = json!("wrong");
    assert_eq!(push(&world, &pairs).await.status, 400);
    pairs["client_secret"] = json!(SECRET);
    assert_eq!(push(&world, &pairs).await.status, 201);
}

/// RFC 9449 §10.1.
#[tokio::test]
async fn a_proof_that_comes_with_a_pushed_request_binds_the_code() {
    let world = world().await;
    let proof = |path: &str| {
        let ctx = world.ctx();
        let said = json!({
            "jti": ctx.rng.token(), "iat": ctx.now.seconds(),
            "htm": "POST", "htu": format!("{ORIGIN}{path}"),
        });
        Key::ios().sign(&Key::ios().header("dpop+jwt"), &said)
    };
    let send = async |path: &str, form: &str| {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("DPoP", proof(path))
            .body(Body::from(form.to_owned()));
        world.send(request.unwrap()).await
    };
    let reply = send("/oauth2/par", &form(&request("spa"))).await.json();
    let reply = world.get(&address("spa", reply["request_uri"].as_str().unwrap())).await;
    let back = world.sign_in("alice", &reply.param("x_ref")).await;
    let code = world.get(&back).await.param("code");
    let reply = world.redeem("spa", &code, "").await;
    assert_eq!(reply.error(), "invalid_dpop_proof: Invalid DPoP key binding");

    let mut other = request("spa");
    other["dpop_jkt"] = json!("A".repeat(43));
    let reply = send("/oauth2/par", &form(&other)).await;
    assert_eq!(reply.error(), "invalid_dpop_proof: Invalid DPoP key binding");
}

/// [fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails]
#[tokio::test]
async fn a_client_that_must_push_or_sign_does() {
    let world = world().await;
    for (client, text) in [
        ("pushing", "this client must push its authorization requests"),
        ("signing", "this client must sign its authorization requests"),
    ] {
        let reply = world.get(&authorization(client, "")).await;
        assert_eq!(reply.param("error"), "invalid_request");
        assert_eq!(reply.param("error_description"), text);
    }
    let uri = pushed(&world, "pushing").await;
    assert!(world.get(&address("pushing", &uri)).await.location().contains("x_ref="));
    // Pushing alone is not signing.
    assert_eq!(push(&world, &request("signing")).await.status, 400);
    let object = object(&world, "signing", &json!({}));
    let pairs = json!({ "client_id": "signing", "request": object });
    let reply = push(&world, &pairs).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let uri = reply.json()["request_uri"].as_str().unwrap().to_owned();
    assert!(world.get(&address("signing", &uri)).await.location().contains("x_ref="));
}

#[tokio::test]
async fn a_signed_request_is_what_counts() {
    let world = world().await;
    let object = object(&world, "keyed", &json!({ "claims": { "id_token": { "acr": null } } }));
    let reply = world.get(&format!("{}&scope=email&state=x", signed("keyed", &object))).await;
    let back = world.sign_in("alice", &reply.param("x_ref")).await;
    let answer = world.get(&back).await;
    assert_eq!(answer.param("state"), "s");
    let tokens = world.redeem("keyed", &answer.param("code"), "").await.json();
    let id_token = world.ctx().app.keys.verify(tokens["id_token"].as_str().unwrap()).unwrap();
    assert_eq!(id_token.text("nonce"), Some("n"));
    assert_eq!(id_token.text("acr"), Some("urn:authwarden:acr:one-factor"));
}

/// [fapi2-message-signing-final-ensure-request-object-without-exp-fails], […-with-exp-over-60-fails],
/// […-with-bad-aud-fails], […-signature-algorithm-is-none-fails], […-invalid-signature-fails],
/// […-matching-key-in-authorization-request]
#[tokio::test]
async fn a_signed_request_is_by_its_client_for_us_and_from_now() {
    let world = world().await;
    let now = world.ctx().now.seconds();
    let refused = async |object: &str| {
        let reply = world.get(&signed("keyed", object)).await;
        assert_eq!(reply.param("error"), "invalid_request_object");
    };
    for change in [
        json!({ "aud": "https://elsewhere.example.com" }),
        json!({ "aud": null }),
        json!({ "iss": "spa" }),
        json!({ "client_id": "spa" }),
        json!({ "exp": now - 61 }),
        json!({ "exp": null }),
        json!({ "exp": now + 3601 }),
        json!({ "nbf": now + 61 }),
        json!({ "request": "x" }),
        json!({ "request_uri": "https://evil.example.com" }),
    ] {
        refused(&object(&world, "keyed", &change)).await;
    }
    refused("nonsense").await;
    let claims = json!({ "iss": "keyed", "aud": ORIGIN, "exp": now + 60, "client_id": "keyed" });
    let header =
        |alg: &str, typ: &str| json!({ "alg": alg, "kid": Key::ios().jwk["kid"], "typ": typ });
    refused(&Key::stolen().sign(&header("ES256", "JWT"), &claims)).await;
    refused(&Key::ios().sign(&header("none", "JWT"), &claims)).await;
    refused(&Key::ios().sign(&header("ES256", "dpop+jwt"), &claims)).await;
    // An answer never goes where a request that nobody vouches for wants it.
    let evil = object(&world, "keyed", &json!({ "redirect_uri": "https://evil.example.com/cb" }));
    let reply = world.get(&signed("keyed", &evil)).await;
    assert_eq!((reply.status, reply.location()), (400, ""));
}

/// O25: nothing is fetched from an address in a request.
#[tokio::test]
async fn an_address_of_a_request_is_refused_and_a_client_without_keys_cannot_sign() {
    let world = world().await;
    let uri = "request_uri=https://169.254.169.254/request";
    let reply = world.get(&authorization("keyed", uri)).await;
    assert_eq!(reply.param("error"), "request_uri_not_supported");
    let object = object(&world, "spa", &json!({}));
    let reply = world.get(&authorization("spa", &format!("request={object}"))).await;
    assert_eq!(reply.param("error"), "request_not_supported");
}
