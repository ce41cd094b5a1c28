use expect_test::expect;
use http::{Request, header};
use serde_json::{Value, json};

use crate::world::{ORIGIN, Reply, VERIFIER, World, authorization, redirect_uri};

const SECRET_FORM: &str = "client_secret=a+secret%2Fof%3Dthe%26client";

#[track_caller]
fn refused(reply: &Reply, expected: &str) {
    assert_eq!(reply.error(), expected, "{}", reply.status);
    assert_eq!(reply.header("cache-control"), "no-store");
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap_or_else(|| panic!("no {name} in {tokens}"))
}

fn names(tokens: &Value) -> String {
    let names: Vec<_> = tokens.as_object().unwrap().keys().map(String::as_str).collect();
    names.join(" ")
}

#[tokio::test]
async fn a_code_is_exchanged_for_tokens() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "nonce=n", "").await;
    expect!["token_type access_token expires_in refresh_token id_token"].assert_eq(&names(&tokens));
    assert_eq!((text(&tokens, "token_type"), &tokens["expires_in"]), ("Bearer", &json!(1800)));
    let id_token = world.ctx().app.keys.verify(text(&tokens, "id_token")).unwrap();
    let mut claims = Value::Object(id_token.claims);
    assert!(claims["sid"].take().is_string());
    expect![[r#"
        {
          "iss": "https://test.example.com",
          "aud": "spa",
          "iat": 1767225600,
          "exp": 1767225900,
          "auth_time": 1767225600,
          "sid": null,
          "nonce": "n",
          "amr": [
            "pwd"
          ],
          "sub": "alice",
          "https://authgear.com/claims/user/is_anonymous": false,
          "https://authgear.com/claims/user/is_verified": false,
          "https://authgear.com/claims/user/can_reauthenticate": false,
          "https://authgear.com/claims/user/roles": []
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&claims).unwrap());
}

#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "scope=openid", "").await;
    expect!["token_type access_token expires_in id_token"].assert_eq(&names(&tokens));
    assert_eq!(world.userinfo(text(&tokens, "access_token")).await.status, 200);
}

#[tokio::test]
async fn clients_that_keep_their_tokens_get_what_the_scopes_open() {
    let world = World::new().await;
    let tokens = world.tokens("confidential", "", SECRET_FORM).await;
    let id_token = world.ctx().app.keys.verify(text(&tokens, "id_token")).unwrap();
    assert_eq!(id_token.text("email"), Some("alice@example.com"));
    assert_eq!(id_token.text("given_name"), None, "profile was not asked for");
    let spa = world.tokens("spa", "scope=openid+email", "").await;
    let id_token = world.ctx().app.keys.verify(text(&spa, "id_token")).unwrap();
    assert_eq!(id_token.text("email"), None, "an ID token of a page is not private");
}

#[tokio::test]
async fn an_access_token_may_be_a_jwt_for_resource_servers() {
    let world = World::with(|config| {
        config["oauth"]["clients"][0]["issue_jwt_access_token"] = json!(true);
    })
    .await;
    let tokens = world.tokens("spa", "", "").await;
    let token = text(&tokens, "access_token");
    let jwt = world.ctx().app.keys.verify(token).unwrap();
    assert!(jwt.header.is_type("at+jwt"));
    assert_eq!((jwt.audiences(), jwt.text("iss")), (vec![ORIGIN], Some(ORIGIN)));
    assert_eq!((jwt.text("client_id"), jwt.text("sub")), (Some("spa"), Some("alice")));
    assert_eq!(world.userinfo(token).await.json()["sub"], "alice");
    let id_token = text(&tokens, "id_token");
    assert_eq!(world.userinfo(id_token).await.status, 401, "an ID token opens nothing");
}

#[tokio::test]
async fn a_code_needs_its_verifier_its_client_and_its_redirect_uri() {
    let world = World::new().await;
    let invalid = "invalid_grant: invalid authorization code";
    let uri = redirect_uri("spa");
    for (what, form, expected) in [
        (
            "another verifier",
            format!("redirect_uri={uri}&code_verifier={}", "a".repeat(43)),
            invalid,
        ),
        ("no verifier", format!("redirect_uri={uri}"), invalid),
        (
            "another redirect URI",
            format!("redirect_uri={uri}/&code_verifier={VERIFIER}"),
            "invalid_grant: invalid redirect URI",
        ),
        (
            "no redirect URI",
            format!("code_verifier={VERIFIER}"),
            "invalid_grant: invalid redirect URI",
        ),
    ] {
        let code = world.authorize("spa", "").await.param("code");
        let form = format!("grant_type=authorization_code&client_id=spa&code={code}&{form}");
        let reply = world.post("/oauth2/token", &form).await;
        assert_eq!(reply.error(), expected, "{what}");
        refused(&world.redeem("spa", &code, "").await, invalid);
    }
    let code = world.authorize("spa", "").await.param("code");
    refused(&world.redeem("native", &code, "").await, invalid);
    refused(&world.redeem("spa", &code, "").await, invalid);
    refused(&world.redeem("spa", "made-up", "").await, invalid);
}

#[tokio::test]
async fn a_verifier_without_a_challenge_means_that_it_was_taken_away() {
    let world = World::new().await;
    let extra = "code_challenge=&code_challenge_method=";
    let code = async || {
        let x_ref = world.get(&authorization("confidential", extra)).await.param("x_ref");
        world.get(&world.sign_in("alice", &x_ref).await).await.param("code")
    };
    let with = world.redeem("confidential", &code().await, SECRET_FORM).await;
    refused(&with, "invalid_grant: invalid authorization code");
    let form = format!(
        "grant_type=authorization_code&client_id=confidential&code={}&redirect_uri={}&{SECRET_FORM}",
        code().await,
        redirect_uri("confidential")
    );
    assert_eq!(world.post("/oauth2/token", &form).await.status, 200);
}

#[tokio::test]
async fn a_replayed_code_ends_what_it_brought_forth() {
    let world = World::new().await;
    let code = world.authorize("spa", "").await.param("code");
    let tokens = world.redeem("spa", &code, "").await.json();
    let replayed = world.redeem("spa", &code, "").await;
    refused(&replayed, "invalid_grant: invalid authorization code");
    assert_eq!(world.userinfo(text(&tokens, "access_token")).await.status, 401);
    let reply = world.refresh("spa", text(&tokens, "refresh_token")).await;
    refused(&reply, "invalid_grant: invalid refresh token");
}

#[tokio::test]
async fn a_code_expires() {
    let world = World::new().await;
    let code = world.authorize("spa", "").await.param("code");
    world.sleep(5 * 60);
    let reply = world.redeem("spa", &code, "").await;
    refused(&reply, "invalid_grant: invalid authorization code");
}

#[tokio::test]
async fn a_code_of_somebody_disabled_is_worth_nothing() {
    let world = World::new().await;
    let code = world.authorize("spa", "").await.param("code");
    world.set_disabled(true).await;
    let reply = world.redeem("spa", &code, "").await;
    refused(&reply, "invalid_grant: invalid authorization code");
}

#[tokio::test]
async fn a_confidential_client_proves_itself_in_the_form_or_in_the_header() {
    let world = World::new().await;
    let uri = redirect_uri("confidential");
    let send = async |authorization: Option<&str>, form: &str| {
        let code = world.authorize("confidential", "").await.param("code");
        let mut request = Request::post("/oauth2/token");
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let form = format!(
            "grant_type=authorization_code&code={code}&redirect_uri={uri}\
             &code_verifier={VERIFIER}&{form}"
        );
        let request = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(axum::body::Body::from(form));
        world.send(request.unwrap()).await
    };
    let basic = |text: &str| format!("Basic {}", base64(text));
    let good = basic("confidential:a+secret%2Fof%3Dthe%26client");
    assert_eq!(send(Some(&good), "").await.status, 200);
    assert_eq!(send(Some(&good), "client_id=confidential").await.status, 200);
    let form = format!("client_id=confidential&{SECRET_FORM}");
    assert_eq!(send(None, &form).await.status, 200);

    let wrong = basic("confidential:wrong");
    for (header, form) in [
        (Some(wrong.as_str()), "client_id=confidential"),
        (Some(wrong.as_str()), ""),
        (None, "client_id=confidential&client_secret=wrong"),
    ] {
        let reply = send(header, form).await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (400, Some("invalid_request")));
    }
    for (header, form) in [
        (None, "client_id=confidential"),
        (None, "client_id=confidential&client_secret="),
        (Some(basic("third:x").as_str()), "client_id=confidential"),
    ] {
        let reply = send(header, form).await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (401, Some("invalid_client")));
        assert_eq!(reply.header("www-authenticate"), "Basic realm=\"oauth2\"");
    }
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at)) as usize & 63];
            encoded.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    encoded
}

#[tokio::test]
async fn refreshing_needs_the_secret_of_a_confidential_client() {
    let world = World::new().await;
    let tokens = world.tokens("confidential", "", SECRET_FORM).await;
    let token = text(&tokens, "refresh_token");
    assert_eq!(world.refresh("confidential", token).await.status, 401);
    let with_secret = format!("{token}&{SECRET_FORM}");
    assert_eq!(world.refresh("confidential", &with_secret).await.status, 200);
}

#[tokio::test]
async fn refreshing_rotates_where_the_client_says_so() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "", "").await;
    let first = text(&tokens, "refresh_token");
    let reply = world.refresh("spa", first).await.json();
    expect!["token_type access_token expires_in refresh_token id_token"].assert_eq(&names(&reply));
    let second = text(&reply, "refresh_token").to_owned();
    assert_ne!(first, second);
    let again = world.refresh("spa", first).await.json();
    assert_eq!(text(&again, "refresh_token"), second, "a lost answer is given again");
    world.sleep(60);
    refused(&world.refresh("spa", first).await, "invalid_grant: invalid refresh token");
    refused(&world.refresh("spa", &second).await, "invalid_grant: invalid refresh token");
    assert_eq!(world.userinfo(text(&reply, "access_token")).await.status, 401);

    let tokens = world.tokens("app-a", "", "").await;
    let reply = world.refresh("app-a", text(&tokens, "refresh_token")).await.json();
    expect!["token_type access_token expires_in id_token"].assert_eq(&names(&reply));
}

#[tokio::test]
async fn a_refresh_token_is_for_its_client_and_its_scopes() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "scope=openid+offline_access+email", "").await;
    let token = text(&tokens, "refresh_token");
    let reply = world.refresh("native", token).await;
    refused(&reply, "invalid_request: client id doesn't match the refresh token");
    let more = format!("{token}&scope=openid+phone");
    refused(&world.refresh("spa", &more).await, "invalid_scope: scope exceeds what was granted");
    let less = format!("{token}&scope=openid");
    assert_eq!(world.refresh("spa", &less).await.status, 200);
}

#[tokio::test]
async fn device_info_must_name_a_device() {
    let world = World::new().await;
    let code = world.authorize("spa", "").await.param("code");
    let reply = world.redeem("spa", &code, "x_device_info=e30").await;
    refused(&reply, "invalid_request: invalid device info");
    // The code was not touched: `{"ios":{"uname":{"machine":"iPhone17,1"}}}`.
    let info = stdx::base64url(br#"{"ios":{"uname":{"machine":"iPhone17,1"}}}"#);
    let reply = world.redeem("spa", &code, &format!("x_device_info={info}")).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn a_fresh_id_token_is_for_whoever_holds_a_session_of_the_client() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "", "").await;
    world.forget_cookies();
    let ask = async |client: &str, token: Option<&str>| {
        let grant = "grant_type=urn:authgear:params:oauth:grant-type:id-token";
        let mut request = Request::post("/oauth2/token")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = format!("{grant}&client_id={client}");
        world.send(request.body(axum::body::Body::from(body)).unwrap()).await
    };
    world.sleep(60);
    let reply = ask("spa", Some(text(&tokens, "access_token"))).await;
    let answer = reply.json();
    expect!["id_token"].assert_eq(&names(&answer));
    let fresh = world.ctx().app.keys.verify(text(&answer, "id_token")).unwrap();
    let first = world.ctx().app.keys.verify(text(&tokens, "id_token")).unwrap();
    assert_eq!(fresh.claims["sid"], first.claims["sid"]);
    assert_eq!(fresh.claims["auth_time"], first.claims["auth_time"]);

    let refusal = "invalid_grant: valid session is required";
    for (client, token) in
        [("spa", None), ("spa", Some("x")), ("native", tokens["access_token"].as_str())]
    {
        let reply = ask(client, token).await;
        assert_eq!((reply.status, reply.error().as_str()), (401, refusal), "{client}");
    }
}

#[tokio::test]
async fn authenticating_again_renews_the_session_of_the_hint() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "", "").await;
    world.sleep(100);
    let hint = text(&tokens, "id_token");
    let extra = format!("scope=openid&prompt=login&max_age=0&id_token_hint={hint}");
    let renewed = world.tokens("spa", &extra, "").await;
    let before = world.ctx().app.keys.verify(hint).unwrap();
    let after = world.ctx().app.keys.verify(text(&renewed, "id_token")).unwrap();
    assert_eq!(after.claims["sid"], before.claims["sid"]);
    let moved = before.claims["auth_time"].as_i64().unwrap() + 100;
    assert_eq!(after.claims["auth_time"], moved);
    // It is the same session, not one more.
    let ctx = world.ctx();
    let mut tx = world.platform.store.read(&ctx.app.id).await.unwrap();
    let grants = tx.grants().list(&domain::UserId::new("alice")).await.unwrap();
    assert_eq!(grants.len(), 1);
    // The grant that the app keeps using has moved on as well.
    let refreshed = world.refresh("spa", text(&tokens, "refresh_token")).await.json();
    let refreshed = world.ctx().app.keys.verify(text(&refreshed, "id_token")).unwrap();
    assert_eq!(refreshed.claims["auth_time"], moved);
}

#[tokio::test]
async fn a_session_that_ended_in_the_meantime_is_not_renewed() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "", "").await;
    let hint = text(&tokens, "id_token");
    let extra = format!("scope=openid&max_age=0&id_token_hint={hint}");
    let code = world.authorize("spa", &extra).await.param("code");
    world.post("/oauth2/revoke", &format!("token={}", text(&tokens, "refresh_token"))).await;
    let reply = world.redeem("spa", &code, "").await;
    refused(&reply, "invalid_grant: invalid authorization code");
}

#[tokio::test]
async fn a_hint_of_another_client_renews_nothing_of_it() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "", "").await;
    let before = world.ctx().app.keys.verify(text(&tokens, "id_token")).unwrap();
    world.sleep(100);
    let extra = format!("scope=openid&max_age=0&id_token_hint={}", text(&tokens, "id_token"));
    world.tokens("native", &extra, "").await;
    let refreshed = world.refresh("spa", text(&tokens, "refresh_token")).await.json();
    let after = world.ctx().app.keys.verify(text(&refreshed, "id_token")).unwrap();
    assert_eq!(after.claims["auth_time"], before.claims["auth_time"]);
}

#[tokio::test]
async fn grants_that_we_do_not_know_are_refused() {
    let world = World::new().await;
    for (form, expected) in [
        ("client_id=spa", "invalid_request: grant_type is required"),
        ("grant_type=refresh_token", "invalid_client: invalid client ID"),
        ("grant_type=refresh_token&client_id=nobody", "invalid_client: invalid client ID"),
        (
            "grant_type=password&client_id=spa&username=a&password=b",
            "unsupported_grant_type: grant type password is not supported",
        ),
        (
            "grant_type=authorization_code&client_id=machine&code=x",
            "unauthorized_client: grant type is not allowed for this client",
        ),
        ("grant_type=authorization_code&client_id=spa", "invalid_request: code is required"),
        ("grant_type=refresh_token&client_id=spa", "invalid_request: refresh token is required"),
        ("client_id=spa&client_id=spa", "invalid_request: the parameter client_id is repeated"),
    ] {
        refused(&world.post("/oauth2/token", form).await, expected);
    }
}

#[tokio::test]
async fn revoking_signs_the_app_out_and_is_always_answered_with_yes() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "", "").await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    for token in ["", "made.up", "nonsense"] {
        assert_eq!(world.post("/oauth2/revoke", &format!("token={token}")).await.status, 200);
    }
    assert_eq!(world.userinfo(access).await.status, 200);
    assert_eq!(world.post("/oauth2/revoke", &format!("token={refresh}")).await.status, 200);
    assert_eq!(world.userinfo(access).await.status, 401);
    refused(&world.refresh("spa", refresh).await, "invalid_grant: invalid refresh token");

    let tokens = world.tokens("spa", "", "").await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    world.post("/oauth2/revoke", &format!("token={access}")).await;
    assert_eq!(world.userinfo(access).await.status, 401);
    assert_eq!(world.refresh("spa", refresh).await.status, 200);
}

#[tokio::test]
async fn signing_out_of_one_app_signs_out_of_all_that_share_the_browser_session() {
    let world = World::new().await;
    let shared = world.tokens("spa", "x_sso_enabled=true", "").await;
    let second = world.get(&authorization("native", "prompt=none&x_sso_enabled=true")).await;
    let second = world.redeem("native", &second.param("code"), "").await.json();
    let form = format!("token={}", text(&shared, "refresh_token"));
    assert_eq!(world.post("/oauth2/revoke", &form).await.status, 200);
    let refresh = world.refresh("native", text(&second, "refresh_token")).await;
    refused(&refresh, "invalid_grant: invalid refresh token");
    let silent = world.get(&authorization("native", "prompt=none")).await;
    assert_eq!(silent.param("error"), "login_required");
}

/// The kinds of what the audit log knows of Alice, oldest first.
async fn told(world: &World) -> Vec<String> {
    let ctx = world.ctx();
    events::deliver(&world.platform.store, ctx.now).await.unwrap();
    let mut tx = world.platform.store.read(&ctx.app.id).await.unwrap();
    let alice = domain::UserId::new("alice");
    let mut entries = tx.audit_log().list(Some(&alice), 100).await.unwrap();
    entries.reverse();
    entries.into_iter().map(|it| it.activity_type).collect()
}

#[tokio::test]
async fn the_audit_log_is_told_what_happened() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "", "").await;
    assert!(told(&world).await.is_empty(), "the flow has told of this sign-in");

    world.sleep(1);
    let hint = format!("scope=openid&max_age=0&id_token_hint={}", text(&tokens, "id_token"));
    world.tokens("spa", &hint, "").await;
    world.sleep(1);
    world.post("/oauth2/revoke", &format!("token={}", text(&tokens, "refresh_token"))).await;
    world.sleep(1);
    let code = world.authorize("spa", "").await.param("code");
    world.redeem("spa", &code, "").await;
    world.redeem("spa", &code, "").await;
    let told = told(&world).await;
    let mut sorted = told.clone();
    sorted.sort();
    assert_eq!(sorted, ["user.reauthenticated", "user.session.terminated", "user.signed_out"]);
}

#[tokio::test]
async fn guessing_comes_to_an_end() {
    let world = World::new().await;
    let mut statuses = Vec::new();
    for _ in 0..400 {
        statuses.push(world.redeem("spa", "guess", "").await.status);
    }
    assert_eq!((statuses[0], statuses[399]), (400, 429));
    let limited = world.redeem("spa", "guess", "").await;
    refused(&limited, "x_rate_limited: rate limit exceeded, please try again later.");
}

#[tokio::test]
async fn of_many_who_redeem_a_code_at_once_one_is_answered_and_nobody_keeps_anything() {
    let world = World::new().await;
    let code = world.authorize("spa", "").await.param("code");
    let once = || world.redeem("spa", &code, "");
    let (first, second, third, fourth) = tokio::join!(once(), once(), once(), once());
    let replies = [first, second, third, fourth];
    let granted: Vec<_> = replies.iter().filter(|it| it.status == 200).collect();
    assert_eq!(granted.len(), 1);
    let tokens = granted[0].json();
    assert_eq!(world.userinfo(text(&tokens, "access_token")).await.status, 401);
    let refresh = world.refresh("spa", text(&tokens, "refresh_token")).await;
    refused(&refresh, "invalid_grant: invalid refresh token");
}
