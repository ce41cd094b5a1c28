use expect_test::expect;
use serde_json::json;

use crate::world::{World, authorization, redirect_uri};

/// An address of which one parameter is replaced.
fn with(client: &str, extra: &str) -> String {
    authorization(client, extra)
}

#[track_caller]
fn told(reply: &crate::world::Reply, expected: &str) {
    assert_eq!(reply.status, 400, "{}", reply.location());
    assert_eq!(reply.location(), "", "nothing leaves this server");
    assert!(reply.body.contains(expected), "{}", reply.body);
}

#[tokio::test]
async fn a_request_is_handed_over_to_the_pages() {
    let world = World::new().await;
    let reply = world.get(&with("spa", "ui_locales=de&x_state=x")).await;
    assert_eq!(reply.status, 302);
    expect!["https://test.example.com/_internals/oauth_entrypoint"]
        .assert_eq(reply.location().split('?').next().unwrap());
    assert_eq!(reply.param("x_ref").len(), 43);
    for (name, value) in [("client_id", "spa"), ("ui_locales", "de"), ("state", "s")] {
        assert_eq!(reply.param(name), value);
    }
    expect!["no-store"].assert_eq(reply.header("cache-control"));
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("oauth_browser=") && cookie.contains("HttpOnly"), "{cookie}");
    assert!(!cookie.contains("Domain"), "no other host sees it: {cookie}");
}

#[tokio::test]
async fn a_request_may_come_as_a_form() {
    let world = World::new().await;
    let address = with("spa", "");
    let (_, query) = address.split_once('?').unwrap();
    let reply = world.post("/oauth2/authorize", query).await;
    assert_eq!((reply.status, reply.param("client_id").as_str()), (302, "spa"));
}

#[tokio::test]
async fn a_client_with_its_own_pages_gets_the_hints_there() {
    let world = World::with(|config| {
        config["oauth"]["clients"][0]["x_custom_ui_uri"] =
            json!("https://ui.example.com/start?a=1");
    })
    .await;
    let reply = world.get(&with("spa", "login_hint=a%40b.c")).await;
    assert!(reply.location().starts_with("https://ui.example.com/start?a=1&x_ref="));
    assert_eq!(reply.param("login_hint"), "a@b.c");
}

#[tokio::test]
async fn unknown_clients_and_foreign_redirect_uris_are_told_to_the_person() {
    let world = World::new().await;
    for client in ["", "nobody", "SPA", "machine"] {
        let reply = world.get(&with("spa", &format!("client_id={client}"))).await;
        told(&reply, "error: unauthorized_client");
    }
    for uri in [
        "https://spa.example.com/cb/",
        "https://spa.example.com/cb?",
        "https://spa.example.com/cb?x=1",
        "https://spa.example.com/cb#x",
        "https://spa.example.com/CB",
        "https://SPA.example.com/cb",
        "https://spa.example.com:443/cb",
        "http://spa.example.com/cb",
        "https://spa.example.com.evil.example/cb",
        "https://spa.example.com@evil.example/cb",
        "https://evil.example/https://spa.example.com/cb",
        "https://spa.example.com/x/../cb",
        "https://spa.example.com/%63b",
        "//spa.example.com/cb",
        "/\\evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://third.example.com/cb",
        "https://test.example.com/settings",
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
        let reply = world.get(&with("spa", &format!("redirect_uri={encoded}"))).await;
        told(&reply, "redirect URI is not allowed");
    }
}

#[tokio::test]
async fn a_page_of_ours_is_good_for_an_answer_that_carries_nothing() {
    let world = World::new().await;
    let status = async |uri: &str| {
        let extra = format!("response_type=none&redirect_uri={uri}");
        world.get(&with("spa", &extra)).await.status
    };
    assert_eq!(status("https%3A%2F%2Ftest.example.com%2Fsettings").await, 302);
    for uri in [
        "https%3A%2F%2Ftest.example.com",
        "https%3A%2F%2Ftest.example.com.evil.example%2F",
        "https%3A%2F%2Ftest.example.com%40evil.example%2F",
        "https%3A%2F%2Ftest.example.com%3A444%2F",
        "https%3A%2F%2Ftest.example.com%2F%0D%0AX",
    ] {
        assert_eq!(status(uri).await, 400, "{uri}");
    }
}

/// O3.
#[tokio::test]
async fn only_the_port_of_the_device_itself_may_vary_and_only_where_that_is_wanted() {
    let world = World::with(|config| {
        let clients = config["oauth"]["clients"].as_array_mut().unwrap();
        for (id, any_port) in [("loop", true), ("exact", false)] {
            let mut client = clients[0].clone();
            client["client_id"] = json!(id);
            client["x_any_loopback_port"] = json!(any_port);
            client["redirect_uris"] =
                json!(["http://127.0.0.1/cb?a=b", "http://[::1]:1/", "https://a.example.com/cb"]);
            clients.push(client);
        }
    })
    .await;
    let ask = async |client: &str, uri: &str| {
        let uri: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
        let path = authorization("spa", &format!("client_id={client}&redirect_uri={uri}"));
        world.get(&path).await.status
    };
    for good in ["http://127.0.0.1:49152/cb?a=b", "http://127.0.0.1/cb?a=b", "http://[::1]:8/"] {
        assert_eq!(ask("loop", good).await, 302, "{good}");
    }
    assert_eq!(ask("exact", "http://127.0.0.1:49152/cb?a=b").await, 400);
    for bad in [
        "http://127.0.0.1:49152/cb",
        "http://127.0.0.1:49152/cb?a=b&c=d",
        "http://127.0.0.1:99999/cb?a=b",
        "http://127.0.0.1:/cb?a=b",
        "http://127.0.0.1:1@evil.example.com/cb?a=b",
        "http://127.0.0.1.evil.example.com/cb?a=b",
        "http://localhost:1/cb?a=b",
        "https://127.0.0.1:1/cb?a=b",
        "https://a.example.com:8443/cb",
    ] {
        assert_eq!(ask("loop", bad).await, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_repeated_parameter_stops_everything() {
    let world = World::new().await;
    for repeated in ["state=t", "redirect_uri=https%3A%2F%2Fevil.example", "client_id=third"] {
        let address = format!("{}&{repeated}", authorization("spa", ""));
        told(&world.get(&address).await, "error: invalid_request");
    }
}

#[tokio::test]
async fn other_errors_go_to_the_application_with_state_and_issuer() {
    let world = World::new().await;
    for (extra, error) in [
        ("response_type=token", "unsupported_response_type"),
        ("response_type=", "invalid_request"),
        ("scope=", "invalid_request"),
        ("scope=profile", "invalid_scope"),
        ("scope=openid+made-up", "invalid_scope"),
        ("prompt=none+login", "invalid_request"),
        ("code_challenge_method=plain", "invalid_request"),
        ("code_challenge=&code_challenge_method=", "invalid_request"),
        ("request=x", "request_not_supported"),
        ("request_uri=https%3A%2F%2Fx.example", "request_uri_not_supported"),
        ("response_mode=cookie", "invalid_request"),
        ("id_token_hint=nonsense", "invalid_request"),
    ] {
        let reply = world.get(&with("spa", extra)).await;
        assert_eq!(reply.status, 303, "{extra}: {}", reply.body);
        assert!(reply.location().starts_with(&redirect_uri("spa")), "{extra}");
        assert_eq!(reply.param("error"), error, "{extra}");
        assert_eq!(
            (reply.param("state").as_str(), reply.param("iss").as_str()),
            ("s", crate::world::ORIGIN)
        );
    }
}

#[tokio::test]
async fn each_kind_of_client_has_its_scopes() {
    let world = World::new().await;
    let full = "scope=openid+https%3A%2F%2Fauthgear.com%2Fscopes%2Ffull-access";
    for (client, allowed) in
        [("spa", true), ("native", true), ("confidential", false), ("third", false)]
    {
        let reply = world.get(&with(client, full)).await;
        assert_eq!(reply.status == 302, allowed, "{client}");
    }
    let device = world.get(&with("spa", "scope=openid+device_sso")).await;
    assert_eq!(device.param("error"), "invalid_scope");
}

#[tokio::test]
async fn a_confidential_client_may_do_without_pkce_and_a_public_one_may_not() {
    let world = World::new().await;
    let without = "code_challenge=&code_challenge_method=";
    assert_eq!(world.get(&with("confidential", without)).await.status, 302);
    let reply = world.get(&with("native", without)).await;
    expect!["PKCE code challenge is required for public clients"]
        .assert_eq(&reply.param("error_description"));
}

#[tokio::test]
async fn prompt_none_needs_a_session_of_the_person_in_mind() {
    let world = World::new().await;
    let reply = world.get(&with("spa", "prompt=none")).await;
    expect![[r"
        303
        location: https://spa.example.com/cb?error=login_required&error_description=authentication+required&state=s&iss=https%3A%2F%2Ftest.example.com
        cache-control: no-store
    "]]
    .assert_eq(&reply.text());

    let tokens = world.tokens("spa", "", "").await;
    let reply = world.get(&with("spa", "prompt=none")).await;
    assert_eq!(reply.param("code").len(), 43);

    // Alice is signed in; the client has Bob in mind.
    let claims = json!({ "iss": crate::world::ORIGIN, "aud": "spa", "sub": "bob", "exp": 1 });
    let bob = world.ctx().app.keys.sign("JWT", claims.as_object().unwrap());
    let reply = world.get(&with("spa", &format!("prompt=none&id_token_hint={bob}"))).await;
    assert_eq!(reply.param("error"), "login_required");
    let alice = tokens["id_token"].as_str().unwrap();
    let reply = world.get(&with("spa", &format!("prompt=none&id_token_hint={alice}"))).await;
    assert_eq!(reply.param("code").len(), 43);
}

#[tokio::test]
async fn prompt_none_keeps_to_max_age() {
    let world = World::new().await;
    world.tokens("spa", "", "").await;
    world.sleep(100);
    let answered = async |max_age: i64| {
        let extra = format!("prompt=none&max_age={max_age}");
        world.get(&with("spa", &extra)).await.location().contains("code=")
    };
    assert!(answered(100).await);
    assert!(!answered(99).await);
    assert!(!answered(0).await);
}

#[tokio::test]
async fn a_third_party_gets_no_silent_answer_without_consent() {
    let world = World::new().await;
    world.tokens("spa", "", "").await;
    let reply = world.get(&with("third", "prompt=none")).await;
    assert_eq!(reply.param("error"), "consent_required");
}

#[tokio::test]
async fn answers_travel_in_the_mode_that_was_asked_for() {
    let world = World::new().await;
    world.tokens("spa", "", "").await;
    let reply = world.get(&with("spa", "prompt=none&response_mode=fragment")).await;
    assert!(reply.location().starts_with("https://spa.example.com/cb#code="));

    let reply = world.get(&with("spa", "prompt=none&response_mode=form_post")).await;
    assert_eq!(reply.status, 200);
    assert!(
        reply.body.contains(r#"action="https:&#x2f;&#x2f;spa.example.com&#x2f;cb""#),
        "{}",
        reply.body
    );
    assert!(reply.body.contains(r#"name="state" value="s""#), "{}", reply.body);
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("form-action 'self' https://spa.example.com"), "{policy}");

    let reply = world.get(&with("spa", "prompt=none&response_mode=form_post&scope=x")).await;
    assert!(reply.body.contains(r#"name="error" value="invalid_scope""#), "{}", reply.body);
}

#[tokio::test]
async fn what_comes_in_does_not_get_out_unescaped() {
    let world = World::new().await;
    world.tokens("spa", "", "").await;
    let state = "state=%22%3E%3Cscript%3E%0D%0ASet-Cookie%3A%20a%3Db%26code%3Devil";
    let reply = world.get(&with("spa", &format!("prompt=none&{state}"))).await;
    assert!(!reply.body.contains("<script>"), "{}", reply.body);
    assert_eq!(reply.param("state"), "\"><script>\r\nSet-Cookie: a=b&code=evil");
    assert_eq!(reply.location().matches("code=").count(), 1);
    let form =
        world.get(&with("spa", &format!("prompt=none&response_mode=form_post&{state}"))).await;
    assert!(!form.body.contains("\"><script>"), "{}", form.body);
}

#[tokio::test]
async fn response_type_none_answers_without_a_code() {
    let world = World::new().await;
    let reply = world.authorize("spa", "response_type=none").await;
    expect!["https://spa.example.com/cb?state=s&iss=https%3A%2F%2Ftest.example.com"]
        .assert_eq(reply.location());
}

#[tokio::test]
async fn an_app_opens_a_page_of_ours_once() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "", "").await;
    world.forget_cookies();
    let body = json!({ "refresh_token": tokens["refresh_token"] });
    let reply = world.post_json("/oauth2/app_session_token", &body).await;
    let token = reply.json()["result"]["app_session_token"].as_str().unwrap().to_owned();
    let hint =
        format!("https://authgear.com/login_hint?type=app_session_token&app_session_token={token}");
    let hint: String = url::form_urlencoded::byte_serialize(hint.as_bytes()).collect();
    let address = with(
        "spa",
        &format!(
            "response_type=none&prompt=none&login_hint={hint}\
             &redirect_uri=https%3A%2F%2Ftest.example.com%2Fsettings"
        ),
    );
    let reply = world.get(&address).await;
    assert_eq!((reply.status, reply.location()), (302, "https://test.example.com/settings"));
    assert!(reply.header("set-cookie").starts_with("app_session="));
    assert_eq!(world.get("/oauth2/userinfo").await.json()["sub"], "alice");
    assert_eq!(world.get(&address).await.param("error"), "invalid_request", "once");
}

/// The SDKs of mobile apps ask for a code, and for no query.
#[tokio::test]
async fn an_app_opens_a_page_of_ours_whatever_it_asks_for_and_gets_no_code() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "", "").await;
    let settings = "redirect_uri=https%3A%2F%2Ftest.example.com%2Fsettings%3F";
    let bare = world.get(&with("spa", &format!("prompt=none&{settings}"))).await;
    assert_eq!(bare.status, 400, "a code would go to a page of ours");
    world.forget_cookies();
    let body = json!({ "refresh_token": tokens["refresh_token"] });
    let reply = world.post_json("/oauth2/app_session_token", &body).await;
    let token = reply.json()["result"]["app_session_token"].as_str().unwrap().to_owned();
    let hint = format!(
        "https%3A%2F%2Fauthgear.com%2Flogin_hint%3Ftype%3Dapp_session_token%26app_session_token%3D{token}"
    );
    let reply = world.get(&with("spa", &format!("prompt=none&login_hint={hint}&{settings}"))).await;
    assert_eq!((reply.status, reply.location()), (302, "https://test.example.com/settings?"));
    assert!(reply.header("set-cookie").starts_with("app_session="));
}

#[tokio::test]
async fn an_app_session_does_not_answer_for_other_apps() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "", "").await;
    world.forget_cookies();
    let body = json!({ "refresh_token": tokens["refresh_token"] });
    let reply = world.post_json("/oauth2/app_session_token", &body).await;
    let token = reply.json()["result"]["app_session_token"].as_str().unwrap().to_owned();
    let hint = format!(
        "https%3A%2F%2Fauthgear.com%2Flogin_hint%3Ftype%3Dapp_session_token%26app_session_token%3D{token}"
    );
    let settings = "redirect_uri=https%3A%2F%2Ftest.example.com%2Fsettings";
    world.get(&with("spa", &format!("response_type=none&login_hint={hint}&{settings}"))).await;
    let reply = world.get(&with("native", "prompt=none")).await;
    assert_eq!(reply.param("error"), "login_required");
}

/// The session that an ID token names.
fn sid(world: &World, tokens: &serde_json::Value) -> String {
    let token = tokens["id_token"].as_str().unwrap();
    world.ctx().app.keys.verify(token).unwrap().text("sid").unwrap().to_owned()
}

#[tokio::test]
async fn a_sign_in_that_is_given_up_leaves_the_session_as_it_was() {
    let world = World::new().await;
    let before = world.tokens("spa", "x_sso_enabled=true", "").await;
    for asks in ["prompt=login", "max_age=0", "prompt=login&max_age=1"] {
        // The pages are shown, and nobody does anything there.
        assert!(world.get(&with("spa", asks)).await.location().contains("x_ref="), "{asks}");
    }
    let silent = world.get(&with("spa", "prompt=none&x_sso_enabled=true")).await;
    let after = world.redeem("spa", &silent.param("code"), "").await.json();
    assert_eq!(after["sub"], before["sub"]);
    assert_eq!(world.get("/oauth2/userinfo").await.json()["sub"], "alice");
}

#[tokio::test]
async fn somebody_else_who_signs_in_gets_a_session_of_their_own() {
    let world = World::new().await;
    let of_alice = world.tokens("spa", "x_sso_enabled=true", "").await;
    let hint = of_alice["id_token"].as_str().unwrap();
    // Alice is asked to sign in again, and bob does.
    let asked = format!("prompt=login&max_age=0&id_token_hint={hint}");
    let x_ref = world.get(&with("spa", &asked)).await.param("x_ref");
    let back = world.sign_in("bob", &x_ref).await;
    assert_eq!(world.get(&back).await.param("error"), "login_required");
    let x_ref = world.get(&with("spa", "prompt=login")).await.param("x_ref");
    let back = world.sign_in("bob", &x_ref).await;
    let code = world.get(&back).await.param("code");
    let of_bob = world.redeem("spa", &code, "").await.json();
    assert_ne!(sid(&world, &of_alice), sid(&world, &of_bob));
    let token = of_alice["access_token"].as_str().unwrap();
    assert_eq!(world.userinfo(token).await.json()["sub"], "alice", "her session goes on");
}

#[tokio::test]
async fn an_authorization_that_one_browser_began_another_does_not_finish() {
    let world = World::new().await;
    // Somebody begins a sign-in of their own, and has a victim's browser come back with it.
    let x_ref = world.get(&with("spa", "")).await.param("x_ref");
    let back = world.sign_in("bob", &x_ref).await;
    world.forget_cookies();
    let refused = world.get(&back).await;
    assert_eq!((refused.status, refused.location()), (400, ""));
}
