use accounts::anonymous::{self, NewAnonymous};
use axum::body::Body;
use axum::middleware::from_fn_with_state;
use domain::{AccessTokenHolder, ClientId, GrantId, Scopes, UserId, VerifiedClaim};
use expect_test::{Expect, expect};
use http::Request;
use sessions::grant::{self, NewGrant};
use sessions::{access_token, browser, consent, end};
use testkit::World;
use tower::ServiceExt as _;

const CLIENT: &str = "
oauth:
  clients:
  - { client_id: app, name: app, x_application_type: native, redirect_uris: [\"app://host/cb\"] }
";

async fn ask(world: &World, path: &str, headers: &[(&str, &str)]) -> String {
    let router = crate::internal_router()
        .layer(from_fn_with_state(world.platform.clone(), web::enter))
        .with_state(world.platform.clone());
    let mut request = Request::get(path).header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let mut told: Vec<_> = response
        .headers()
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-authgear"))
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()))
        .collect();
    told.sort();
    format!("{}\n{}", response.status().as_u16(), told.concat())
}

async fn check(world: &World, headers: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&ask(world, "/_resolver/resolve", headers).await);
}

/// Alice, her browser's cookie and her app's access token.
async fn alice(world: &World) -> (UserId, String, String) {
    let user = world.person("email", "alice@example.com", "correct horse battery").await;
    let (ctx, client) = (world.ctx(), world.app.config.oauth.find_client("app").unwrap());
    let mut tx = world.platform.store.write(&ctx.app.id).await.unwrap();
    let amr = vec!["pwd".to_owned(), "x_primary_password".to_owned()];
    let created = browser::create(&ctx, &mut tx, &user, amr.clone()).await.unwrap();
    let scopes = Scopes::parse("openid");
    let id = ClientId::new("app");
    let authorization = consent::give(&ctx, &mut tx, &user, &id, &scopes).await.unwrap();
    let new = NewGrant {
        id: GrantId::new("grant"),
        user_id: user.clone(),
        authorization_id: authorization.id,
        scopes: scopes.clone(),
        idp_session_id: None,
        identity_id: None,
        sso_enabled: false,
        amr,
        authenticated_at: ctx.now,
        device_info: None,
        app2app_device_key_jwk: None,
        dpop_jkt: None,
    };
    let issued = grant::issue(&ctx, &mut tx, client, new).await.unwrap();
    let holder = AccessTokenHolder::Grant(issued.grant.id);
    let token = access_token::issue(&ctx, &mut tx, client, holder, scopes, None).await.unwrap();
    tx.commit().await.unwrap();
    (
        user,
        format!("session={}", created.cookie.reveal()),
        format!("Bearer {}", token.token.reveal()),
    )
}

#[tokio::test]
async fn nobody_is_nobody() {
    let world = World::new(CLIENT).await;
    let nothing = || expect!["200\n"];
    check(&world, &[], nothing()).await;
    check(&world, &[("authorization", "Bearer nonsense")], nothing()).await;
    check(&world, &[("authorization", "Basic YTpi"), ("cookie", "other=1")], nothing()).await;
}

#[tokio::test]
async fn a_session_is_told_by_cookie_and_by_token() {
    let world = World::new(CLIENT).await;
    let (user, cookie, token) = alice(&world).await;
    world.sleep(30);
    let told = |authenticated_at: i64| {
        format!(
            "200\nx-authgear-session-amr: pwd x_primary_password\n\
             x-authgear-session-authenticated-at: {authenticated_at}\n\
             x-authgear-session-valid: true\n\
             x-authgear-user-anonymous: false\nx-authgear-user-can-reauthenticate: true\n\
             x-authgear-user-id: {user}\nx-authgear-user-verified: false\n"
        )
    };
    for headers in [("cookie", cookie.as_str()), ("authorization", token.as_str())] {
        for path in ["/_resolver/resolve", "/resolve"] {
            assert_eq!(ask(&world, path, &[headers]).await, told(testkit::START.seconds()));
        }
    }
}

#[tokio::test]
async fn whoever_has_no_name_is_told_to_have_none() {
    let world = World::new(CLIENT).await;
    let ctx = world.ctx();
    let mut tx = world.platform.store.write(&ctx.app.id).await.unwrap();
    let source = events::Source::default();
    let new = NewAnonymous::new(UserId::new(ctx.rng.uuid()), None);
    let signed_up = anonymous::sign_up(&ctx, &mut tx, new, &source).await.unwrap();
    let user = signed_up.user_id().unwrap();
    let created = browser::create(&ctx, &mut tx, &user, Vec::new()).await.unwrap();
    tx.commit().await.unwrap();
    let cookie = format!("session={}", created.cookie.reveal());
    let told = ask(&world, "/resolve", &[("cookie", &cookie)]).await;
    assert!(told.contains("x-authgear-user-anonymous: true\n"), "{told}");
    assert!(told.contains("x-authgear-user-can-reauthenticate: false\n"), "{told}");
}

#[tokio::test]
async fn a_dead_cookie_is_told_and_a_dead_token_is_not() {
    let world = World::new(CLIENT).await;
    let (user, cookie, token) = alice(&world).await;
    let ctx = world.ctx();
    let mut tx = world.platform.store.write(&ctx.app.id).await.unwrap();
    let ended = end::all_of(&ctx, &mut tx, &user, None).await.unwrap();
    tx.commit().await.unwrap();
    world.platform.sessions.forget(&ctx, &ended).await;
    check(
        &world,
        &[("cookie", &cookie)],
        expect![[r"
        200
        x-authgear-session-valid: false
    "]],
    )
    .await;
    check(&world, &[("authorization", &token)], expect!["200\n"]).await;
}

#[tokio::test]
async fn a_cookie_that_came_twice_is_none() {
    let world = World::new(CLIENT).await;
    let (_, cookie, _) = alice(&world).await;
    let twice = format!("{cookie}; session=planted.by-a-sibling");
    check(&world, &[("cookie", &twice)], expect!["200\n"]).await;
}

#[tokio::test]
async fn a_disabled_person_is_out_within_a_second() {
    let world = World::new(CLIENT).await;
    let (user, cookie, _) = alice(&world).await;
    assert!(ask(&world, "/resolve", &[("cookie", &cookie)]).await.contains("valid: true"));
    let mut tx = world.platform.store.write(&world.app.id).await.unwrap();
    tx.users().set_disabled(&user, true, None, world.ctx().now).await.unwrap();
    tx.commit().await.unwrap();
    world.sleep(1);
    check(
        &world,
        &[("cookie", &cookie)],
        expect![[r"
        200
        x-authgear-session-valid: false
    "]],
    )
    .await;
}

#[tokio::test]
async fn asking_writes_nothing() {
    let world = World::new(CLIENT).await;
    let (_, cookie, token) = alice(&world).await;
    let before = world.platform.store.commits();
    for seconds in [0, 1, 120, 1_000] {
        world.sleep(seconds);
        ask(&world, "/resolve", &[("cookie", &cookie)]).await;
        ask(&world, "/resolve", &[("authorization", &token)]).await;
    }
    assert_eq!(world.platform.store.commits(), before);
}

#[tokio::test]
async fn who_proved_their_address_is_verified_as_long_as_it_is_theirs() {
    let world = World::new(CLIENT).await;
    let (user, cookie, _) = alice(&world).await;
    let store = &world.platform.store;
    let mut tx = store.write(&world.app.id).await.unwrap();
    let claim = |id: &str, value: &str| VerifiedClaim {
        id: id.to_owned(),
        user_id: user.clone(),
        name: "email".to_owned(),
        value: value.to_owned(),
        created_at: testkit::START,
        channel: None,
    };
    tx.verified_claims().insert(&claim("old", "former@example.com")).await.unwrap();
    tx.commit().await.unwrap();
    let told = ask(&world, "/resolve", &[("cookie", &cookie)]).await;
    assert!(told.contains("x-authgear-user-verified: false"), "{told}");

    let mut tx = store.write(&world.app.id).await.unwrap();
    tx.verified_claims().insert(&claim("new", "alice@example.com")).await.unwrap();
    tx.commit().await.unwrap();
    world.sleep(5);
    let told = ask(&world, "/resolve", &[("cookie", &cookie)]).await;
    assert!(told.contains("x-authgear-user-verified: true"), "{told}");
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_key_needs_a_proof_for_what_the_proxy_was_asked() {
    let world = World::new(CLIENT).await;
    alice(&world).await;
    let key = testkit::DeviceKey::ios();
    let jkt = jose::thumbprint(key.jwk.as_object().unwrap()).unwrap();
    let (ctx, client) = (world.ctx(), world.app.config.oauth.find_client("app").unwrap());
    let mut tx = world.platform.store.write(&ctx.app.id).await.unwrap();
    let holder = AccessTokenHolder::Grant(GrantId::new("grant"));
    let scopes = Scopes::parse("openid");
    let issued =
        access_token::issue(&ctx, &mut tx, client, holder, scopes, Some(jkt)).await.unwrap();
    tx.commit().await.unwrap();
    let token = issued.token.reveal().clone();
    let hex = stdx::sha256_hex(&token);
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    let ath = stdx::base64url(&(0..hex.len()).step_by(2).map(byte).collect::<Vec<_>>());
    let proof = || {
        let said = serde_json::json!({
            "jti": ctx.rng.token(), "iat": ctx.now.seconds(), "ath": ath,
            "htm": "GET", "htu": "https://api.example.com/orders",
        });
        key.sign(&key.header("dpop+jwt"), &said)
    };
    let authorization = format!("DPoP {token}");
    let resolve = async |proof: &str, told: &[(&str, &str)]| {
        let mut headers = vec![("authorization", authorization.as_str()), ("dpop", proof)];
        headers.extend(told);
        ask(&world, "/_resolver/resolve", &headers).await.contains("x-authgear-session-valid: true")
    };
    let original =
        [("x-original-method", "GET"), ("x-original-url", "https://api.example.com/orders?a=b")];
    assert!(resolve(&proof(), &original).await);
    let forwarded = [
        ("x-forwarded-method", "GET"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "api.example.com"),
        ("x-forwarded-uri", "/orders"),
    ];
    assert!(resolve(&proof(), &forwarded).await);
    assert!(!resolve(&proof(), &[]).await);
    let other = [("x-original-method", "POST"), original[1]];
    assert!(!resolve(&proof(), &other).await);
}
