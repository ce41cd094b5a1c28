//! What happens between the two looks at app A's grant: the first finds it live, then the
//! challenge is used up, and the second decides.

use domain::{ClientId, UserId};
use oauth::{Params, TokenRequest};
use sessions::SessionRef;

use super::{Device, app_a, jwt};
use crate::device_key::DeviceKey;
use crate::token::Exchange;
use crate::token::app2app::{Receiver, approve, holder};
use crate::world::{CHALLENGE, World, redirect_uri};

const ENDED: &str = "invalid_grant: invalid refresh token";

fn insecure(config: &mut serde_json::Value) {
    let app = &mut config["oauth"]["clients"][4];
    app["x_app2app_insecure_device_key_binding_enabled"] = true.into();
}

/// Approves a sign-in to B, and lets `meanwhile` happen in the middle of it. A refusal leaves no
/// consent behind.
async fn check(
    world: &World,
    (refresh_token, jwt): (&str, &str),
    meanwhile: impl AsyncFnOnce(),
    expected: Result<(), &str>,
) {
    let ctx = world.ctx();
    let client = ctx.app.config.oauth.find_client("app-b").unwrap();
    let grant_type = "urn:authgear:params:oauth:grant-type:app2app-request";
    let form = format!(
        "grant_type={grant_type}&redirect_uri={}&code_challenge={CHALLENGE}\
         &code_challenge_method=S256",
        redirect_uri("app-b")
    );
    let params = Params::parse(&form).unwrap();
    let request = TokenRequest::parse(params).unwrap();
    let exchange = Exchange {
        platform: &world.platform,
        ctx: &ctx,
        client,
        request: &request,
        dpop_jkt: None,
    };

    let earlier = holder(&exchange, refresh_token).await.unwrap();
    let key = DeviceKey::read(&ctx, jwt).unwrap();
    meanwhile().await;
    let receiver = Receiver::check(&exchange, client).ok().unwrap();
    let approved =
        approve(&exchange, &receiver, &earlier, &key).await.map(|_| ()).map_err(|error| {
            let error = error.to_oauth();
            format!("{}: {}", error.code.as_str(), error.description)
        });
    assert_eq!(approved, expected.map_err(str::to_owned));

    let mut tx = world.platform.store.read(&ctx.app.id).await.unwrap();
    let (alice, app_b) = (UserId::new("alice"), ClientId::new("app-b"));
    let consent = tx.authorizations().find(&alice, &app_b).await.unwrap();
    assert_eq!(consent.is_some(), expected.is_ok(), "consent goes with the approval");
}

#[tokio::test]
async fn nothing_happens_and_the_other_app_is_approved() {
    let world = World::new().await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    let jwt = jwt(&world, &device).await;
    check(&world, (&refresh_token, &jwt), async || {}, Ok(())).await;
}

#[tokio::test]
async fn a_session_that_ends_gets_no_code() {
    let world = World::new().await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    let jwt = jwt(&world, &device).await;
    let sign_out = async || {
        let reply = world.post("/oauth2/revoke", &format!("token={refresh_token}")).await;
        assert_eq!(reply.status, 200);
    };
    check(&world, (&refresh_token, &jwt), sign_out, Err(ENDED)).await;
}

#[tokio::test]
async fn a_shared_browser_session_that_ends_gets_no_code() {
    let world = World::new().await;
    let device = Device::ios();
    let form = format!("x_app2app_device_key_jwt={}", jwt(&world, &device).await);
    let tokens = world.tokens("app-a", "x_sso_enabled=true", &form).await;
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let jwt = jwt(&world, &device).await;
    let sign_out = async || {
        let ctx = world.ctx();
        let mut tx = world.platform.store.write(&ctx.app.id).await.unwrap();
        let alice = UserId::new("alice");
        let session = tx.idp_sessions().list(&alice).await.unwrap().remove(0);
        // The row of the session alone: its grant still looks alive.
        assert!(tx.idp_sessions().end(&session.id, ctx.now).await.unwrap());
        tx.commit().await.unwrap();
        world.platform.sessions.forget(&ctx, &[SessionRef::Idp(session.id)]).await;
    };
    check(&world, (refresh_token, &jwt), sign_out, Err(ENDED)).await;
}

#[tokio::test]
async fn a_person_who_is_disabled_gets_no_code() {
    let world = World::new().await;
    let device = Device::ios();
    let refresh_token = app_a(&world, Some(&device)).await;
    let jwt = jwt(&world, &device).await;
    check(&world, (&refresh_token, &jwt), async || world.set_disabled(true).await, Err(ENDED))
        .await;
}

#[tokio::test]
async fn a_key_that_was_bound_first_wins() {
    let bad = "invalid_request: invalid app2app jwt signature";
    for (first, expected) in [(Device::ios(), Ok(())), (Device::stolen(), Err(bad))] {
        let world = World::with(insecure).await;
        let refresh_token = app_a(&world, None).await;
        let ours = jwt(&world, &Device::ios()).await;
        let theirs = DeviceKey::read(&world.ctx(), &jwt(&world, &first).await).unwrap();
        let bind = async || {
            let (grant, _) = refresh_token.split_once('.').unwrap();
            let mut tx = world.platform.store.write(&world.ctx().app.id).await.unwrap();
            let grant = domain::GrantId::new(grant);
            assert!(tx.grants().bind_app2app_key(&grant, &theirs.to_json()).await.unwrap());
            tx.commit().await.unwrap();
        };
        check(&world, (&refresh_token, &ours), bind, expected).await;
    }
}
