use domain::{AccessTokenHolder, Scopes};
use serde_json::json;

use super::{Credentials, Resolved};
use crate::session::SessionRef;
use crate::world::{World, alice};
use crate::{access_token, app_session, end};

async fn access_token(world: &World, grant: &domain::GrantId) -> access_token::Issued {
    let client = world.app.config.oauth.find_client("app").unwrap();
    let holder = AccessTokenHolder::Grant(grant.clone());
    let scopes = Scopes::parse("openid");
    let mut tx = world.write().await;
    let issued =
        access_token::issue(&world.ctx(), &mut tx, client, holder, scopes, None).await.unwrap();
    tx.commit().await.unwrap();
    issued
}

/// The kind of what is found, or why nothing is.
async fn resolve(world: &World, credentials: Credentials<'_>) -> &'static str {
    match world.sessions.resolve(&world.ctx(), credentials).await.unwrap() {
        Resolved::Absent => "absent",
        Resolved::Invalid => "invalid",
        Resolved::Session(session) => {
            assert_eq!(session.user_id, alice());
            session.kind().as_str()
        }
    }
}

fn bearer(token: &str) -> Credentials<'_> {
    Credentials { bearer: Some(token), ..Credentials::default() }
}

fn cookie(value: &str) -> Credentials<'_> {
    Credentials { idp_session: Some(value), ..Credentials::default() }
}

#[tokio::test]
async fn each_credential_leads_to_its_session() {
    let world = World::new().await;
    let (_, browser) = world.browser().await;
    let issued = world.grant("app", None).await;
    let token = access_token(&world, &issued.grant.id).await.token.reveal().clone();
    assert_eq!(resolve(&world, Credentials::default()).await, "absent");
    assert_eq!(resolve(&world, bearer(&token)).await, "offline_grant");
    assert_eq!(resolve(&world, cookie(&browser)).await, "idp");
    let in_cookie = Credentials { app_access_token: Some(&token), ..Credentials::default() };
    assert_eq!(resolve(&world, in_cookie).await, "offline_grant");
}

#[tokio::test]
async fn a_bad_token_falls_through_and_a_bad_cookie_is_told() {
    let world = World::new().await;
    let (id, browser) = world.browser().await;
    assert_eq!(resolve(&world, bearer("nonsense")).await, "absent");
    let both = Credentials { bearer: Some("nonsense"), idp_session: Some(&browser), ..bearer("") };
    assert_eq!(resolve(&world, both).await, "idp");
    for value in ["", "nonsense", &format!("{id}."), &format!("{id}.guess"), &browser[..79]] {
        assert_eq!(resolve(&world, cookie(value)).await, "invalid", "{value}");
    }
}

#[tokio::test]
async fn what_was_seen_within_a_second_ends_at_once_all_the_same() {
    let world = World::new().await;
    let (id, browser) = world.browser().await;
    let issued = world.grant("app", Some(&id)).await;
    let token = access_token(&world, &issued.grant.id).await.token.reveal().clone();
    assert_eq!(resolve(&world, cookie(&browser)).await, "idp");
    assert_eq!(resolve(&world, bearer(&token)).await, "offline_grant");

    let mut tx = world.write().await;
    let ended = end::idp_session(&world.ctx(), &mut tx, &id).await.unwrap();
    tx.commit().await.unwrap();
    world.sessions.forget(&world.ctx(), &ended).await;
    assert_eq!(resolve(&world, cookie(&browser)).await, "invalid");
    assert_eq!(resolve(&world, bearer(&token)).await, "absent");
}

#[tokio::test]
async fn other_nodes_hear_of_an_end() {
    let world = World::new().await;
    let (id, browser) = world.browser().await;
    let other = super::Sessions::new(world.store.clone(), world.kv.clone());
    let seen = other.resolve(&world.ctx(), cookie(&browser)).await.unwrap();
    assert!(matches!(seen, Resolved::Session(_)));
    other.note_ended(format!("{} test", SessionRef::Idp(id).sid()).as_bytes());
    // The row is alive; only the message says otherwise, so what was cached is not given again.
    let credentials = cookie(&browser);
    let key = (world.app.id.clone(), "idp_session", stdx::sha256_hex(&browser));
    assert!(other.cached(&world.ctx(), &key).is_none());
    assert!(other.resolve(&world.ctx(), credentials).await.is_ok());
}

#[tokio::test]
async fn a_disabled_person_is_out_within_a_second() {
    let world = World::new().await;
    let (_, browser) = world.browser().await;
    assert_eq!(resolve(&world, cookie(&browser)).await, "idp");
    world.set_disabled(true).await;
    world.sleep(1);
    assert_eq!(resolve(&world, cookie(&browser)).await, "invalid");
}

#[tokio::test]
async fn idleness_counts_from_the_last_use_that_was_flushed() {
    let world = World::new().await;
    let (_, browser) = world.browser().await;
    for _ in 0..3 {
        world.sleep(3_000);
        assert_eq!(resolve(&world, cookie(&browser)).await, "idp");
        world.sessions.flush_touches().await.unwrap();
    }
    world.sleep(3_600);
    assert_eq!(resolve(&world, cookie(&browser)).await, "invalid");
}

#[tokio::test]
async fn access_tokens_expire_and_are_revoked() {
    let world = World::new().await;
    let issued = world.grant("app", None).await;
    let first = access_token(&world, &issued.grant.id).await.token.reveal().clone();
    let second = access_token(&world, &issued.grant.id).await.token.reveal().clone();
    let mut tx = world.write().await;
    assert!(access_token::revoke(&world.ctx(), &mut tx, &first).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(resolve(&world, bearer(&first)).await, "absent");
    assert_eq!(resolve(&world, bearer(&second)).await, "offline_grant");
    world.sleep(1_800);
    assert_eq!(resolve(&world, bearer(&second)).await, "absent");
}

#[tokio::test]
async fn only_an_access_token_of_ours_opens_anything() {
    let world = World::new().await;
    let issued = world.grant("app", None).await;
    let hash = access_token(&world, &issued.grant.id).await.hash;
    let ctx = world.ctx();
    let jwt = |typ: &str, aud: &str, exp: i64| {
        let claims = json!({
            "iss": "https://test.example.com", "aud": aud, "jti": hash,
            "exp": ctx.now.seconds() + exp, "sub": "alice",
        });
        ctx.app.keys.sign(typ, claims.as_object().unwrap())
    };
    let ours = "https://test.example.com";
    assert_eq!(resolve(&world, bearer(&jwt("at+jwt", ours, 60))).await, "offline_grant");
    assert_eq!(resolve(&world, bearer(&jwt("JWT", ours, 60))).await, "absent", "an ID token");
    assert_eq!(resolve(&world, bearer(&jwt("at+jwt", "app", 60))).await, "absent");
    assert_eq!(resolve(&world, bearer(&jwt("at+jwt", ours, 0))).await, "absent");
    assert_eq!(resolve(&world, bearer(&hash)).await, "absent", "the name of the row");
    let refresh_token = issued.refresh_token.reveal();
    assert_eq!(resolve(&world, bearer(refresh_token)).await, "absent");
    // Signed by another project, with the same key id and claims.
    let other = crate::world::app("elsewhere", &["app"]);
    let claims = json!({ "iss": ours, "aud": ours, "jti": hash, "exp": ctx.now.seconds() + 60 });
    let forged = other.keys.sign("at+jwt", claims.as_object().unwrap());
    assert_eq!(resolve(&world, bearer(&forged)).await, "absent");
}

#[tokio::test]
async fn an_app_session_token_works_once_and_its_cookie_lives_with_the_grant() {
    let world = World::new().await;
    let issued = world.grant("app", None).await;
    let mut tx = world.write().await;
    let row = tx.refresh_tokens().list(&issued.grant.id).await.unwrap().remove(0);
    drop(tx);
    let ctx = world.ctx();
    let (token, _) =
        app_session::issue_token(&ctx, &world.kv, &issued.grant, &row.id).await.unwrap();
    let value = app_session::exchange(&ctx, &world.kv, token.reveal()).await.unwrap().unwrap();
    assert!(app_session::exchange(&ctx, &world.kv, token.reveal()).await.unwrap().is_none());
    let credentials = Credentials { app_session: Some(value.reveal()), ..Credentials::default() };
    assert_eq!(resolve(&world, credentials).await, "offline_grant");

    let mut tx = world.write().await;
    let ended = end::grant(&ctx, &mut tx, &issued.grant).await.unwrap();
    tx.commit().await.unwrap();
    world.sessions.forget(&ctx, &ended).await;
    assert_eq!(resolve(&world, credentials).await, "absent");
}

#[tokio::test]
async fn another_project_sees_no_session() {
    let world = World::new().await;
    let (_, browser) = world.browser().await;
    let resolved = world.sessions.resolve(&world.other_project(), cookie(&browser)).await.unwrap();
    assert_eq!(resolved, Resolved::Invalid);
}

#[tokio::test]
async fn what_is_long_over_is_cleared_out() {
    let world = World::new().await;
    let issued = world.grant("app", None).await;
    access_token(&world, &issued.grant.id).await;
    let app = world.app.id.clone();
    let is_there =
        async || world.write().await.grants().find(&issued.grant.id).await.unwrap().is_some();
    world.sleep(6 * 86_400);
    world.sessions.sweep(&app, world.ctx().now).await.unwrap();
    assert!(is_there().await, "it ended days ago, and a replay would still be recognised");
    world.sleep(3 * 86_400);
    world.sessions.sweep(&app, world.ctx().now).await.unwrap();
    assert!(!is_there().await);
}
