use serde_json::json;
use stdx::Timestamp;

use super::*;
use crate::world::World;

async fn world() -> World {
    World::with(|config| {
        let client = &mut config["oauth"]["clients"][1];
        assert_eq!(client["client_id"], "confidential");
        client["x_backchannel_logout_uri"] = json!("https://confidential.example.com/logout");
    })
    .await
}

fn entry(world: &World, client: &str) -> OutboxEntry {
    let payload = json!({ "user_id": "alice", "sid": "b2ZmbGluZV9ncmFudDox" });
    OutboxEntry {
        seq: 1,
        app_id: world.ctx().app.id.clone(),
        id: "entry".into(),
        sink: format!("{SINK_KIND}{client}"),
        r#type: "backchannel_logout".into(),
        payload: payload.as_object().unwrap().clone(),
        context: Map::new(),
        created_at: Timestamp::EPOCH,
        attempts: 1,
    }
}

/// Module oidcc-backchannel-rp-initiated-logout of the foundation's suite checks these.
#[tokio::test]
async fn a_logout_token_says_whose_session_ended_and_is_no_other_token() {
    let world = world().await;
    let ctx = world.ctx();
    let entry = entry(&world, "confidential");
    let claims = claims(&ctx, &Ended::of(&entry).unwrap(), &entry.id);
    expect_test::expect![[r#"
        {"iss":"https://test.example.com","sub":"alice","aud":"confidential","iat":1767225600,"exp":1767225720,"jti":"entry","sid":"b2ZmbGluZV9ncmFudDox","events":{"http://schemas.openid.net/event/backchannel-logout":{}}}"#]]
    .assert_eq(&Value::Object(claims.clone()).to_string());
    assert!(!claims.contains_key("nonce"), "§2.4 forbids it, so that no ID token is taken for one");
    let client = ctx.app.config.oauth.find_client("confidential").unwrap();
    let token = sign_for(&ctx, client, JWT_TYPE, &claims);
    let parsed = jose::Unverified::parse(&token).unwrap();
    assert!(parsed.header.is_type(JWT_TYPE) && !parsed.header.is_type("JWT"));
    ctx.app.keys.verify(&token).unwrap();
    // It opens nothing here, either.
    assert_eq!(world.userinfo(&token).await.status, 401);
}

#[tokio::test]
async fn who_cannot_be_reached_is_tried_again_and_who_no_longer_wants_to_know_is_not() {
    let world = world().await;
    let sink = BackChannelLogout(world.platform.outbound.clone());
    let unreachable = sink.deliver(&world.ctx(), &entry(&world, "confidential")).await.unwrap_err();
    assert_eq!(unreachable.retry, Retry::Later);
    for client in ["spa", "nobody"] {
        let unwanted = sink.deliver(&world.ctx(), &entry(&world, client)).await.unwrap_err();
        assert_eq!(unwanted.retry, Retry::Never);
    }
}

#[tokio::test]
async fn signing_out_at_the_provider_puts_the_notice_into_the_outbox() {
    let world = world().await;
    let secret = "client_secret=a+secret%2Fof%3Dthe%26client";
    let tokens = world.tokens("confidential", "", secret).await;
    let hint = tokens["id_token"].as_str().unwrap();
    world.get(&format!("/oauth2/end_session?id_token_hint={hint}")).await;
    let now = world.ctx().now;
    let mut tx = world.platform.store.write(&world.ctx().app.id).await.unwrap();
    let due = tx.outbox().list_due_sinks(SINK_KIND, now).await.unwrap();
    assert_eq!(due.len(), 1, "{due:?}");
    assert_eq!(due[0].1, "logout:confidential");
}
