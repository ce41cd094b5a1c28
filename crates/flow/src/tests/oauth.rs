//! Signing up and in with an account at another provider.

use appconfig::flow::FlowKind;
use expect_test::{Expect, expect};
use serde_json::json;
use testkit::{Elsewhere, World};

use super::play;
use crate::{FlowRef, Setting};

const GITHUB: &str = "
authentication: { identities: [login_id, oauth], primary_authenticators: [password] }
identity:
  login_id: { keys: [{ type: email }] }
  oauth:
    providers:
    - { alias: github, type: github, client_id: ours }
    - { alias: no-secret, type: github, client_id: ours }
";

/// A project with GitHub, which is on loopback.
async fn world() -> (World, Elsewhere) {
    let elsewhere = Elsewhere::new(json!({})).await;
    let mut world = World::new(GITHUB).await;
    world.platform.outbound = elsewhere.outbound();
    elsewhere.at_github(42, "mona@example.com");
    (world, elsewhere)
}

async fn check(world: &World, kind: FlowKind, script: &str, expected: Expect) {
    let flow = FlowRef::new(kind, "default");
    expected.assert_eq(&play(world, flow, Setting::default(), script).await);
}

#[tokio::test]
async fn whoever_signed_up_with_a_provider_signs_in_with_it() {
    let (world, _elsewhere) = world().await;
    let script = "github
                  back";
    check(
        &world,
        FlowKind::Signup,
        script,
        expect![[r#"
        ? signup: identify [email oauth oauth]
        > github
        ? signup: identify []
        > back
        = signup with a session []
    "#]],
    )
    .await;
    check(
        &world,
        FlowKind::Login,
        script,
        expect![[r#"
        ? login: identify [email oauth oauth]
        > github
        ? login: identify []
        > back
        = login with a session []
    "#]],
    )
    .await;
}

#[tokio::test]
async fn somebody_unknown_is_told_so() {
    let (world, _elsewhere) = world().await;
    check(
        &world,
        FlowKind::Login,
        "github
         back",
        expect![[r#"
            ? login: identify [email oauth oauth]
            > github
            ? login: identify []
            > back
            ! UserNotFound {"IdentityTypeIncoming":"oauth","OAuthProviderTypeIncoming":"github"}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_visit_is_made_once_whichever_flow_it_becomes() {
    let (world, _elsewhere) = world().await;
    let script = "github
                  back";
    for expected in [
        expect![[r#"
        ? signup_login: identify [email oauth oauth]
        > github
        ? signup_login: identify []
        > back
        = signup with a session []
    "#]],
        expect![[r#"
        ? signup_login: identify [email oauth oauth]
        > github
        ? signup_login: identify []
        > back
        = login with a session []
    "#]],
    ] {
        check(&world, FlowKind::SignupLogin, script, expected).await;
    }
}

#[tokio::test]
async fn an_account_at_a_provider_has_one_owner() {
    let (world, _elsewhere) = world().await;
    let script = "github
                  back";
    let signup = || FlowRef::new(FlowKind::Signup, "default");
    play(&world, signup(), Setting::default(), script).await;
    check(&world, FlowKind::Signup, script, expect![[r#"
        ? signup: identify [email oauth oauth]
        > github
        ? signup: identify []
        > back
        ! InvariantViolated {"IdentityTypeIncoming":"oauth","OAuthProviderTypeIncoming":"github","IdentityTypeExisting":"oauth","OAuthProviderTypeExisting":"github","ExistingIdentities":[{"IdentityType":"oauth","OAuthProviderType":"github"}],"cause":{"kind":"DuplicatedIdentity"}}
    "#]]).await;
}

#[tokio::test]
async fn a_providers_no_and_a_provider_without_a_secret_are_told_apart() {
    let (world, _elsewhere) = world().await;
    check(
        &world,
        FlowKind::Login,
        r#"github
           {"query": "error=access_denied&error_description=not+today"}
           {"query": ""}"#,
        expect![[r#"
            ? login: identify [email oauth oauth]
            > github
            ? login: identify []
            > {"query": "error=access_denied&error_description=not+today"}
            ! OAuthError {"error":"access_denied","error_description":"not today"}
            > {"query": ""}
            ! OAuthProtocolError {"error":"","error_description":"there is no code"}
        "#]],
    )
    .await;
    check(
        &world,
        FlowKind::Login,
        r#"{"identification": "oauth", "alias": "no-secret", "redirect_uri": "https://a.example/cb"}
           {"identification": "oauth", "alias": "nowhere", "redirect_uri": "https://a.example/cb"}"#,
        expect![[r#"
            ? login: identify [email oauth oauth]
            > {"identification": "oauth", "alias": "no-secret", "redirect_uri": "https://a.example/cb"}
            ! OAuthProviderMissingCredentials {}
            > {"identification": "oauth", "alias": "nowhere", "redirect_uri": "https://a.example/cb"}
            ! ValidationFailed {"causes":[{"location":"/alias","kind":"enum","details":{"actual":"nowhere","expected":["github","no-secret"]}}]}
        "#]],
    )
    .await;
}
