//! No grant gives more than was granted, and no client gets more than it may have.

use serde_json::{Value, json};

use super::token_exchange_tests::{app, exchange, form, take_part};
use crate::world::World;

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const MORE: &str = "scope=openid+offline_access+email+https://authgear.com/scopes/full-access";

fn scopes_of(world: &World, tokens: &Value) -> String {
    let token = world.ctx().app.keys.verify(tokens["access_token"].as_str().unwrap()).unwrap();
    token.text("scope").unwrap().to_owned()
}

async fn world() -> World {
    World::with(|config| {
        take_part(config);
        let native = &mut config["oauth"]["clients"][3];
        native["grant_types"] = json!(["authorization_code", "refresh_token", DEVICE_CODE]);
        native["issue_jwt_access_token"] = json!(true);
    })
    .await
}

#[tokio::test]
async fn what_a_code_gives_is_what_was_granted_whatever_is_asked_for_with_it() {
    let world = world().await;
    let tokens = world.tokens("native", "scope=openid+offline_access", MORE).await;
    assert_eq!(scopes_of(&world, &tokens), "openid offline_access");
}

#[tokio::test]
async fn refreshing_gives_no_more_than_was_granted_and_narrowing_takes_nothing_away() {
    let world = world().await;
    let tokens = world.tokens("native", "scope=openid+offline_access", "").await;
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let more = world.refresh("native", &format!("{refresh_token}&{MORE}")).await;
    assert_eq!(more.error(), "invalid_scope: scope exceeds what was granted");
    let less = world.refresh("native", &format!("{refresh_token}&scope=openid")).await.json();
    assert_eq!(scopes_of(&world, &less), "openid");
    let again = world.refresh("native", refresh_token).await.json();
    assert_eq!(scopes_of(&world, &again), "openid offline_access");
}

#[tokio::test]
async fn a_device_that_polls_for_more_gets_what_the_person_saw() {
    let world = world().await;
    let form = "client_id=native&scope=openid+offline_access";
    let asked = world.post("/oauth2/device_authorization", form).await.json();
    let form = format!("user_code={}", asked["user_code"].as_str().unwrap());
    let x_ref = world.post("/device", &form).await.param("x_ref");
    let question = world.sign_in("alice", &x_ref).await;
    world.post(&question, "action=consent").await;
    let code = asked["device_code"].as_str().unwrap();
    let poll = format!("grant_type={DEVICE_CODE}&client_id=native&device_code={code}&{MORE}");
    let tokens = world.post("/oauth2/token", &poll).await.json();
    assert_eq!(scopes_of(&world, &tokens), "openid offline_access");
}

/// The page belongs to a third party, which may never have full access.
#[tokio::test]
async fn a_page_that_an_app_opens_may_not_do_what_its_client_may_not_ask_for() {
    let world = World::with(|config| {
        take_part(config);
        config["oauth"]["clients"][2]["x_pre_authenticated_url_enabled"] = json!(true);
    })
    .await;
    let tokens = app(&world).await;
    let full = "openid https://authgear.com/scopes/full-access";
    let not_allowed = "invalid_scope: https://authgear.com/scopes/full-access is not allowed for \
                       this client";
    for (scope, expected) in
        [(full, not_allowed), ("openid", "access_denied: authorization required")]
    {
        let mut fields = form(&tokens);
        fields.iter_mut().find(|it| it.0 == "client_id").unwrap().1 = "third".to_owned();
        fields.push(("client_secret", crate::world::SECRET.to_owned()));
        fields.push(("scope", scope.to_owned()));
        assert_eq!(exchange(&world, &fields).await.error(), expected);
    }
    assert_eq!(exchange(&world, &form(&tokens)).await.status, 200, "nothing was used up");
}
