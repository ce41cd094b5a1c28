use std::sync::Arc;

use domain::Scopes;

use super::*;
use crate::world::{World, alice, app_with};
use crate::{consent, end, grant};

/// A world in which `app` has a server that wants to know, and `other` has none.
async fn world() -> World {
    let mut world = World::new().await;
    world.app = Arc::new(app_with("test", |clients| {
        clients[0]["x_backchannel_logout_uri"] = json!("https://app.example/logout");
    }));
    world
}

/// The sinks and sessions of what waits in the outbox.
async fn waiting(tx: &mut Tx, world: &World) -> Vec<(String, String)> {
    let now = world.ctx().now;
    let mut found = Vec::new();
    for (_, sink) in tx.outbox().list_due_sinks(SINK_KIND, now).await.unwrap() {
        for entry in tx.outbox().claim(&sink, now, now.plus_seconds(1), 10).await.unwrap() {
            let ended = Ended::of(&entry).unwrap();
            assert_eq!(ended.user_id, alice());
            found.push((ended.client_id.to_owned(), ended.sid.to_owned()));
        }
    }
    found
}

#[tokio::test]
async fn clients_that_want_to_know_are_told_in_the_same_transaction() {
    let world = world().await;
    let (browser, _) = world.browser().await;
    let told = world.grant("app", Some(&browser)).await.grant;
    world.grant("other", Some(&browser)).await;
    let mut tx = world.write().await;
    end::idp_session(&world.ctx(), &mut tx, &browser).await.unwrap();
    let sid = SessionRef::Grant(told.id.clone()).sid();
    assert_eq!(waiting(&mut tx, &world).await, [("app".to_owned(), sid)]);
}

#[tokio::test]
async fn what_has_ended_is_told_once_and_what_is_rolled_back_never() {
    let world = world().await;
    let grant = world.grant("app", None).await.grant;
    let mut tx = world.write().await;
    end::grant(&world.ctx(), &mut tx, &grant).await.unwrap();
    drop(tx);
    let mut tx = world.write().await;
    assert_eq!(waiting(&mut tx, &world).await, []);
    end::grant(&world.ctx(), &mut tx, &grant).await.unwrap();
    end::grant(&world.ctx(), &mut tx, &grant).await.unwrap();
    assert_eq!(waiting(&mut tx, &world).await.len(), 1);
}

#[tokio::test]
async fn a_client_that_shares_the_grant_of_another_is_told_too() {
    let world = world().await;
    let shared = world.grant("other", None).await.grant;
    let (ctx, app) = (world.ctx(), world.app.config.oauth.find_client("app").unwrap());
    let scopes = Scopes::parse("openid offline_access");
    let id = domain::ClientId::new("app");
    let mut tx = world.write().await;
    let consent = consent::give(&ctx, &mut tx, &alice(), &id, &scopes).await.unwrap();
    grant::add_refresh_token(&ctx, &mut tx, &shared, app, (consent.id, scopes), None)
        .await
        .unwrap();
    end::grant(&ctx, &mut tx, &shared).await.unwrap();
    let sid = SessionRef::Grant(shared.id.clone()).sid();
    assert_eq!(waiting(&mut tx, &world).await, [("app".to_owned(), sid)]);
}
