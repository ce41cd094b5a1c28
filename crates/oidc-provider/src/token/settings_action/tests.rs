//! From the request of an app to the grant that answers nothing.

use serde_json::json;
use sessions::oauth_session;

use crate::world::{Reply, World, authorization, redirect_uri};

const TYPE: &str =
    "response_type=urn%3Aauthgear%3Aparams%3Aoauth%3Aresponse-type%3Asettings-action";
const GRANT: &str = "grant_type=urn%3Aauthgear%3Aparams%3Aoauth%3Agrant-type%3Asettings-action";

/// The hint of an app to which alice is signed in.
async fn hint(world: &World) -> String {
    let tokens = world.tokens("spa", "", "").await;
    world.forget_cookies();
    let body = json!({ "refresh_token": tokens["refresh_token"] });
    let reply = world.post_json("/oauth2/app_session_token", &body).await;
    let token = reply.json()["result"]["app_session_token"].as_str().unwrap().to_owned();
    format!(
        "login_hint=https%3A%2F%2Fauthgear.com%2Flogin_hint%3Ftype%3Dapp_session_token\
         %26app_session_token%3D{token}"
    )
}

async fn begin(world: &World, action: &str, more: &str) -> Reply {
    let hint = hint(world).await;
    let extra = format!("{TYPE}&x_settings_action={action}&{hint}{more}");
    world.get(&authorization("spa", &extra)).await
}

/// The pages have done what was asked for, and sent alice back.
async fn done(world: &World, x_ref: &str) -> Reply {
    let (ctx, kv) = (world.ctx(), &world.platform.kv);
    let session = oauth_session::load(&ctx, kv, x_ref).await.unwrap().unwrap();
    oauth_session::complete_action(&ctx, kv, x_ref, &session).await.unwrap();
    let back = world.sign_in("alice", x_ref).await;
    world.get(&back).await
}

async fn redeem(world: &World, code: &str, more: &str) -> Reply {
    let uri: String =
        url::form_urlencoded::byte_serialize(redirect_uri("spa").as_bytes()).collect();
    let form = format!("{GRANT}&client_id=spa&code={code}&redirect_uri={uri}{more}");
    world.post("/oauth2/token", &form).await
}

fn verifier() -> String {
    format!("&code_verifier={}", crate::world::VERIFIER)
}

#[tokio::test]
async fn an_app_has_something_changed_and_hears_that_it_is_done() {
    let world = World::new().await;
    let reply = begin(&world, "change_password", "&ui_locales=de").await;
    assert_eq!(reply.status, 302, "{}", reply.body);
    let expected = "https://test.example.com/_internals/settings_action?x_ref=";
    assert!(reply.location().starts_with(expected), "{}", reply.location());
    assert_eq!(reply.param("ui_locales"), "de");
    assert_eq!(world.get("/oauth2/userinfo").await.json()["sub"], "alice", "the cookie is there");
    let back = done(&world, &reply.param("x_ref")).await;
    assert!(back.location().starts_with(redirect_uri("spa").as_str()), "{}", back.text());
    assert_eq!(back.param("state"), "s");
    let code = back.param("code");
    let answer = redeem(&world, &code, &verifier()).await;
    assert_eq!((answer.status, answer.json()), (200, json!({})));
    let again = redeem(&world, &code, &verifier()).await;
    assert_eq!(again.json()["error"], "invalid_grant", "once");
}

#[tokio::test]
async fn the_code_is_for_whoever_asked_and_for_nothing_else() {
    let world = World::new().await;
    for more in ["", "&code_verifier=guess"] {
        let reply = begin(&world, "change_password", "").await;
        let code = done(&world, &reply.param("x_ref")).await.param("code");
        assert_eq!(redeem(&world, &code, more).await.json()["error"], "invalid_grant");
        // The guess has used it up.
        let later = redeem(&world, &code, &verifier()).await;
        assert_eq!(later.json()["error"], "invalid_grant");
    }
    let reply = begin(&world, "change_password", "").await;
    let code = done(&world, &reply.param("x_ref")).await.param("code");
    let tokens = world.redeem("spa", &code, "").await;
    assert_eq!(tokens.json()["error"], "invalid_grant", "it is worth no tokens");
    // And an authorization code tells nobody that anything was changed.
    let x_ref = world.get(&authorization("spa", "")).await.param("x_ref");
    let back = world.sign_in("alice", &x_ref).await;
    let code = world.get(&back).await.param("code");
    assert_eq!(redeem(&world, &code, &verifier()).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn whoever_only_signs_in_has_not_done_what_was_asked_for() {
    let world = World::new().await;
    let reply = begin(&world, "change_password", "").await;
    let back = world.sign_in("alice", &reply.param("x_ref")).await;
    let refused = world.get(&back).await;
    assert_eq!(refused.param("error"), "access_denied");
    assert!(!refused.location().contains("code="), "{}", refused.location());
}

#[tokio::test]
async fn a_request_says_what_is_to_be_done_and_for_whom() {
    let world = World::new().await;
    let described = |reply: &Reply| reply.param("error_description");
    let refused = begin(&world, "manage_mfa", "").await;
    assert_eq!(described(&refused), "x_settings_action is not supported");
    let refused = begin(&world, "delete_account", "").await;
    assert_eq!(described(&refused), "account deletion by end user is disabled");
    let refused = begin(&world, "link_oauth", "").await;
    assert_eq!(described(&refused), "x_oauth_provider_alias is required");
    let linking = begin(&world, "link_oauth", "&x_oauth_provider_alias=google").await;
    assert_eq!(linking.status, 302);
    let action = format!("{TYPE}&x_settings_action=change_password");
    let nobody = world.get(&authorization("spa", &action)).await;
    let expected = "login_hint must be provided when using settings action";
    assert_eq!(described(&nobody), expected);
    let plain = world.get(&authorization("spa", &format!("{action}&login_hint=alice"))).await;
    let expected = "login_hint must be app_session_token when using settings action";
    assert_eq!(described(&plain), expected);
    let used = hint(&world).await;
    let address = authorization("spa", &format!("{action}&{used}"));
    assert!(!world.get(&address).await.location().contains("error="));
    assert_eq!(described(&world.get(&address).await), "invalid app session token", "once");
}
