use crate::world::{World, authorization};

const OUT: &str = "post_logout_redirect_uri=https://spa.example.com/out";

/// Whether the browser is still signed in.
async fn is_signed_in(world: &World) -> bool {
    world.get("/oauth2/userinfo").await.status == 200
}

#[tokio::test]
async fn nobody_is_signed_in_so_the_browser_goes_on() {
    let world = World::new().await;
    let reply = world.get(&format!("/oauth2/end_session?{OUT}&state=s")).await;
    assert_eq!((reply.status, reply.location()), (303, "https://spa.example.com/out?state=s"));
}

#[tokio::test]
async fn an_address_that_is_not_registered_is_not_gone_to() {
    let world = World::new().await;
    for uri in ["https://evil.example/", "https://spa.example.com/out/", "//evil.example", ""] {
        let address = format!("/oauth2/end_session?post_logout_redirect_uri={uri}");
        let reply = world.get(&address).await;
        assert_eq!(reply.location(), "https://test.example.com/settings", "{uri}");
    }
    let of_another = format!("/oauth2/end_session?client_id=native&{OUT}");
    let reply = world.get(&of_another).await;
    assert_eq!(reply.location(), "https://test.example.com/settings");
}

#[tokio::test]
async fn without_a_hint_the_person_is_asked() {
    let world = World::new().await;
    world.authorize("spa", "response_type=none").await;
    let reply = world.get(&format!("/oauth2/end_session?{OUT}&state=s")).await;
    assert!(reply.location().starts_with("https://test.example.com/logout?redirect_uri="));
    let back = reply.param("redirect_uri");
    assert!(back.starts_with("https://test.example.com/oauth2/end_session?"), "{back}");
    assert!(back.contains("state=s"), "{back}");
    assert!(is_signed_in(&world).await);
}

#[tokio::test]
async fn a_hint_of_this_session_signs_out_at_once() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "x_sso_enabled=true", "").await;
    let hint = tokens["id_token"].as_str().unwrap();
    world.sleep(3_600);
    let reply = world.get(&format!("/oauth2/end_session?{OUT}&id_token_hint={hint}")).await;
    assert_eq!((reply.status, reply.location()), (303, "https://spa.example.com/out"));
    assert!(!is_signed_in(&world).await);
    assert_eq!(world.userinfo(tokens["access_token"].as_str().unwrap()).await.status, 401);
}

#[tokio::test]
async fn a_hint_of_another_session_or_of_a_third_party_asks() {
    let world = World::new().await;
    let first = world.tokens("spa", "", "").await;
    let x_ref = world.get(&authorization("third", "")).await.param("x_ref");
    let back = world.sign_in("alice", &x_ref).await;
    let code = world.post(&back, "action=consent").await.param("code");
    let secret = "client_secret=a+secret%2Fof%3Dthe%26client";
    let third = world.redeem("third", &code, secret).await.json();
    for tokens in [&first, &third] {
        let hint = tokens["id_token"].as_str().unwrap();
        let reply = world.get(&format!("/oauth2/end_session?id_token_hint={hint}")).await;
        assert!(reply.location().contains("/logout?"), "{}", reply.location());
        assert!(!reply.location().contains("id_token_hint"), "{}", reply.location());
    }
    assert!(is_signed_in(&world).await);
}

#[tokio::test]
async fn a_forged_hint_says_nothing_so_the_person_is_asked() {
    let world = World::new().await;
    world.authorize("spa", "response_type=none").await;
    for hint in ["nonsense", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9."] {
        let reply = world.get(&format!("/oauth2/end_session?{OUT}&id_token_hint={hint}")).await;
        assert_eq!(reply.status, 302);
        assert!(reply.location().starts_with("https://test.example.com/logout?"), "{hint}");
        assert!(!reply.location().contains("id_token_hint"), "{}", reply.location());
    }
    assert!(is_signed_in(&world).await);
}

#[tokio::test]
async fn a_form_is_kept_until_the_browser_comes_with_its_cookies() {
    let world = World::new().await;
    let tokens = world.tokens("spa", "x_sso_enabled=true", "").await;
    let form = format!("{OUT}&state=s&id_token_hint={}", tokens["id_token"].as_str().unwrap());
    let reply = world.post("/oauth2/end_session", &form).await;
    assert_eq!(reply.status, 302);
    assert!(!reply.location().contains("id_token_hint"), "{}", reply.location());
    let own = reply.location().strip_prefix("https://test.example.com").unwrap().to_owned();
    let reply = world.get(&own).await;
    assert_eq!(reply.location(), "https://spa.example.com/out?state=s");
    assert!(!is_signed_in(&world).await);
    let again = world.get(&own).await;
    assert_eq!(again.location(), "https://test.example.com/settings", "once");
}
