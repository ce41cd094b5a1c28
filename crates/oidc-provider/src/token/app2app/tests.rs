//! Both roles of App2App, and one test for each way to cheat.

use serde_json::{Value, json};
use testkit::DeviceKey as Device;

use crate::world::{CHALLENGE, Reply, VERIFIER, World, redirect_uri};

mod between;

const JWT_TYPE: &str = "vnd.authgear.app2app-request";

fn payload(world: &World, challenge: &str) -> Value {
    let now = world.ctx().now.seconds();
    json!({ "iat": now, "exp": now + 60, "challenge": challenge, "action": "setup" })
}

async fn challenge(world: &World, purpose: &str) -> String {
    let reply = world.post_json("/oauth2/challenge", &json!({ "purpose": purpose })).await;
    reply.json()["result"]["token"].as_str().unwrap().to_owned()
}

async fn jwt(world: &World, device: &Device) -> String {
    let challenge = challenge(world, "app2app_request").await;
    device.sign(&device.header(JWT_TYPE), &payload(world, &challenge))
}

/// App A signs Alice in, with or without a device key; its refresh token.
async fn app_a(world: &World, device: Option<&Device>) -> String {
    let key = match device {
        Some(device) => format!("x_app2app_device_key_jwt={}", jwt(world, device).await),
        None => String::new(),
    };
    let tokens = world.tokens("app-a", "", &key).await;
    tokens["refresh_token"].as_str().unwrap().to_owned()
}

/// A approves a request of B with this JWT.
async fn approve(world: &World, refresh_token: &str, jwt: &str) -> Reply {
    approve_for(world, "app-b", &redirect_uri("app-b"), (refresh_token, jwt)).await
}

async fn approve_for(
    world: &World,
    client: &str,
    redirect_uri: &str,
    (refresh_token, jwt): (&str, &str),
) -> Reply {
    let form = format!(
        "grant_type=urn:authgear:params:oauth:grant-type:app2app-request&client_id={client}\
         &redirect_uri={redirect_uri}&code_challenge={CHALLENGE}&code_challenge_method=S256\
         &refresh_token={refresh_token}&jwt={jwt}"
    );
    world.post("/oauth2/token", &form).await
}

#[track_caller]
fn refused(reply: &Reply, expected: &str) {
    assert_eq!((reply.status, reply.error().as_str()), (400, expected));
}

#[tokio::test]
async fn an_app_signs_another_in() {
    for device in [Device::ios(), Device::android()] {
        let world = World::new().await;
        let refresh_token = app_a(&world, Some(&device)).await;
        world.sleep(600);
        let reply = approve(&world, &refresh_token, &jwt(&world, &device).await).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let answer = reply.json();
        assert_eq!(answer.as_object().unwrap().len(), 1, "a code and nothing else");

        let code = answer["code"].as_str().unwrap();
        let reply = world.redeem("app-b", code, "").await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let tokens = reply.json();
        let id_token = world.ctx().app.keys.verify(tokens["id_token"].as_str().unwrap()).unwrap();
        assert_eq!(id_token.text("sub"), Some("alice"));
        assert_eq!(id_token.audiences(), ["app-b"]);
        // Nobody authenticated when A approved: time and methods are those of A's sign-in.
        assert_eq!(id_token.claims["auth_time"], crate::world::START.seconds());
        assert_eq!(id_token.claims["amr"], json!(["pwd"]));
        // A's refresh token is untouched, and B has its own.
        assert_eq!(world.refresh("app-a", &refresh_token).await.status, 200);
        assert_ne!(tokens["refresh_token"], json!(refresh_token));
        let of_b = tokens["refresh_token"].as_str().unwrap();
        assert_eq!(world.refresh("app-b", of_b).await.status, 200);
    }
}

#[tokio::test]
async fn both_clients_must_be_enabled() {
    for (of, disabled) in [("receiver", 5), ("holder", 4)] {
        let world = World::with(|config| {
            config["oauth"]["clients"][disabled]["x_app2app_enabled"] = json!(false);
        })
        .await;
        let device = Device::ios();
        let refresh_token = app_a(&world, Some(&device)).await;
        let reply = approve(&world, &refresh_token, &jwt(&world, &device).await).await;
        let expected = "unauthorized_client: this client may not use app2app authentication";
        assert_eq!(reply.error(), expected, "{of}");
    }
}

#[tokio::test]
async fn the_redirect_uri_is_compared_byte_for_byte() {
    let world = World::new().await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    for uri in [
        "https://app-b.example.com/cb/",
        "https://app-b.example.com/cb?x=1",
        "https://APP-B.example.com/cb",
        "https://app-b.example.com.evil.example/cb",
        "https://app-a.example.com/cb",
        "https://test.example.com/settings",
    ] {
        let jwt = jwt(&world, &device).await;
        let reply = approve_for(&world, "app-b", uri, (&refresh_token, &jwt)).await;
        refused(&reply, "invalid_request: redirect URI is not allowed");
    }
}

#[tokio::test]
async fn a_public_receiver_must_bring_its_own_challenge() {
    let world = World::new().await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    let jwt = jwt(&world, &device).await;
    let form = format!(
        "grant_type=urn:authgear:params:oauth:grant-type:app2app-request&client_id=app-b\
         &redirect_uri={}&refresh_token={refresh_token}&jwt={jwt}",
        redirect_uri("app-b")
    );
    let reply = world.post("/oauth2/token", &form).await;
    refused(&reply, "invalid_request: PKCE code challenge is required for public clients");
    let plain = format!("{form}&code_challenge={VERIFIER}&code_challenge_method=plain");
    let reply = world.post("/oauth2/token", &plain).await;
    refused(&reply, "invalid_request: only 'S256' PKCE transform is supported");
}

#[tokio::test]
async fn a_stolen_refresh_token_is_nothing_without_the_device() {
    let world = World::new().await;
    let refresh_token = app_a(&world, Some(&Device::ios())).await;
    let jwt = jwt(&world, &Device::stolen()).await;
    let reply = approve(&world, &refresh_token, &jwt).await;
    refused(&reply, "invalid_request: invalid app2app jwt signature");
}

#[tokio::test]
async fn a_jwt_that_carries_one_key_and_is_signed_by_another_is_refused() {
    let world = World::new().await;
    let (own, stolen) = (Device::ios(), Device::stolen());
    let refresh_token = app_a(&world, Some(&own)).await;
    // The bound key in the header, signed by the thief's; and the other way round.
    for (header, signer) in [(own.header(JWT_TYPE), &stolen), (stolen.header(JWT_TYPE), &own)] {
        let challenge = challenge(&world, "app2app_request").await;
        let jwt = signer.sign(&header, &payload(&world, &challenge));
        let reply = approve(&world, &refresh_token, &jwt).await;
        refused(&reply, "invalid_request: invalid app2app jwt signature");
    }
}

#[tokio::test]
async fn an_unbound_grant_is_refused_and_may_be_bound_once_where_the_client_allows_it() {
    let world = World::new().await;
    let refresh_token = app_a(&world, None).await;
    let reply = approve(&world, &refresh_token, &jwt(&world, &Device::ios()).await).await;
    refused(&reply, "invalid_grant: app2app is not allowed in current session");

    let world = World::with(|config| {
        let app = &mut config["oauth"]["clients"][4];
        app["x_app2app_insecure_device_key_binding_enabled"] = json!(true);
    })
    .await;
    let refresh_token = app_a(&world, None).await;
    let (first, second) = (Device::ios(), Device::stolen());
    assert_eq!(approve(&world, &refresh_token, &jwt(&world, &first).await).await.status, 200);
    let reply = approve(&world, &refresh_token, &jwt(&world, &second).await).await;
    refused(&reply, "invalid_request: invalid app2app jwt signature");
    assert_eq!(approve(&world, &refresh_token, &jwt(&world, &first).await).await.status, 200);
}

#[tokio::test]
async fn a_key_is_not_bound_by_somebody_who_cannot_sign_with_it() {
    let world = World::with(|config| {
        let app = &mut config["oauth"]["clients"][4];
        app["x_app2app_insecure_device_key_binding_enabled"] = json!(true);
    })
    .await;
    let refresh_token = app_a(&world, None).await;
    let challenge = challenge(&world, "app2app_request").await;
    let forged =
        Device::stolen().sign(&Device::ios().header(JWT_TYPE), &payload(&world, &challenge));
    let reply = approve(&world, &refresh_token, &forged).await;
    refused(&reply, "invalid_request: invalid app2app jwt signature");
    let reply = approve(&world, &refresh_token, &jwt(&world, &Device::ios()).await).await;
    assert_eq!(reply.status, 200, "nothing was bound before");
}

#[tokio::test]
async fn a_challenge_works_once_for_its_purpose_within_its_time() {
    let world = World::new().await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    let once = jwt(&world, &device).await;
    assert_eq!(approve(&world, &refresh_token, &once).await.status, 200);
    let bad = "invalid_request: invalid app2app jwt challenge";
    refused(&approve(&world, &refresh_token, &once).await, bad);

    for purpose in ["biometric_request", "anonymous_request"] {
        let challenge = challenge(&world, purpose).await;
        let jwt = device.sign(&device.header(JWT_TYPE), &payload(&world, &challenge));
        refused(&approve(&world, &refresh_token, &jwt).await, bad);
    }

    let challenge = challenge(&world, "app2app_request").await;
    world.sleep(5 * 60);
    let jwt = device.sign(&device.header(JWT_TYPE), &payload(&world, &challenge));
    refused(&approve(&world, &refresh_token, &jwt).await, bad);
    let made_up = device.sign(&device.header(JWT_TYPE), &payload(&world, "made up"));
    refused(&approve(&world, &refresh_token, &made_up).await, bad);
}

#[tokio::test]
async fn a_failed_attempt_uses_the_challenge_up() {
    let world = World::new().await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    let challenge = challenge(&world, "app2app_request").await;
    let thief = Device::stolen();
    let stolen = thief.sign(&thief.header(JWT_TYPE), &payload(&world, &challenge));
    assert_eq!(approve(&world, &refresh_token, &stolen).await.status, 400);
    let honest = device.sign(&device.header(JWT_TYPE), &payload(&world, &challenge));
    let reply = approve(&world, &refresh_token, &honest).await;
    refused(&reply, "invalid_request: invalid app2app jwt challenge");
}

#[tokio::test]
async fn tricks_with_headers_and_keys_are_refused() {
    let world = World::new().await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    let changed = |name: &str, value: Value| {
        let mut header = device.header(JWT_TYPE);
        header[name] = value;
        header
    };
    let without = |name: &str| {
        let mut header = device.header(JWT_TYPE);
        header.as_object_mut().unwrap().remove(name);
        header
    };
    let key = |value: Value| changed("jwk", value);
    let mut short_id = device.jwk.clone();
    short_id["kid"] = json!("short");
    let mut private = device.jwk.clone();
    private["d"] = json!("AAAA");
    for (what, header) in [
        ("another type", changed("typ", json!("JWT"))),
        ("the type of another protocol", changed("typ", json!("vnd.authgear.biometric-request"))),
        ("no type", without("typ")),
        ("no key", without("jwk")),
        ("a symmetric key", key(json!({ "kty": "oct", "k": "AAAA", "kid": "device-key" }))),
        ("a private key", key(private)),
        ("a key set", key(json!({ "keys": [device.jwk] }))),
        ("an id that is none", key(short_id)),
        ("two ids", changed("kid", json!("another-key-id"))),
        ("a critical extension", changed("crit", json!(["exp"]))),
    ] {
        let challenge = challenge(&world, "app2app_request").await;
        let jwt = device.sign(&header, &payload(&world, &challenge));
        let reply = approve(&world, &refresh_token, &jwt).await;
        assert_eq!(reply.error(), "invalid_request: invalid app2app jwt payload", "{what}");
    }
}

#[tokio::test]
async fn unsigned_and_symmetric_jwts_are_refused() {
    let world = World::new().await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    for alg in ["none", "HS256", "RS256"] {
        let mut header = device.header(JWT_TYPE);
        header["alg"] = json!(alg);
        let challenge = challenge(&world, "app2app_request").await;
        let signed = device.sign(&header, &payload(&world, &challenge));
        let (body, _) = signed.rsplit_once('.').unwrap();
        let unsigned = format!("{body}.");
        let reply = approve(&world, &refresh_token, &unsigned).await;
        assert_eq!(reply.error(), "invalid_request: invalid app2app jwt signature", "{alg}");
        let reply = approve(&world, &refresh_token, &signed).await;
        assert_eq!(reply.status, 400, "{alg}");
    }
}

#[tokio::test]
async fn a_jwt_must_have_an_end_that_is_not_over() {
    let world = World::new().await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    let now = world.ctx().now.seconds();
    for claims in [
        json!({ "iat": now, "challenge": "c" }),
        json!({ "iat": now - 1000, "exp": now - 300, "challenge": "c" }),
        json!({ "iat": now + 1000, "exp": now + 2000, "challenge": "c" }),
        json!({ "iat": now, "exp": now + 60 }),
    ] {
        let jwt = device.sign(&device.header(JWT_TYPE), &claims);
        let reply = approve(&world, &refresh_token, &jwt).await;
        refused(&reply, "invalid_request: invalid app2app jwt payload");
    }
}

#[tokio::test]
async fn only_a_live_refresh_token_of_an_enabled_app_of_this_project_is_good() {
    let world = World::new().await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    let invalid = "invalid_grant: invalid refresh token";
    refused(&approve(&world, "made.up", &jwt(&world, &device).await).await, invalid);

    // Of another client, which may not sign others in.
    let native = world.tokens("native", "", "").await;
    let native = native["refresh_token"].as_str().unwrap();
    let reply = approve(&world, native, &jwt(&world, &device).await).await;
    refused(&reply, "unauthorized_client: this client may not use app2app authentication");

    // At another project.
    let form = format!(
        "grant_type=urn:authgear:params:oauth:grant-type:app2app-request&client_id=app-b\
         &redirect_uri={}&code_challenge={CHALLENGE}&code_challenge_method=S256\
         &refresh_token={refresh_token}&jwt={}",
        redirect_uri("app-b"),
        jwt(&world, &device).await
    );
    let request = http::Request::post("/oauth2/token")
        .header("host", "elsewhere.example.com")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(form));
    refused(&world.send(request.unwrap()).await, invalid);

    // Of somebody who was disabled, and of a session that was ended.
    world.set_disabled(true).await;
    refused(&approve(&world, &refresh_token, &jwt(&world, &device).await).await, invalid);
    world.set_disabled(false).await;
    world.post("/oauth2/revoke", &format!("token={refresh_token}")).await;
    refused(&approve(&world, &refresh_token, &jwt(&world, &device).await).await, invalid);
}

#[tokio::test]
async fn the_code_is_for_the_receiver_alone() {
    let world = World::new().await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    let code = async || {
        let reply = approve(&world, &refresh_token, &jwt(&world, &device).await).await;
        reply.json()["code"].as_str().unwrap().to_owned()
    };
    refused(
        &world.redeem("app-a", &code().await, "").await,
        "invalid_grant: invalid authorization code",
    );
    let form = |code: &str, verifier: &str, uri: &str| {
        format!(
            "grant_type=authorization_code&client_id=app-b&code={code}&redirect_uri={uri}\
             &code_verifier={verifier}"
        )
    };
    let of_b = redirect_uri("app-b");
    let other = form(&code().await, &"a".repeat(43), &of_b);
    let reply = world.post("/oauth2/token", &other).await;
    refused(&reply, "invalid_grant: invalid authorization code");
    let elsewhere = form(&code().await, VERIFIER, "https://app-b.example.com/other");
    let reply = world.post("/oauth2/token", &elsewhere).await;
    refused(&reply, "invalid_grant: invalid redirect URI");
    let once = code().await;
    assert_eq!(world.redeem("app-b", &once, "").await.status, 200);
    refused(&world.redeem("app-b", &once, "").await, "invalid_grant: invalid authorization code");
}

#[tokio::test]
async fn scopes_are_cut_to_what_the_receiver_may_have() {
    let world = World::with(|config| {
        config["oauth"]["clients"][1]["x_app2app_enabled"] = json!(true);
    })
    .await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    let uri = redirect_uri("confidential");
    let jwt = jwt(&world, &device).await;
    let reply = approve_for(&world, "confidential", &uri, (&refresh_token, &jwt)).await;
    let code = reply.json()["code"].as_str().unwrap().to_owned();
    let secret = "client_secret=a+secret%2Fof%3Dthe%26client";
    let tokens = world.redeem("confidential", &code, secret).await.json();
    assert_eq!(tokens["scope"], "openid offline_access");
}

#[tokio::test]
async fn a_third_party_is_signed_in_only_with_consent_on_record() {
    let world = World::with(|config| {
        config["oauth"]["clients"][2]["x_app2app_enabled"] = json!(true);
    })
    .await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    let uri = redirect_uri("third");
    let jwt = jwt(&world, &device).await;
    let reply = approve_for(&world, "third", &uri, (&refresh_token, &jwt)).await;
    refused(&reply, "access_denied: authorization required");
}

#[tokio::test]
async fn a_client_that_wants_biometrics_refuses_the_plain_grant() {
    let world = World::with(|config| {
        let app = &mut config["oauth"]["clients"][4];
        app["x_app2app_biometric_protection_required"] = json!(true);
    })
    .await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    let reply = approve(&world, &refresh_token, &jwt(&world, &device).await).await;
    assert_eq!(reply.json()["error"], "unauthorized_client");
}

#[tokio::test]
async fn a_code_exchange_binds_only_a_proved_key() {
    let world = World::new().await;
    let (own, thief) = (Device::ios(), Device::stolen());
    let challenge = challenge(&world, "app2app_request").await;
    let forged = thief.sign(&own.header(JWT_TYPE), &payload(&world, &challenge));
    let code = world.authorize("app-a", "").await.param("code");
    let form = format!("x_app2app_device_key_jwt={forged}");
    let reply = world.redeem("app-a", &code, &form).await;
    refused(&reply, "invalid_request: invalid app2app jwt signature");

    // A client without App2App is not asked: what it sends is not looked at.
    let tokens = world.tokens("native", "", "x_app2app_device_key_jwt=nonsense").await;
    assert!(tokens["access_token"].is_string());
}

#[tokio::test]
async fn a_key_that_is_bound_is_never_swapped_for_another() {
    let world = World::new().await;
    let (own, thief) = (Device::ios(), Device::stolen());
    let again = async |tokens: &Value, device: &Device| {
        let hint = tokens["id_token"].as_str().unwrap();
        let extra = format!("scope=openid&prompt=login&max_age=0&id_token_hint={hint}");
        let code = world.authorize("app-a", &extra).await.param("code");
        let form = format!("x_app2app_device_key_jwt={}", jwt(&world, device).await);
        world.redeem("app-a", &code, &form).await
    };
    let form = format!("x_app2app_device_key_jwt={}", jwt(&world, &own).await);
    let bound = world.tokens("app-a", "", &form).await;
    let changed = again(&bound, &thief).await;
    refused(&changed, "invalid_grant: app2app device key cannot be changed");
    assert_eq!(again(&bound, &own).await.status, 200);
    let refresh_token = bound["refresh_token"].as_str().unwrap();
    let approved = approve(&world, refresh_token, &jwt(&world, &thief).await).await;
    refused(&approved, "invalid_request: invalid app2app jwt signature");

    // A session without a key gets none later, unless the client says so.
    let unbound = world.tokens("app-a", "", "").await;
    let late = again(&unbound, &thief).await;
    assert!(late.error().starts_with("invalid_request: x_app2app_insecure_device_key_binding"));
}

#[tokio::test]
async fn the_feature_can_be_switched_off() {
    let world = World::with(|config| {
        config["id"] = json!("without-app2app");
    })
    .await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    let reply = approve(&world, &refresh_token, &jwt(&world, &device).await).await;
    refused(&reply, "invalid_request: app2app disabled");
}
