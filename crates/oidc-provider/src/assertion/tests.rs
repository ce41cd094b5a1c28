//! Clients that prove themselves with a key, and what is no proof. The names in brackets are those of
//! the modules of the OpenID Foundation's FAPI 2.0 Security Profile plan that look for the same.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};
use testkit::DeviceKey as Key;

use crate::world::{ORIGIN, Reply, SECRET, VERIFIER, World, redirect_uri};

async fn world() -> World {
    World::with(|config| {
        let clients = config["oauth"]["clients"].as_array_mut().unwrap();
        let mut client = clients[1].clone();
        client["x_token_endpoint_auth_method"] = json!("private_key_jwt");
        client["x_jwks"] = json!({ "keys": [Key::ios().jwk] });
        clients[1] = client;
    })
    .await
}

fn claims(world: &World) -> Value {
    let now = world.ctx().now.seconds();
    json!({
        "iss": "confidential", "sub": "confidential", "aud": ORIGIN,
        "iat": now, "exp": now + 60, "jti": world.ctx().rng.token(),
    })
}

fn header(typ: &str) -> Value {
    json!({ "alg": "ES256", "kid": Key::ios().jwk["kid"], "typ": typ })
}

fn sign(claims: &Value) -> String {
    Key::ios().sign(&header("JWT"), claims)
}

fn with(world: &World, name: &str, value: Value) -> String {
    let mut claims = claims(world);
    claims[name] = value;
    sign(&claims)
}

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A code is redeemed with this assertion.
async fn redeem(world: &World, assertion: &str) -> Reply {
    let form = format!("client_assertion_type={TYPE}&client_assertion={assertion}");
    let code = world.authorize("confidential", "").await.param("code");
    world.redeem("confidential", &code, &form).await
}

async fn refused(world: &World, assertion: &str, expected: &str) {
    let reply = redeem(world, assertion).await;
    let expected = format!("invalid_client: {expected}");
    assert_eq!((reply.status, reply.error()), (401, expected));
}

#[tokio::test]
async fn a_client_proves_itself_with_its_key() {
    let world = world().await;
    let assertion = sign(&claims(&world));
    let reply = redeem(&world, &assertion).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    // The client is known by its assertion alone.
    let form = format!(
        "grant_type=refresh_token&refresh_token={}&client_assertion_type={TYPE}\
         &client_assertion={}",
        reply.json()["refresh_token"].as_str().unwrap(),
        sign(&claims(&world))
    );
    let reply = world.post("/oauth2/token", &form).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[tokio::test]
async fn an_assertion_is_good_once() {
    let world = world().await;
    let assertion = sign(&claims(&world));
    assert_eq!(redeem(&world, &assertion).await.status, 200);
    refused(&world, &assertion, "the assertion was used before").await;
    world.sleep(119);
    refused(&world, &assertion, "the assertion was used before").await;
    world.sleep(1);
    refused(&world, &assertion, "the token has expired").await;
    refused(&world, &with(&world, "jti", Value::Null), "the assertion has no jti").await;
}

/// [fapi2-security-profile-final-ensure-client-assertion-with-wrong-aud-fails]
#[tokio::test]
async fn an_assertion_is_for_this_server() {
    let world = world().await;
    for aud in [json!(ORIGIN), json!([ORIGIN]), json!(format!("{ORIGIN}/oauth2/token"))] {
        assert_eq!(redeem(&world, &with(&world, "aud", aud)).await.status, 200);
    }
    let other = "the assertion is for another audience";
    for aud in [
        json!("https://elsewhere.example.com"),
        json!(format!("{ORIGIN}/")),
        json!(format!("{ORIGIN}/oauth2/par")),
        json!("confidential"),
        json!([]),
    ] {
        refused(&world, &with(&world, "aud", aud), other).await;
    }
}

/// [fapi2-security-profile-final-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails],
/// [fapi2-security-profile-final-ensure-client-assertion-with-no-sub-fails], […-iss-…]
#[tokio::test]
async fn an_assertion_is_by_the_client_and_from_now() {
    let world = world().await;
    let now = world.ctx().now.seconds();
    let expired = with(&world, "exp", json!(now - 5 * 60));
    refused(&world, &expired, "the token has expired").await;
    let early = with(&world, "nbf", json!(now + 120));
    refused(&world, &early, "the token is not valid yet").await;
    let long = with(&world, "exp", json!(now + 3601));
    refused(&world, &long, "the assertion lives too long").await;
    let endless = with(&world, "exp", Value::Null);
    refused(&world, &endless, "the claim exp is missing or malformed").await;
    for name in ["iss", "sub"] {
        for value in [json!("spa"), Value::Null] {
            let text = "iss and sub of the assertion must be the client ID";
            refused(&world, &with(&world, name, value), text).await;
        }
    }
}

/// [fapi2-security-profile-final-ensure-signed-client-assertion-with-RS256-fails] and others: the
/// key decides how a token is signed.
#[tokio::test]
async fn an_assertion_is_signed_with_a_key_of_the_client() {
    let world = world().await;
    let claims = claims(&world);
    let stolen = Key::stolen().sign(&header("JWT"), &claims);
    refused(&world, &stolen, "the signature of the token is not valid").await;
    let unknown = json!({ "alg": "ES256", "kid": "another", "typ": "JWT" });
    refused(&world, &Key::ios().sign(&unknown, &claims), "the token was made with an unknown key")
        .await;
    for alg in ["none", "RS256", "HS256"] {
        let other = json!({ "alg": alg, "kid": Key::ios().jwk["kid"], "typ": "JWT" });
        let jwt = Key::ios().sign(&other, &claims);
        refused(&world, &jwt, "the token names another algorithm than its key is for").await;
    }
    for typ in ["dpop+jwt", "oauth-authz-req+jwt", "at+jwt"] {
        let jwt = Key::ios().sign(&header(typ), &claims);
        refused(&world, &jwt, "the assertion is a token of another type").await;
    }
    // A key in the header is nobody's.
    let carried = Key::stolen().sign(&Key::stolen().header("JWT"), &claims);
    assert_eq!(redeem(&world, &carried).await.status, 401);
}

#[tokio::test]
async fn a_client_goes_the_one_way_that_is_configured() {
    let world = world().await;
    let code = world.authorize("confidential", "").await.param("code");
    let secret: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let reply = world.redeem("confidential", &code, &format!("client_secret={secret}")).await;
    let way = "invalid_client: the client must prove itself in the way that is configured";
    assert_eq!((reply.status, reply.error().as_str()), (401, way));
    let both = format!(
        "client_secret={secret}&client_assertion_type={TYPE}&client_assertion={}",
        sign(&claims(&world))
    );
    let reply = world.redeem("confidential", &code, &both).await;
    assert_eq!(reply.error(), "invalid_request: the client proves itself twice");
    let other = format!("client_assertion_type=saml&client_assertion={}", sign(&claims(&world)));
    let reply = world.redeem("confidential", &code, &other).await;
    assert_eq!(reply.error(), "invalid_request: client_assertion_type is not supported");
    // Nothing of this has used up the code.
    let good = format!("client_assertion_type={TYPE}&client_assertion={}", sign(&claims(&world)));
    assert_eq!(world.redeem("confidential", &code, &good).await.status, 200);
}

#[tokio::test]
async fn a_client_with_a_secret_has_no_use_for_an_assertion() {
    let world = World::new().await;
    refused(&world, &sign(&claims(&world)), "the client has no keys").await;
}

#[tokio::test]
async fn a_way_by_header_is_not_a_way_by_form() {
    let world = World::with(|config| {
        config["oauth"]["clients"][1]["x_token_endpoint_auth_method"] =
            json!("client_secret_basic");
    })
    .await;
    let code = world.authorize("confidential", "").await.param("code");
    let secret: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let in_form = format!("client_secret={secret}");
    assert_eq!(world.redeem("confidential", &code, &in_form).await.status, 401);
    let form = format!(
        "grant_type=authorization_code&code={code}&redirect_uri={}&code_verifier={VERIFIER}",
        redirect_uri("confidential")
    );
    // `confidential:a+secret%2Fof%3Dthe%26client`.
    let basic = "Basic Y29uZmlkZW50aWFsOmErc2VjcmV0JTJGb2YlM0R0aGUlMjZjbGllbnQ=";
    let request = Request::post("/oauth2/token")
        .header(header::AUTHORIZATION, basic)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form));
    assert_eq!(world.send(request.unwrap()).await.status, 200);
}

#[tokio::test]
async fn id_tokens_are_signed_in_the_algorithm_that_the_client_wants() {
    let world = World::with(|config| {
        config["oauth"]["clients"][0]["x_id_token_signed_response_alg"] = json!("ES256");
    })
    .await;
    let keys = world.ctx().app.keys.clone();
    let alg = async |client: &str, form: &str| {
        let tokens = world.tokens(client, "", form).await;
        keys.verify(tokens["id_token"].as_str().unwrap()).unwrap().header.alg
    };
    assert_eq!(alg("spa", "").await, "ES256");
    assert_eq!(alg("native", "").await, "RS256");
    let metadata = world.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["id_token_signing_alg_values_supported"], json!(["RS256", "ES256"]));
}
