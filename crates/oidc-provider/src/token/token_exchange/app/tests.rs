//! Two apps of one vendor on one device: the second is signed in by what the first one has.

use serde_json::{Value, json};
use stdx::sha256_hex;

use crate::token::token_exchange_tests::{exchange, form};
use crate::world::{Reply, World};

const SCOPE: &str = "openid offline_access https://authgear.com/scopes/full-access device_sso";

async fn world() -> World {
    World::with(|config| {
        for index in [4, 5] {
            config["oauth"]["clients"][index]["x_device_sso_enabled"] = json!(true);
        }
    })
    .await
}

/// Alice signs in to the first app.
async fn first(world: &World) -> Value {
    let tokens = world.tokens("app-a", &format!("scope={}", SCOPE.replace(' ', "+")), "").await;
    world.forget_cookies();
    tokens
}

/// The second app asks with what they share, saying some things differently.
async fn second(world: &World, tokens: &Value, other: &[(&'static str, &str)]) -> Reply {
    let mut fields = form(tokens);
    fields.retain(|it| it.0 != "requested_token_type");
    fields.iter_mut().find(|it| it.0 == "client_id").unwrap().1 = "app-b".to_owned();
    fields.push(("scope", SCOPE.to_owned()));
    for (name, value) in other {
        fields.iter_mut().find(|it| it.0 == *name).unwrap().1 = (*value).to_owned();
    }
    exchange(world, &fields).await
}

fn claims(world: &World, tokens: &Value) -> Value {
    let token = world.ctx().app.keys.verify(tokens["id_token"].as_str().unwrap()).unwrap();
    Value::Object(token.claims)
}

#[tokio::test]
async fn a_second_app_is_signed_in_with_tokens_of_its_own_in_the_same_session() {
    let world = world().await;
    let of_first = first(&world).await;
    world.sleep(3600);
    let reply = second(&world, &of_first, &[]).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let of_second = reply.json();
    assert_eq!(of_second["issued_token_type"], "urn:ietf:params:oauth:token-type:access_token");
    let (before, after) = (claims(&world, &of_first), claims(&world, &of_second));
    assert_eq!((&after["aud"], &after["sub"]), (&json!("app-b"), &json!("alice")));
    assert_eq!(after["sid"], before["sid"], "one session");
    assert_eq!(after["auth_time"], before["auth_time"], "nobody authenticated just now");
    let next = of_second["device_secret"].as_str().unwrap();
    assert_eq!(after["ds_hash"], json!(sha256_hex(next)));
    let token = of_second["access_token"].as_str().unwrap();
    assert_eq!(world.userinfo(token).await.json()["sub"], "alice");
    let refreshed = world.refresh("app-b", of_second["refresh_token"].as_str().unwrap()).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    assert_eq!(refreshed.json()["device_secret"], Value::Null, "it is still the device's");
    // The first app goes on with what the second one has left behind.
    assert_eq!(second(&world, &of_second, &[]).await.status, 200);
}

#[tokio::test]
async fn whoever_signs_out_of_one_app_signs_out_of_both() {
    let world = world().await;
    let of_first = first(&world).await;
    let of_second = second(&world, &of_first, &[]).await.json();
    let token = of_second["refresh_token"].as_str().unwrap();
    world.post("/oauth2/revoke", &format!("token={token}")).await;
    let gone = world.refresh("app-a", of_first["refresh_token"].as_str().unwrap()).await;
    assert_eq!(gone.error(), "invalid_grant: invalid refresh token");
}

#[tokio::test]
async fn a_secret_that_was_traded_signs_nobody_in_again() {
    let world = world().await;
    let of_first = first(&world).await;
    let once = || second(&world, &of_first, &[]);
    let (one, two) = tokio::join!(once(), once());
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[tokio::test]
async fn both_apps_must_take_part_and_no_scope_is_gained() {
    let world = world().await;
    let of_first = first(&world).await;
    let extra = format!("{SCOPE} email");
    for (name, value, expected) in [
        ("client_id", "native", "unauthorized_client: device sso is not allowed for this client"),
        ("scope", extra.as_str(), "invalid_scope: requesting extra scopes is not allowed"),
        ("scope", "openid", "invalid_request: device_sso must be requested"),
        ("scope", "device_sso", "invalid_scope: must request 'openid' scope"),
    ] {
        let reply = second(&world, &of_first, &[(name, value)]).await;
        assert_eq!(reply.error(), expected);
    }
    assert_eq!(second(&world, &of_first, &[]).await.status, 200, "nothing was used up");

    let without = world.tokens("app-a", "", "").await;
    let reply = second(&world, &without, &[]).await;
    let denied = "insufficient_scope: device sso is not allowed for this session";
    assert_eq!(reply.error(), "invalid_request: actor token is required");
    let made_up = json!({ "id_token": without["id_token"], "device_secret": "made up" });
    assert_eq!(second(&world, &made_up, &[]).await.error(), denied);
}
